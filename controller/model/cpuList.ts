/** The CPUs of a list such as `0-2,5` (cpuset(7), "List format"); undefined for what is no list, or names more than the kernel could have. */
export function cpusOf(list: string): ReadonlySet<number> | undefined {
  const cpus = new Set<number>()
  for (const part of list.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim())
    if (!match) return undefined
    const from = Number(match[1])
    const to = Number(match[2] ?? match[1])
    if (to < from) return undefined
    for (let cpu = from; cpu <= to; cpu++) cpus.add(cpu)
  }
  return cpus
}

/** The same list as the kernel writes it: sorted, adjoining ones joined. What is no list stays as it is. */
export function canonicalCpus(list: string): string {
  const cpus = cpusOf(list)
  if (cpus === undefined) return list.trim()
  const starts = [...cpus].filter((cpu) => !cpus.has(cpu - 1)).sort((one, other) => one - other)
  return starts.map((start) => rangeFrom(start, cpus)).join(',')
}

function rangeFrom(start: number, cpus: ReadonlySet<number>): string {
  let end = start
  while (cpus.has(end + 1)) end++
  return end === start ? `${start}` : `${start}-${end}`
}
