import { createHash } from 'node:crypto'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Staged, Step, StepContext } from '../../model/primitive.ts'
import { sha256 } from '../../shell/inspect.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { sharedFile } from '../../shell/sharedFile.ts'
import { isInPlace } from './diff.ts'
import { isStillAsSeen, put, takeOut, unwrap } from './edit.ts'
import type { Sought } from './look.ts'
import { type AroundBlock, type BlockState, type FoundBlock, seenBlock } from './probe.ts'
import { type BlockSpec, blockText, nameOfBlock, pathOfBlock } from './spec.ts'

/** What was there before the first apply. */
interface Previous {
  readonly isCreated?: true
  readonly isUnterminated?: true
}

export function stagedAt(spec: BlockSpec): Staged {
  return { live: spec.path, staged: sharedFile(spec.path).staged }
}

export function steps(spec: BlockSpec, observed: Known<BlockState>, context: StepContext): readonly Step[] {
  const { path, name, created } = spec
  const { fleet } = context
  const file = sharedFile(path)
  const seen = seenBlock(observed)
  const isThere = seen !== undefined || aroundOf(observed).isThere
  const write = put(spec, blockText(spec, fleet), fleet)
  const edit =
    seen === undefined || isInPlace(spec.position, seen) ? write : joinScripts([inSubshell(takeOut(spec.id, false, fleet)), write])
  const back = seen === undefined ? takeOut(spec.id, false, fleet) : put(spec, textAsSeen(spec.name, seen), fleet)
  const keep = isThere && context.last === undefined ? keepCopy(path) : sh`:`
  return [
    {
      title: `stage the block ${name} of ${path}`,
      phase: 'stage',
      guard: isStillAsSeen({ id: spec.id, spec }, seen, isThere, fleet),
      run: file.stage(edit, created),
      undo: file.unstage,
      sync: [file.staged],
    },
    {
      title: `write the block ${name} into ${path}`,
      phase: 'change',
      guard: file.isAsStaged,
      run: joinScripts([keep, file.goLive]),
      undo: file.undo(back),
    },
  ]
}

function inSubshell(script: Script): Script {
  return { text: `(\nset -eu\n${script.text}\n)` }
}

function textAsSeen(name: string, { leader, fleet, content }: FoundBlock): Uint8Array {
  const [begin = '', end = ''] = ['BEGIN', 'END'].map((word) => `${leader} ${word} reeve ${fleet} ${name}\n`)
  return Buffer.concat([Buffer.from(begin), content, Buffer.from(end)])
}

function aroundOf(observed: Known<BlockState>): AroundBlock {
  const around = observed.status === 'absent' ? (observed.around as AroundBlock | undefined) : undefined
  return around ?? { isThere: false, anchorLine: 0, isTerminated: true }
}

/** The file as it was before our first line in it, for a person: nothing here reads it. */
function keepCopy(path: string): Script {
  return sh`(umask 077; mkdir -p /var/lib/reeve/retired)
sum=$(sha256sum < ${path}); kept=/var/lib/reeve/retired/file-"\${sum%% *}"
[ -f "$kept" ] || { (umask 077; cp -- ${path} "$kept".part); mv -T -- "$kept".part "$kept"; }`
}

export function previous(spec: BlockSpec, observed: Known<BlockState>): string | undefined {
  if (observed.status === 'present') return undefined
  const { isThere, isTerminated } = aroundOf(observed)
  const isAtEnd = spec.position === 'end' || 'after' in spec.position
  const before: Previous = isThere ? (isTerminated || !isAtEnd ? {} : { isUnterminated: true }) : { isCreated: true }
  return Object.keys(before).length === 0 ? undefined : JSON.stringify(before)
}

/** What is not as we last wrote it, and what carries another fleet's name, is left to people. */
export function retire(entry: LedgerEntry, observed: Known<BlockState>, { fleet }: StepContext): Retirement {
  const kept = (keptBecause?: string): Retirement => ({ impact: 'none', steps: [], ...(keptBecause === undefined ? {} : { keptBecause }) })
  if (observed.status === 'absent') return kept()
  if (observed.state.type === 'refused') return kept(observed.state.reason)
  const seen = observed.state
  if (seen.fleet !== fleet) return kept(`it carries the name of fleet ${seen.fleet}`)
  const written = entry.fields['content']
  if (written !== undefined && !hex(`sha256:${sha256(seen.content)}`).startsWith(written))
    return kept('its content is not what Reeve last wrote')
  return { impact: 'none', steps: removal({ id: entry.id }, seen, readPrevious(entry.previous), fleet) }
}

/** From the ledger on the host: what is not an object of ours says nothing. */
function readPrevious(text: string | undefined): Previous {
  return {
    ...(text === '{"isCreated":true}' ? { isCreated: true } : {}),
    ...(text === '{"isUnterminated":true}' ? { isUnterminated: true } : {}),
  }
}

function removal(sought: Sought, seen: FoundBlock, before: Previous, fleet: string): readonly Step[] {
  const path = pathOfBlock(sought.id)
  const name = nameOfBlock(sought.id)
  const file = sharedFile(path)
  const spec: BlockSpec = { ...seen, type: 'block', id: sought.id, path, name, content: '', position: 'end' }
  return [
    {
      title: `stage ${path} without the block ${name}`,
      phase: 'stage',
      guard: isStillAsSeen(sought, seen, true, fleet),
      run: file.stage(takeOut(sought.id, before.isUnterminated === true, fleet)),
      undo: file.unstage,
      sync: [file.staged],
    },
    {
      title: `take the block ${name} out of ${path}`,
      phase: 'change',
      guard: file.isAsStaged,
      run: before.isCreated ? file.goLiveOrAway : file.goLive,
      undo: file.undo(put(spec, textAsSeen(name, seen), fleet)),
    },
  ]
}

/** Its lines stay, as the file's own. Where a person edits the file before an undo, they stay without their mark. */
export function release(entry: LedgerEntry, observed: Known<BlockState>, { fleet }: StepContext): readonly Step[] {
  const seen = seenBlock(observed)
  if (seen === undefined || seen.fleet !== fleet) return []
  const [path, name] = [pathOfBlock(entry.id), nameOfBlock(entry.id)]
  const file = sharedFile(path)
  return [
    {
      title: `stage ${path} with the block ${name} as its own lines`,
      phase: 'stage',
      guard: isStillAsSeen({ id: entry.id }, seen, true, fleet),
      run: file.stage(unwrap(entry.id, fleet)),
      undo: file.unstage,
      sync: [file.staged],
    },
    {
      title: `leave the block ${name} in ${path} without its mark`,
      phase: 'change',
      guard: file.isAsStaged,
      run: file.goLive,
      undo: file.undo(sh`:`),
    },
  ]
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
