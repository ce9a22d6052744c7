/** Sorts so that each node follows those it needs; keeps the given order otherwise. Where nodes need each other in a circle, the one that comes first follows the others. */
export function topologicalOrder(count: number, needs: (node: number) => readonly number[]): readonly number[] {
  const order: number[] = []
  const seen = new Set<number>()

  function visit(node: number): void {
    if (seen.has(node)) return
    seen.add(node)
    for (const needed of needs(node)) visit(needed)
    order.push(node)
  }

  for (let node = 0; node < count; node++) visit(node)
  return order
}
