import type { Impact, WantedChange } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { checkLive, checkStaged, noteOf } from './check.ts'
import { isRunning, isUpToDateByTimes, wantedDigest } from './diff.ts'
import { pathsOf, type ServiceState, stampPath } from './probe.ts'
import type { ServiceSpec } from './spec.ts'

export function steps(spec: ServiceSpec, change: WantedChange, observed: Known<ServiceState>, context: StepContext): readonly Step[] {
  const enabling = change.fields.some(({ field }) => field === 'enabled') ? [setEnabled(spec)] : []
  if (spec.state === 'stopped') return change.fields.some(({ field }) => field === 'state') ? [...enabling, stop(spec.unit)] : enabling
  if (change.fields.every(({ field }) => field === 'enabled')) return enabling
  const { check } = spec
  const early = check && context.staged.length > 0 ? [checkStaged(spec, check, context.staged)] : []
  const late = check ? [checkLive(spec, check)] : []
  const how: How = { verb: verbOf(spec, change, observed), isStale: needsDaemonReload(spec, observed) }
  return [arm(spec.unit, how, keepingOf(spec.unit, observed)), ...early, ...enabling, ...late, load(spec, how)]
}

interface How {
  readonly verb: 'reload' | 'restart'
  /** Whether systemd has older unit files in its memory. */
  readonly isStale: boolean
}

/** Where its unit was not there yet, whoever started it meanwhile did so without ours. */
function verbOf(spec: ServiceSpec, change: WantedChange, observed: Known<ServiceState>): How['verb'] {
  const isNew = observed.status === 'absent' && (spec.startsWith ?? []).length > 0
  return isNew || change.impact === 'restart' ? 'restart' : spec.reload
}

/** systemd must read unit files anew before it acts on them. */
function needsDaemonReload(spec: ServiceSpec, observed: Known<ServiceState>): boolean {
  const isStale = observed.status === 'absent' || observed.state.needsDaemonReload
  return isStale || pathsOf(spec).some((path) => path.startsWith('/etc/systemd/'))
}

/**
 * How to note, before anything is touched, the stamp that is true once all is undone. Undone files are dated anew: where only times said that the daemon
 * had loaded them (somebody restarted it, or a boot) the stamp says as of when.
 */
function keepingOf(unit: string, observed: Known<ServiceState>): Script {
  const kept = noteOf(unit, 'stamp')
  if (observed.status === 'present' && isRunning(observed.state) && isUpToDateByTimes(observed.state)) {
    const { invocation, changedMonotonic } = observed.state
    return sh`printf 'as-of:%s %s %s\n' now ${invocation} ${changedMonotonic} > ${kept}`
  }
  return sh`if [ -f ${stampPath(unit)} ]; then
  cp -- ${stampPath(unit)} ${kept}.new
  mv -T -- ${kept}.new ${kept}
fi`
}

/** Voids the stamp before anything is touched: cut off from here on, a load is owed. Its undo runs last, with the old files in their place: where nothing was loaded, nothing is owed that was not before. */
function arm(unit: string, { verb, isStale }: How, keeping: Script): Step {
  const was = noteOf(unit, 'was')
  const stamp = stampPath(unit)
  const kept = noteOf(unit, 'stamp')
  return {
    title: `void the stamp of ${unit}`,
    phase: 'arm',
    run: joinScripts([sh`systemctl is-active -- ${unit} > ${was} || :`, keeping, sh`rm -f -- ${stamp}`]),
    undo: sh`if ! [ -f ${noteOf(unit, 'loading')} ]; then
  [ -f ${kept} ] || exit 0
  mkdir -p /var/lib/reeve/stamps
  sed "s/^as-of:now /as-of:$(date +%s.%N) /" ${kept} > ${`${stamp}.new`}
  mv -T -- ${`${stamp}.new`} ${stamp}
  exit 0
fi
rm -f -- ${stamp}
# What a reload loaded is void; what only a start reads is what it was started with, as long as it is that very start.
if [ -f ${kept} ] && read -r digest invocation changed start < ${kept} && [ -n "$start" ]; then
  printf 'undone %s 0 %s\n' "$invocation" "$start" > ${`${stamp}.new`}
  mv -T -- ${`${stamp}.new`} ${stamp}
fi
${daemonReload(isStale)}
# Undone at a boot, before it: the boot itself starts what is enabled, and to wait here for a unit that waits for us would be for ever.
if ! systemctl is-active --quiet -- ${unit}; then
  case $(systemctl is-system-running 2>/dev/null || :) in initializing|starting) exit 0 ;; esac
fi
case $(cat ${was} 2>/dev/null || :) in
  active|reloading|activating) systemctl reset-failed -- ${unit} 2>/dev/null || :; systemctl ${verb === 'reload' ? 'reload-or-restart' : 'restart'} -- ${unit} ;;
  *) systemctl stop -- ${unit} 2>/dev/null || : ;;
esac`,
  }
}

function daemonReload(isStale: boolean): Script {
  return isStale ? sh`systemctl daemon-reload` : sh`:`
}

