import type { PrimitiveId } from '../../model/ids.ts'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import type { Script } from '../../shell/sh.ts'
import { look } from './look.ts'
import { type BlockSpec, nameOfBlock, pathOfBlock } from './spec.ts'

/** A block as it was read. Lines count from 1. */
export interface FoundBlock {
  readonly type: 'block'
  readonly firstLine: number
  readonly lastLine: number
  /** Of the line that its position speaks of; 0 where there is none. */
  readonly anchorLine: number
  /** Its two lines are just as this fleet's spec would have them. */
  readonly isExact: boolean
  readonly leader: string
  readonly fleet: string
  readonly content: Uint8Array
  /** Its lines as the host printed them: what a guard asks for again. */
  readonly record: string
}

/** What was found where a block was looked for. `refused`: why the file is left alone. */
export type BlockState = FoundBlock | { readonly type: 'refused'; readonly reason: string }

/** The file around a block that is absent. */
export interface AroundBlock {
  readonly isThere: boolean
  readonly anchorLine: number
  /** Its last line ends in a line feed, or it is empty. */
  readonly isTerminated: boolean
}

export function probe(subjects: readonly Subject<BlockSpec>[], fleet: string): Script {
  return look(subjects, fleet)
}

/** Strict: the lines come in the order asked, none more and none less, so that what was lost or added on the way cannot be taken for an absence. */
export function parse(stdout: string, subjects: readonly Subject<BlockSpec>[]): Parsed<BlockState> {
  const lines = stdout.split('\n')
  const items = new Map<PrimitiveId, Observed<BlockState>>()
  if (lines[0] !== `blocks ${subjects.length}`) throw new Error('the list of blocks does not begin as it should')
  let at = 1
  for (const [index, { id }] of subjects.entries()) {
    const read = readOne(id, String(index + 1), lines, at)
    items.set(id, read.observed)
    at += read.lines
  }
  if (lines[at] !== `end ${subjects.length}` || lines.slice(at + 1).some((line) => line !== ''))
    throw new Error('the list of blocks does not end as it should')
  return { items }
}

interface Read {
  readonly observed: Observed<BlockState>
  readonly lines: number
}

function readOne(id: PrimitiveId, number: string, lines: readonly string[], at: number): Read {
  const [word = '', index, ...rest] = (lines[at] ?? '').split(' ')
  if (index !== number) throw new Error(`${id} was not told of in its turn`)
  const path = pathOfBlock(id)
  if (word === 'found') return readFound(id, rest, lines, at)
  if (word === 'none') return one({ status: 'absent', around: aroundOf(rest) })
  if (word === 'gone') return one({ status: 'absent', around: { isThere: false, anchorLine: 0, isTerminated: true } satisfies AroundBlock })
  if (word === 'moved') return one({ status: 'unknown', reason: `${path} changed while it was read` })
  return one({ status: 'present', state: { type: 'refused', reason: refusalOf(path, nameOfBlock(id), word, rest.join(' ')) } })
}

function one(observed: Observed<BlockState>): Read {
  return { observed, lines: 1 }
}

function refusalOf(path: string, name: string, word: string, rest: string): string {
  if (word === 'other' && /^[a-z-]+$/.test(rest))
    return `${path} is a ${rest.replace('-', ' ')}, not a regular file; it is neither followed nor replaced`
  if (word === 'large' && /^\d+$/.test(rest)) return `${path} has ${rest} bytes: too large for a configuration`
  if (word === 'binary') return `${path} is not text: it holds a NUL`
  if (word === 'damaged' && /^[a-z0-9 ]+$/.test(rest))
    return `the block ${name} in ${path} ${rest}; put its lines BEGIN and END right by hand, or remove them both`
  throw new Error(`not a word about a block: ${JSON.stringify(word)}`)
}

function aroundOf(rest: readonly string[]): AroundBlock {
  const [, anchorLine = 0, missing] = numbers(rest, 3)
  return { isThere: true, anchorLine, isTerminated: missing !== 1 }
}

function readFound(id: PrimitiveId, rest: readonly string[], lines: readonly string[], at: number): Read {
  const [first, last, total, anchor, exact, leader = '', fleet = '', count = ''] = rest
  const [firstLine = 0, lastLine = 0, , anchorLine = 0, held = 0] = numbers([first, last, total, anchor, count], 5)
  const body = lines.slice(at + 1, at + 1 + held)
  const isSound = rest.length === 8 && lastLine - firstLine - 1 === held && body.length === held && body.every((line) => isPrinted(line))
  if (!isSound || (exact !== 'exact' && exact !== 'inexact')) throw new Error(`what was read of ${id} does not fit together`)
  const content = Buffer.concat(body.map((line) => Buffer.concat([bytesOf(line.slice(2)), Buffer.from('\n')])))
  const record = [`${leader} ${fleet} ${count}`, ...body, ''].join('\n')
  const state: FoundBlock = { type: 'block', firstLine, lastLine, anchorLine, isExact: exact === 'exact', leader, fleet, content, record }
  return { observed: { status: 'present', state, mark: { fleet, owner: `block ${nameOfBlock(id)}` } }, lines: 1 + held }
}

function isPrinted(line: string): boolean {
  return /^= [\t -~]*$/.test(line)
}

/** The bytes of a line as awk spelled it. */
function bytesOf(spelled: string): Uint8Array {
  return Buffer.from(
    spelled.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    'latin1',
  )
}

function numbers(words: readonly (string | undefined)[], count: number): readonly number[] {
  if (words.length !== count || !words.every((word) => /^\d{1,9}$/.test(word ?? ''))) throw new Error('a number was expected of a block')
  return words.map(Number)
}

/** The block as seen, where one was. */
export function seenBlock(observed: Known<BlockState>): FoundBlock | undefined {
  return observed.status === 'present' && observed.state.type === 'block' ? observed.state : undefined
}
