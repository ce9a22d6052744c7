import type { Move } from './moves.ts'
import type { Query, Series } from './prometheus.ts'

/** NaN is what Prometheus says of a quantile of nothing. */
export function sum(found: readonly Series[]): number {
  return found.reduce((all, { value }) => all + (Number.isNaN(Number(value[1])) ? 0 : Number(value[1])), 0)
}

function written(found: readonly Series[]): string {
  return JSON.stringify(found.map(({ metric, value }) => [metric, value[1]]))
}

/** Whether an answer moved as it shall. Of ages only a jump counts, since time goes by itself. */
export function hasMoved(
  move: Move,
  { expression }: Query,
  {
    before,
    after,
    jumpSeconds = 60,
  }: { readonly before: readonly Series[]; readonly after: readonly Series[]; readonly jumpSeconds?: number },
): boolean {
  if (move === 'changes') return written(after) !== written(before)
  const least = expression.includes('time()') ? jumpSeconds : 1e-9
  const by = sum(after) - sum(before)
  return move === 'rises' ? by > least : by < -least
}
