import type { Impact, WantedChange } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { withoutMark } from '../../shell/markedLine.ts'
import { printPayload } from '../../shell/payload.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { markExpression, markLine } from '../file/spec.ts'
import { isSysctlValue, type SysctlSpec, type SysctlState } from './spec.ts'

/** sysctl(8): dots part the names, and a slash stands for a dot inside one. */
export function procPath(key: string): string {
  return `/proc/sys/${key.replace(/[./]/g, (one) => (one === '.' ? '/' : '.'))}`
}

export function filePath(key: string): string {
  return `/etc/sysctl.d/90-reeve-${key.replaceAll('/', '_')}.conf`
}

export function steps(spec: SysctlSpec, _change: WantedChange, observed: Known<SysctlState>, context: StepContext): readonly Step[] {
  const path = filePath(spec.key)
  const text = `${markLine(context.fleet, context.owners[0] ?? 'nobody')}${spec.key} = ${spec.value}\n`
  const keep: Step = {
    title: `write ${path}`,
    phase: 'change',
    run: sh`${remember(spec.key)}
mkdir -p /etc/sysctl.d
{ ${printPayload(text)}
} > ${`${path}.reeve-new`}
chmod 0644 ${`${path}.reeve-new`}
mv -T -- ${`${path}.reeve-new`} ${path}`,
    undo: putBack(spec.key),
  }
  return [keep, setLive(spec.key, observed.status === 'present' ? observed.state.live : undefined, spec.value)]
}

function setLive(key: string, before: string | undefined, value: string): Step {
  return {
    title: `set ${key} to ${value}`,
    phase: 'change',
    run: sh`printf '%s\n' ${value} > ${procPath(key)}`,
    ...(before === undefined ? {} : { undo: sh`printf '%s\n' ${before} > ${procPath(key)}` }),
  }
}

function image(key: string): Script {
  return sh`"$REEVE_BEFORE"/${`sysctl-${key.replaceAll('/', '_')}`}`
}

function remember(key: string): Script {
  return sh`if [ -f ${filePath(key)} ]; then cp -a -- ${filePath(key)} ${image(key)}.part; sync -- ${image(key)}.part; mv -T -- ${image(key)}.part ${image(key)}; else : > ${image(key)}.absent; fi`
}

function putBack(key: string): Script {
  const path = filePath(key)
  return sh`rm -f -- ${`${path}.reeve-new`}
if [ -f ${image(key)} ]; then cp -a -- ${image(key)} ${`${path}.reeve-back`}; mv -T -- ${`${path}.reeve-back`} ${path}
elif [ -f ${image(key)}.absent ]; then rm -f -- ${path}; fi`
}

/** The value of before Reeve, live at once; the file goes. */
export function retire(entry: LedgerEntry, observed: Known<SysctlState>): { readonly impact: Impact; readonly steps: readonly Step[] } {
  const key = keyOf(entry.id)
  const remove: Step = {
    title: `remove ${filePath(key)}`,
    phase: 'change',
    run: sh`${remember(key)}
rm -f -- ${filePath(key)}`,
    undo: putBack(key),
  }
  const before = entry.previous
  if (observed.status === 'absent' || before === undefined || !isSysctlValue(before)) return { impact: 'none', steps: [remove] }
  return { impact: 'none', steps: [remove, setLive(key, observed.state.live, before)] }
}

/** Value and file stay. */
export function release(entry: LedgerEntry, _observed: Known<SysctlState>, { fleet }: StepContext): readonly Step[] {
  const path = filePath(keyOf(entry.id))
  return [{ title: `leave ${path} as it is, without Reeve's line`, ...withoutMark(path, [markExpression(fleet)]) }]
}
