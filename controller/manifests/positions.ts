import { type Document, isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, type Node, type YAMLMap } from 'yaml'
import type { SourceRef } from '../model/manifest.ts'
import type { Limits } from './limits.ts'
import type { ParsedFile } from './parse.ts'
import { type PathStep, parsePath } from './path.ts'
import { compose, tokenise } from './syntaxTree.ts'

/** Where the fields of a file stand. Its trees are many times as large as its text: they are made from it when a finding asks for a place, and may be forgotten at any time. */
export interface Positions {
  /** Of a field's value or of its name, in the document of this index; the nearest parent where it is absent. */
  of(index: number, path: string, aim: 'value' | 'name'): SourceRef
}

interface Trees {
  readonly documents: readonly Document[]
  readonly lines: LineCounter
}

export function createPositions({ path: file, text }: Pick<ParsedFile, 'path' | 'text'>, limits: Limits): Positions {
  let kept: WeakRef<Trees> | undefined
  const trees = (): Trees => {
    const known = kept?.deref() ?? treesOf(text, limits)
    kept = new WeakRef(known)
    return known
  }
  return {
    of(index, path, aim) {
      const { documents, lines } = trees()
      const document = documents[index]
      if (document === undefined) throw new Error(`${file}: document ${index + 1} cannot be found again`)
      const { line, col } = lines.linePos(locate(document, parsePath(path), aim))
      return { file, line, column: col }
    },
  }
}

/** Of a text that could be read before. */
function treesOf(text: string, limits: Limits): Trees {
  const lines = new LineCounter()
  const tokens = tokenise(text, lines, limits)
  if ('summary' in tokens) throw new Error(`a text that could be read cannot be read again: ${tokens.summary}`)
  return { lines, documents: [...compose(tokens)] }
}

/** Offset of the nearest node on the way to a path. */
function locate(document: Document, steps: readonly PathStep[], aim: 'value' | 'name'): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [index, step] of steps.entries()) {
    const next = child(isAlias(node) ? node.resolve(document) : node, step)
    if (next === undefined) return offset
    const isLast = index === steps.length - 1
    offset = isLast && aim === 'name' ? next.name : next.value
    node = next.node
  }
  return offset
}

/** A child with the offsets of its name and of its value; a block collection or nothing at all is shown at its name. */
function child(parent: unknown, step: PathStep): { readonly node: unknown; readonly name: number; readonly value: number } | undefined {
  if (isSeq(parent)) {
    const node = parent.items[Number(step)]
    const start = startOf(node)
    return start === undefined ? undefined : { node, name: start, value: start }
  }
  if (!isMap(parent)) return undefined
  const pair = parent.items.find((each) => isPair(each) && isScalar(each.key) && String(each.key.source ?? each.key.value) === String(step))
  const name = startOf(pair?.key)
  if (pair === undefined || name === undefined) return undefined
  return { node: pair.value, name, value: isShownAtName(pair.value) ? name : (startOf(pair.value) ?? name) }
}

function isShownAtName(value: unknown): boolean {
  if (isCollection(value)) return !(value as YAMLMap).flow
  return !isScalar(value) ? !isAlias(value) : value.source === ''
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
