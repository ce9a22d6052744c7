import type { WantedChange } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Step, StepContext } from '../../model/primitive.ts'
import { letUdevFinish } from '../../shell/openDevice.ts'
import { joinScripts, nothing, type Script, sh } from '../../shell/sh.ts'
import { ownerTag } from '../logicalVolume/spec.ts'
import { whyNotBlank } from './blank.ts'
import type { GroupState } from './probe.ts'
import type { VolumeGroupSpec } from './spec.ts'

/** The proof is asked again at once before; vgcreate itself would ask about a signature, and takes "no" from a closed stdin: never -y, never -ff. */
export function steps(spec: VolumeGroupSpec, _change: WantedChange, _observed: Known<GroupState>, context: StepContext): readonly Step[] {
  const { name, devices } = spec
  const tag = ownerTag(context.fleet, context.owners[0] ?? '')
  const marker = `group-${name}`
  return [
    {
      title: `create volume group ${name} on ${devices.join(', ')}`,
      guard: withLvm(
        joinScripts([
          sh`if lvm vgs ${name} >/dev/null 2>&1; then echo ${`volume group ${name} exists by now`} >&2; exit 1; fi`,
          ...devices.map(refuseUnlessBlank),
        ]),
      ),
      run: withLvm(sh`: >"$REEVE_BEFORE"/${marker}
lvm vgcreate -qq -s 4m --addtag ${tag} ${name} ${devices} </dev/null
${letUdevFinish}`),
      check: withLvm(sh`lvm vgs ${name} >/dev/null`),
      undo: withLvm(
        joinScripts([sh`[ -e "$REEVE_BEFORE"/${marker} ] || exit 0`, removeEmptyGroup(name, tag), ...devices.map(removeLabel)]),
      ),
    },
  ]
}

function refuseUnlessBlank(device: string): Script {
  return sh`why=$(
${whyNotBlank(device)}
)
if [ -n "$why" ]; then printf '%s %s\n' ${device} "$why" >&2; exit 1; fi`
}

/** Without -f: it refuses while a volume is in it. */
function removeEmptyGroup(name: string, tag: string): Script {
  return sh`if found=$(lvm vgs --noheadings -o lv_count,vg_tags ${name} 2>/dev/null); then
  set -- $found
  [ "$1" = 0 ] || exit 0
  case ",\${2-}," in *,${tag},*) lvm vgremove -qq ${name} </dev/null ;; *) exit 0 ;; esac
fi`
}

/** Only a label of LVM in no group: what the guard of this very transaction proved blank, and nobody took since. Its old metadata would read as raw data ever after. */
function removeLabel(device: string): Script {
  return sh`if found=$(lvm pvs --noheadings -o vg_name ${device} 2>/dev/null); then
  set -- $found
  if [ -z "\${1-}" ]; then
    lvm pvremove -qq ${device} </dev/null
    dd if=/dev/zero of=${device} bs=1M count=1 conv=notrunc,fsync status=none
  fi
fi`
}

/** Its data is never touched: only our tag goes. */
export function retire(entry: LedgerEntry, observed: Known<GroupState>, context: StepContext): Retirement {
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const name = keyOf(entry.id)
  const tags = observed.mark?.fleet === context.fleet ? observed.state.tags.filter((tag) => tag.startsWith('reeve.')) : []
  if (tags.length === 0) return { impact: 'none', steps: [{ title: `let go of volume group ${name}, with all its volumes`, run: nothing }] }
  const step: Step = {
    title: `release volume group ${name}, with all its volumes`,
    run: withLvm(sh`lvm vgchange -qq ${tags.flatMap((tag) => ['--deltag', tag])} ${name} </dev/null`),
    undo: withLvm(sh`lvm vgchange -qq ${tags.flatMap((tag) => ['--addtag', tag])} ${name} </dev/null || :`),
  }
  return { impact: 'none', steps: [step] }
}

function withLvm(script: Script): Script {
  return joinScripts([sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1`, script])
}
