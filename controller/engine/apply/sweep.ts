import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { holdPath, hostLockPath, journalPath, ledgerPath, runtimePath, statePath, undoUnit } from './paths.ts'

/** Where copies go that a person may still want: Debian's place for such (hier(7)). */
const backupPath = '/var/backups'

/** First word of each line that the sweep says. */
export type SweepWord = 'kept' | 'named' | 'left' | 'refused' | 'swept'

/**
 * Removes all of Reeve's own from a host whose ledger holds nothing any more, and from its running containers: what it kept of files and containers as they were
 * before goes to /var/backups, the ledger goes last of all, so that a sweep that was cut is begun again. Prints lines of a SweepWord and its detail.
 * `ledgerSum`: sha256 of the ledger that was seen to be empty; empty where there was none.
 */
export function sweepMessage(ledgerSum: string): Script {
  return joinScripts([
    keepFunction,
    insideFunction,
    shellFunction('reeve_refuse', refusals(ledgerSum)),
    shellFunction('reeve_sweep', sweep),
    sh`if [ -d ${statePath} ] || [ -d ${runtimePath} ] || [ -d /etc/reeve ]; then
[ -d ${runtimePath} ] || mkdir -m 0700 ${runtimePath}
(
  flock -w 30 9 || { echo 'refused another apply is running'; exit 0; }
  reeve_refuse && reeve_sweep && echo swept
) 9>>${hostLockPath} 2>&1
else echo swept; fi
${namesThatStay}`,
  ])
}

/** What was before Reeve is a person's, not ours to lose. Sets nothing aside where nothing was kept. */
const keepFunction: Script = shellFunction(
  'reeve_keep',
  sh`reeve_all=$(ls -A ${`${statePath}/retired`} 2>/dev/null)
[ -n "$reeve_all" ] || return 0
reeve_to=${backupPath}/before-reeve-$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p ${backupPath} && [ ! -e "$reeve_to" ] && mv -T ${`${statePath}/retired`} "$reeve_to" && sync ${backupPath} && echo "kept $reeve_to"`,
)

function refusals(ledgerSum: string): Script {
  return sh`for reeve_j in ${{ text: journalPath }}/*/; do
  if [ -e "$reeve_j/apply" ]; then echo "refused an apply is in hand: $reeve_j"; return 1; fi
done
if [ -e ${holdPath} ]; then echo 'refused a person holds this host: remove /etc/reeve/hold when that is over'; return 1; fi
reeve_sum=
if [ -s ${ledgerPath} ]; then reeve_sum=$(sha256sum <${ledgerPath}); reeve_sum=\${reeve_sum%% *}; fi
[ "$reeve_sum" = ${ledgerSum} ] || { echo 'refused the ledger moved meanwhile: another controller is at work here'; return 1; }`
}

const inside = sh`if [ -d ${statePath} ] && [ ! -e ${ledgerPath} ]; then
  reeve_keep || exit 1
  rm -rf --one-file-system ${statePath}
fi`

/** `reeve_inside NAME COMMAND…`: sweeps in the container that the command leads into. One with a ledger of its own is somebody's hypervisor. */
const insideFunction: Script = shellFunction('reeve_inside', {
  text: `reeve_c=$1; shift
reeve_said=$(timeout -k 5 60 "$@" 2>/dev/null <<'REEVE_INSIDE'
${joinScripts([keepFunction, inside]).text}
REEVE_INSIDE
) || printf 'left what Reeve kept inside container %s\\n' "$reeve_c"
[ -z "$reeve_said" ] || printf 'kept in container %s: %s\\n' "$reeve_c" "\${reeve_said#kept }" | head -n 1`,
})

/** In containers first: they are found by looking, for the ledger knows them no more. */
const sweepContainers: Script = sh`if command -v lxc-ls >/dev/null 2>&1; then
  for reeve_c in $(lxc-ls -1 --running 2>/dev/null); do reeve_inside "$reeve_c" lxc-attach -n "$reeve_c" --clear-env -- /bin/sh -s; done
fi
if command -v vzlist >/dev/null 2>&1; then
  for reeve_c in $(vzlist -H -o ctid 2>/dev/null); do reeve_inside "$reeve_c" vzctl exec2 "$reeve_c" /bin/sh -s; done
fi`

const sweep = joinScripts([
  sweepContainers,
  sh`reeve_keep || { echo ${`refused what lies in ${statePath}/retired cannot be moved to ${backupPath}`}; return 1; }
rm -f ${`/etc/systemd/system/${undoUnit}`} ${`/etc/systemd/system/sysinit.target.wants/${undoUnit}`}
for reeve_d in ${{ text: statePath }}/* ${{ text: statePath }}/.[!.]*; do
  [ "$reeve_d" = ${ledgerPath} ] || rm -rf --one-file-system "$reeve_d"
done
sync ${statePath} 2>/dev/null
rm -rf --one-file-system ${statePath} ${runtimePath}
rmdir /etc/reeve 2>/dev/null
[ ! -e ${statePath} ] || { echo ${`refused ${statePath} cannot be removed whole`}; return 1; }`,
])

/** Paths are not marks: what runs is loaded by them. They are told, for whoever wants to rename them. */
const namesThatStay = sh`find /etc -xdev -name '*reeve*' 2>/dev/null | sort | sed 's/^/named /'
if command -v nft >/dev/null 2>&1 && nft list table inet reeve >/dev/null 2>&1; then echo 'named table inet reeve'; fi`
