/** Sorts so that each node follows those it needs; keeps the given order otherwise. Nodes in a cycle come last, in the given order, and are named. */
export function topologicalOrder(
  count: number,
  needs: (node: number) => readonly number[],
): { readonly order: readonly number[]; readonly cyclic: readonly number[] } {
  const order: number[] = []
  const state = new Map<number, 'open' | 'done'>()
  const cyclic = new Set<number>()

  function visit(node: number): void {
    if (state.get(node) === 'done') return
    if (state.get(node) === 'open') {
      cyclic.add(node)
      return
    }
    state.set(node, 'open')
    for (const needed of needs(node)) visit(needed)
    state.set(node, 'done')
    order.push(node)
  }

  for (let node = 0; node < count; node++) visit(node)
  return { order, cyclic: [...cyclic] }
}
