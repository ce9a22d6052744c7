import { createHash } from 'node:crypto'
import { ledgerKey } from '../../model/ledger.ts'
import type { DesiredState } from '../../model/plan.ts'
import type { AnyPrimitive } from '../../model/primitive.ts'
import { insideKey, type Target, targetKey } from '../../model/target.ts'
import type { Watched, WatchSource } from '../../model/watched.ts'

/** One thing that is watched on a hypervisor, and who asked. */
export interface WatchedThing {
  /** For people: `/etc/nginx/nginx.conf in web`. */
  readonly words: string
  readonly source: WatchSource
  /** Keys of the items whose state may move with it, as in the ledger. */
  readonly items: readonly string[]
}

/** All that is watched on a hypervisor and in its containers. */
export interface WatchList {
  /** Moves with what is to be watched. */
  readonly id: string
  /** As the program reads it; the number of a line, from 0, is that of its thing. */
  readonly lines: readonly string[]
  readonly things: readonly WatchedThing[]
}

/** What a person writes to stop changes on a machine: it is seen at once that it is there, and that it is gone. */
const hold: Watched = { on: 'path', path: '/etc/reeve/hold' }

/** Desired state → what to watch for it. What is inside a container is watched as far as it is files. */
export function watchListFor(desired: DesiredState, primitives: ReadonlyMap<string, AnyPrimitive>): WatchList {
  const items = new Map<string, { words: string; source: WatchSource; items: string[] }>()
  const add = (target: Target, one: Watched, key?: string): void => {
    const source = sourceOf(one)
    if (target.inside !== undefined && source !== 'file') return
    const line = lineOf(target, one)
    if (/[\0\n]/.test(line)) return
    const thing = items.get(line) ?? { words: wordsOf(target, one), source, items: [] }
    if (key !== undefined) thing.items.push(key)
    items.set(line, thing)
  }
  add({ hypervisor: desired.hypervisor }, hold)
  for (const { target, spec } of desired.items)
    for (const one of primitives.get(spec.type)?.watched?.(spec) ?? []) add(target, one, ledgerKey(targetKey(target), spec.id))
  const lines = [...items.keys()]
  return { id: createHash('sha256').update(lines.join('\n')).digest('hex'), lines, things: [...items.values()] }
}

function sourceOf({ on }: Watched): WatchSource {
  return on === 'path' || on === 'folder' || on === 'tree' ? 'file' : on
}

function argumentOf(one: Watched): string {
  if ('path' in one) return one.path
  if (one.on === 'nft') return one.table
  return one.on === 'link' ? one.name : '-'
}

function lineOf(target: Target, one: Watched): string {
  return `${one.on} ${target.inside === undefined ? '-' : insideKey(target)} ${argumentOf(one)}`
}

function wordsOf(target: Target, one: Watched): string {
  const place = target.inside === undefined ? '' : ` in ${insideKey(target)}`
  if (one.on === 'swap') return 'swap areas'
  if (one.on === 'block') return 'block devices'
  const what = { nft: 'table ', link: 'interface ', mount: 'mount ', path: '', folder: '', tree: '' }[one.on]
  return `${what}${argumentOf(one)}${place}`
}
