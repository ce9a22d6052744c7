/** Circles of a directed graph, so that every node that is on one is on one of these: the shortest through it, as its nodes in order. */
export function findCycles<Id extends string>(edges: ReadonlyMap<Id, readonly Id[]>): readonly (readonly Id[])[] {
  const done = new Set<Id>()
  const cycles: (readonly Id[])[] = []
  for (const start of [...edges.keys()].sort()) {
    if (done.has(start)) continue
    const circle = shortestCircle(start, edges)
    if (circle === undefined) continue
    cycles.push(circle)
    for (const id of circle) done.add(id)
  }
  return cycles
}

/** The shortest way from a node back to itself, breadth first. */
function shortestCircle<Id extends string>(start: Id, edges: ReadonlyMap<Id, readonly Id[]>): readonly Id[] | undefined {
  const cameFrom = new Map<Id, Id>()
  const queue: Id[] = [start]
  for (const id of queue) {
    for (const next of edges.get(id) ?? []) {
      if (next === start) return wayTo(id, start, cameFrom)
      if (cameFrom.has(next)) continue
      cameFrom.set(next, id)
      queue.push(next)
    }
  }
  return undefined
}

function wayTo<Id extends string>(last: Id, start: Id, cameFrom: ReadonlyMap<Id, Id>): readonly Id[] {
  const way = [last]
  for (let id: Id | undefined = last; id !== undefined && id !== start; ) {
    id = cameFrom.get(id)
    if (id !== undefined) way.unshift(id)
  }
  return way
}
