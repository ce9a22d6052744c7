import type { Impact, WantedChange } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step } from '../../model/primitive.ts'
import { linkReads } from '../../shell/inspect.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { LinkSpec, LinkState } from './spec.ts'

export function steps(spec: LinkSpec, _change: WantedChange, observed: Known<LinkState>): readonly Step[] {
  return change(spec.path, targetOf(observed), spec.to)
}

export function retire(entry: LedgerEntry, observed: Known<LinkState>): { readonly impact: Impact; readonly steps: readonly Step[] } {
  if (observed.status === 'present' && 'inTheWay' in observed.state) return { impact: 'none', steps: [] }
  return { impact: 'none', steps: change(keyOf(entry.id), targetOf(observed), entry.previous) }
}

function targetOf(observed: Known<LinkState>): string | undefined {
  return observed.status === 'present' && 'target' in observed.state ? observed.state.target : undefined
}

function change(path: string, from: string | undefined, to: string | undefined): readonly Step[] {
  if (from === to) return []
  const stage: Step = {
    title: `stage ${path}`,
    phase: 'stage',
    run: sh`rm -f -- ${`${path}.reeve-new`}; ln -s -- ${to ?? ''} ${`${path}.reeve-new`}`,
    undo: sh`rm -f -- ${`${path}.reeve-new`}`,
  }
  const go: Step = {
    title: to === undefined ? `remove the link ${path}` : `link ${path} to ${to}`,
    phase: 'change',
    guard: is(path, from),
    run: to === undefined ? sh`rm -f -- ${path}` : sh`mv -T -- ${`${path}.reeve-new`} ${path}`,
    undo: back(path, from, to),
  }
  return to === undefined ? [go] : [stage, go]
}

function is(path: string, target: string | undefined): Script {
  const changed = sh`{ printf '%s changed meanwhile: it is not what the plan saw\n' ${path} >&2; exit 1; }`
  if (target === undefined) return sh`if [ -e ${path} ] || [ -L ${path} ]; then ${changed}; fi`
  return sh`${linkReads(path, target)} || ${changed}`
}

/** Only what this step made is put back: a link that is neither the new nor the old one is somebody's. */
function back(path: string, from: string | undefined, to: string | undefined): Script {
  const staged = `${path}.reeve-back`
  const isOurs = to === undefined ? sh`[ ! -e ${path} ] && [ ! -L ${path} ]` : sh`${linkReads(path, to)}`
  if (from === undefined) return sh`if ${isOurs}; then rm -f -- ${path}; fi`
  return sh`if ${isOurs}; then rm -f -- ${staged}; ln -s -- ${from} ${staged}; mv -T -- ${staged} ${path}; fi`
}
