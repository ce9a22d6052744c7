/** Circles of a directed graph, so that every node that is on one is on one of these: the shortest through it, as its nodes in order. */
export function findCycles<Id extends string>(edges: ReadonlyMap<Id, readonly Id[]>): readonly (readonly Id[])[] {
  const suspects = notFree(edges)
  const done = new Set<Id>()
  const cycles: (readonly Id[])[] = []
  for (const start of suspects.sort()) {
    if (done.has(start)) continue
    const circle = shortestCircle(start, edges)
    if (circle === undefined) continue
    cycles.push(circle)
    for (const id of circle) done.add(id)
  }
  return cycles
}

/** What leads to a circle, or lies on one. Whatever mentions only what is free of circles is free itself: of most graphs nothing is left. */
function notFree<Id extends string>(edges: ReadonlyMap<Id, readonly Id[]>): Id[] {
  const free = new Set<Id>()
  let left = [...edges.keys()]
  for (let before = -1; before !== left.length; ) {
    before = left.length
    left = left.filter((id) => {
      const isFree = (edges.get(id) ?? []).every((next) => free.has(next) || !edges.has(next))
      if (isFree) free.add(id)
      return !isFree
    })
  }
  return left
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