function setEnabled(spec: ServiceSpec): Step {
  const [verb, opposite] = spec.isEnabled ? ['enable', 'disable'] : ['disable', 'enable']
  const was = noteOf(spec.unit, 'enabled')
  return {
    title: `${verb} ${spec.unit} at boot`,
    phase: 'change',
    run: sh`systemctl is-enabled -- ${spec.unit} > ${was} 2>/dev/null || :
systemctl ${verb} --quiet -- ${spec.unit}`,
    undo: sh`[ -f ${was} ] || exit 0
case $(cat ${was}) in ${spec.isEnabled ? 'disabled' : 'enabled'}*) systemctl ${opposite} --quiet -- ${spec.unit} ;; esac`,
  }
}

function load(spec: ServiceSpec, { verb, isStale }: How): Step {
  const { unit } = spec
  const shown = noteOf(unit, 'shown')
  return {
    title: `${verb} ${unit}, or start it`,
    phase: 'load',
    run: joinScripts([
      sh`: > ${noteOf(unit, 'loading')}
${daemonReload(isStale)}
# Asked anew: to start what somebody started meanwhile, with the old files, would load nothing.
if systemctl is-active --quiet -- ${unit}; then verb=${verb}; else verb=start; fi
# Its counter of starts too, which a reload does not move.
[ "$verb" = reload ] || systemctl reset-failed -- ${unit} 2>/dev/null || :
active='' invocation='' changed=''
if systemctl "$verb" -- ${unit} && systemctl show -p ActiveState -p InvocationID -p StateChangeTimestampMonotonic -- ${unit} > ${shown}; then
  while IFS='=' read -r name value; do
    case $name in ActiveState) active=$value ;; InvocationID) invocation=$value ;; StateChangeTimestampMonotonic) changed=$value ;; esac
  done < ${shown}
fi
case $active in active|reloading) ;; *)
  printf '%s did not %s; its last lines:\n' ${unit} "$verb" >&2
  journalctl -q --sync 2>/dev/null </dev/null || :
  journalctl -q --no-pager -o cat -n 10 -u ${unit} >&2 </dev/null || :
  exit 1 ;;
esac`,
      writeStamp(spec),
    ]),
  }
}

/** `$invocation` and `$changed` are those of the run that loaded it. */
function writeStamp(spec: ServiceSpec): Script {
  const stamp = stampPath(spec.unit)
  return sh`mkdir -p /var/lib/reeve/stamps
printf '%s %s %s%s\n' ${wantedDigest(spec)} "$invocation" "$changed" ${spec.startDigest === undefined ? '' : ` ${spec.startDigest}`} > ${`${stamp}.new`}
mv -T -- ${`${stamp}.new`} ${stamp}`
}

function stop(unit: string): Step {
  const was = noteOf(unit, 'was')
  return {
    title: `stop ${unit}`,
    phase: 'load',
    run: sh`systemctl is-active -- ${unit} > ${was} || :
systemctl stop -- ${unit}
rm -f -- ${stampPath(unit)}`,
    undo: sh`[ -f ${was} ] || exit 0
case $(cat ${was}) in active|reloading|activating) systemctl start -- ${unit} ;; esac`,
  }
}

interface Previous {
  readonly running: boolean
  readonly enabled: boolean
}

/** Whether it ran and started at boot before Reeve. */
export function previous(observed: Known<ServiceState>): string {
  const state = observed.status === 'present' ? observed.state : undefined
  const before: Previous = { running: state !== undefined && isRunning(state), enabled: state?.unitFile === 'enabled' }
  return JSON.stringify(before)
}

/** What ran before goes on, without what it loaded from us; what did not is stopped. */
export function retire(entry: LedgerEntry, observed: Known<ServiceState>): { readonly impact: Impact; readonly steps: readonly Step[] } {
  const unit = keyOf(entry.id)
  if (observed.status === 'absent' || entry.previous === undefined) return { impact: 'none', steps: [] }
  const before = JSON.parse(entry.previous) as Partial<Previous>
  if (!isRunning(observed.state)) return { impact: 'none', steps: [] }
  if (before.running !== false) return { impact: 'reload', steps: [reloadWithout(unit)] }
  const disabling: readonly Step[] = before.enabled === false && observed.state.unitFile === 'enabled' ? [disable(unit)] : []
  return { impact: 'outage', steps: [...disabling, stop(unit)] }
}

/** What its unit began with may have gone too: then systemd has it in its memory alone, and only a start is without it. */
function reloadWithout(unit: string): Step {
  return {
    title: `reload ${unit}`,
    phase: 'load',
    run: sh`rm -f -- ${stampPath(unit)}
case $(systemctl show -p NeedDaemonReload -- ${unit}) in
  *=yes) systemctl daemon-reload; systemctl restart -- ${unit} ;;
  *) systemctl reload-or-restart -- ${unit} ;;
esac`,
  }
}

function disable(unit: string): Step {
  return { title: `disable ${unit} at boot`, run: sh`systemctl disable --quiet -- ${unit}`, undo: sh`systemctl enable --quiet -- ${unit}` }
}
