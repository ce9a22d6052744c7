import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml'
import type { Limits } from './limits.ts'
import { formatPath, type PathStep } from './path.ts'
import { characterProblem } from './text.ts'

/** Something wrong in one value of a document. */
export interface ValueProblem {
  readonly offset: number
  readonly path: string
  readonly summary: string
  readonly hint?: string
}

interface Walk {
  readonly document: Document
  readonly limits: Limits
  readonly problems: ValueProblem[]
  readonly lineOf: (offset: number) => number
  /** Values whose alias is being written out. */
  readonly open: Set<Node>
  nodes: number
  aliases: number
  isExhausted: boolean
}

/**
 * The plain value of a document, and all that is wrong with how it is written. Aliases are written out within the limits, so a bomb
 * costs no more than the limit; unlike `toJS` it keeps positions, refuses duplicate keys with both places, and makes no prototype.
 */
export function plainValue(
  document: Document,
  limits: Limits,
  lineOf: (offset: number) => number,
): { readonly value: unknown; readonly problems: readonly ValueProblem[] } {
  const walk: Walk = { document, limits, problems: [], lineOf, open: new Set(), nodes: 0, aliases: 0, isExhausted: false }
  return { value: plain(document.contents, walk, [], 0), problems: walk.problems }
}

function plain(node: unknown, walk: Walk, steps: readonly PathStep[], at: number): unknown {
  if (walk.isExhausted || node === null || node === undefined) return null
  const offset = (node as Node).range?.[0] ?? at
  walk.nodes++
  if (walk.nodes > walk.limits.nodes) return exhausted(walk, offset, `holds more than ${walk.limits.nodes} values`)
  if (steps.length > walk.limits.depth) return exhausted(walk, offset, `is nested more than ${walk.limits.depth} deep`)
  if (isAlias(node)) return aliased(node, walk, steps, offset)
  if (isMap(node)) return mapping(node, walk, steps)
  if (isSeq(node)) return node.items.map((item, index) => plain(item, walk, [...steps, index], offset))
  if (isScalar(node)) return scalar(node, walk, steps, offset)
  return complain(walk, offset, steps, 'this is no value')
}

function exhausted(walk: Walk, offset: number, what: string): null {
  walk.isExhausted = true
  const because = walk.aliases > 0 ? `the document, with its aliases written out, ${what}` : `the document ${what}`
  return complain(walk, offset, [], because, 'split it into several manifests')
}

function aliased(
  node: { readonly source: string; resolve(doc: Document): Node | undefined },
  walk: Walk,
  steps: readonly PathStep[],
  offset: number,
): unknown {
  walk.aliases++
  if (walk.aliases > walk.limits.aliases) return exhausted(walk, offset, `holds more than ${walk.limits.aliases} aliases`)
  const meant = node.resolve(walk.document)
  if (meant === undefined)
    return complain(
      walk,
      offset,
      steps,
      `the alias *${node.source} names no anchor before it`,
      `write &${node.source} at the value that it means`,
    )
  if (walk.open.has(meant))
    return complain(walk, offset, steps, `the alias *${node.source} stands inside the value that it means`, 'write the value out')
  walk.open.add(meant)
  const value = plain(meant, walk, steps, offset)
  walk.open.delete(meant)
  return value
}

function mapping(map: YAMLMap, walk: Walk, steps: readonly PathStep[]): unknown {
  const value: Record<string, unknown> = {}
  const seen = new Map<string, number>()
  for (const pair of map.items) {
    const name = keyName(pair, walk, steps)
    if (name === undefined) continue
    const offset = (pair.key as Node).range?.[0] ?? 0
    const first = seen.get(name)
    if (first !== undefined) {
      complain(
        walk,
        offset,
        [...steps, name],
        `the field ${JSON.stringify(name)} is written twice; first in line ${walk.lineOf(first)}`,
        'delete one of them',
      )
      continue
    }
    seen.set(name, offset)
    value[name] = plain(pair.value, walk, [...steps, name], offset)
  }
  return value
}

function keyName(pair: Pair, walk: Walk, steps: readonly PathStep[]): string | undefined {
  const key = isAlias(pair.key) ? pair.key.resolve(walk.document) : pair.key
  const offset = (pair.key as Node | null)?.range?.[0] ?? 0
  if (!isScalar(key)) return void complain(walk, offset, steps, "a field's name must be plain text, not a list or a mapping")
  const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
  if (name === '<<')
    return void complain(
      walk,
      offset,
      steps,
      'merge keys (<<) are not part of YAML 1.2',
      'write the fields out, or use an alias for the whole value',
    )
  if (name === '__proto__' || name === 'constructor' || name === 'prototype')
    return void complain(walk, offset, steps, `${JSON.stringify(name)} cannot be a field's name`)
  const problem = characterProblem(name)
  if (problem) return void complain(walk, offset, steps, `in a field's name, ${problem.summary}`, problem.hint)
  return name
}

function scalar(node: Scalar, walk: Walk, steps: readonly PathStep[], offset: number): unknown {
  const { value } = node
  if (typeof value === 'string') return text(value, walk, steps, offset)
  if (typeof value !== 'number') return value
  const source = node.source ?? String(value)
  if (!Number.isFinite(value)) return complain(walk, offset, steps, `${source} is not a number that can be used`, 'write a finite number')
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    return complain(walk, offset, steps, `${source} is too large to be read exactly`, 'write it in quotes if it is text')
  if (/^[-+]?0\d/.test(source))
    return complain(
      walk,
      offset,
      steps,
      `${source} has a leading zero, which YAML 1.2 reads as decimal and others as octal`,
      `write "${source}" in quotes`,
    )
  return value
}

function text(value: string, walk: Walk, steps: readonly PathStep[], offset: number): unknown {
  const problem = characterProblem(value)
  if (problem) return complain(walk, offset, steps, problem.summary, problem.hint)
  if (!value.isWellFormed()) return complain(walk, offset, steps, 'half a character (a lone surrogate) is not allowed', 'delete it')
  return value
}

function complain(walk: Walk, offset: number, steps: readonly PathStep[], summary: string, hint?: string): null {
  walk.problems.push({ offset, path: formatPath(steps), summary, ...(hint === undefined ? {} : { hint }) })
  return null
}
