import { type Script, sh } from '../../shell/sh.ts'
import { fencePath, ledgerPath, runtimePath } from './paths.ts'

/**
 * `reeve_fenced EPOCH`: true where a newer owner was here, as the ledger's last header or the fence says; `reeve_epoch` is then its epoch. What cannot be
 * compared is taken for newer. Leaves the header in `reeve_header`, empty where there is none, and its generation in `reeve_generation`. To be called under the lock of the journal that goes on: whoever raises the fence looks for such locks afterwards.
 */
export const fencedFunction: Script = sh`reeve_fenced() {
  reeve_header=$(sed -n '/^{"reeve":[0-9]*,"generation":[0-9]*,"epoch":[0-9]*,/h;$x;$p' ${ledgerPath} 2>/dev/null)
  reeve_generation=\${reeve_header#*'"generation":'} reeve_epoch=\${reeve_header#*'"epoch":'}
  reeve_generation=\${reeve_generation%%,*} reeve_epoch=\${reeve_epoch%%,*}
  reeve_epoch=\${reeve_epoch:-0}
  if ! [ "$reeve_epoch" -le "$1" ] 2>/dev/null; then return 0; fi
  [ -e ${fencePath} ] || return 1
  reeve_epoch=; read -r reeve_epoch <${fencePath} || :
  if [ "\${reeve_epoch:-x}" -le "$1" ] 2>/dev/null; then return 1; fi
  return 0
}`

/** Raises the fence of a host, never lowers it. No process is started where it stands high enough. */
export function raiseFence(epoch: number): Script {
  return sh`reeve_fence=; [ ! -e ${fencePath} ] || read -r reeve_fence <${fencePath} || :
if ! [ "\${reeve_fence:-0}" -ge ${epoch} ] 2>/dev/null; then (
  umask 077
  mkdir -p ${runtimePath} && exec 9>>${`${fencePath}.lock`} && flock -w 10 9 || exit 0
  reeve_fence=; [ ! -e ${fencePath} ] || read -r reeve_fence <${fencePath} || :
  if ! [ "\${reeve_fence:-0}" -ge ${epoch} ] 2>/dev/null; then printf '%s\n' ${epoch} >${`${fencePath}.new`} && mv ${`${fencePath}.new`} ${fencePath}; fi
); fi`
}
