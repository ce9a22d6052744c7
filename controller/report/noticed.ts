import type { Noticed } from '../model/event.ts'
import { ledgerKey } from '../model/ledger.ts'
import type { PlannedChange } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'

const mostTold = 5

/** What the watch told that may have to do with these changes, as people hear of it. That it was looked at for no known reason is not worth a word. */
export function noticedFor(changes: readonly PlannedChange[], noticed: readonly Noticed[] = []): readonly string[] {
  const keys = new Set<string>(changes.map(({ target, id }) => ledgerKey(targetKey(target), id)))
  return noticed
    .filter(({ items }) => items?.some((item) => keys.has(item)))
    .map(({ text }) => text)
    .slice(0, mostTold)
}
