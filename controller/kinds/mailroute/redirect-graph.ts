import { domainOfAddress, type MailData } from './data.ts'

/** How often Postfix would expand an address before somebody has lost sight of it. */
const longest = 10

/** Where an address goes next. What stands for itself ends there (virtual(5)); `@domain` takes those that are not named. */
function nextOf(data: MailData): (address: string) => readonly string[] {
  const byKey = new Map(data.redirects.map(({ from, to }) => [from, to]))
  const listed = new Set([...data.domains.flatMap(({ recipients }) => recipients), ...data.routes.map(({ address }) => address)])
  return (address) => {
    const own = byKey.get(address)
    const domain = domainOfAddress(address, data)?.name
    const to = own ?? (listed.has(address) || domain === undefined ? undefined : byKey.get(`@${domain}`)) ?? []
    return to.includes(address) ? [] : to
  }
}

/** Each loop once, beginning and ending with its first address. */
export function redirectCycles(data: MailData): readonly (readonly string[])[] {
  const next = nextOf(data)
  const done = new Set<string>()
  const cycles: (readonly string[])[] = []
  for (const { from } of data.redirects) {
    const stack = [{ address: from, left: [...next(from)] }]
    while (stack.length > 0) step(stack, next, done, cycles)
  }
  return cycles
}

interface Frame {
  readonly address: string
  readonly left: string[]
}

function step(stack: Frame[], next: (address: string) => readonly string[], done: Set<string>, cycles: (readonly string[])[]): void {
  const top = stack.at(-1)
  const address = top?.left.shift()
  if (top === undefined || address === undefined) {
    if (top !== undefined) done.add(top.address)
    stack.pop()
    return
  }
  const at = stack.findIndex((frame) => frame.address === address)
  if (at !== -1) cycles.push([...stack.slice(at).map((frame) => frame.address), address])
  else if (!done.has(address)) stack.push({ address, left: [...next(address)] })
}

/** A chain of redirects that is longer than the limit. Call it only where there are no loops. */
export function longChain(data: MailData): readonly string[] | undefined {
  const next = nextOf(data)
  const chains = new Map<string, readonly string[]>()
  const chainOf = (address: string, depth: number): readonly string[] => {
    const known = chains.get(address)
    if (known !== undefined || depth > longest + 2) return known ?? [address]
    const tails = next(address).map((one) => chainOf(one, depth + 1))
    const tail = tails.reduce<readonly string[]>((best, one) => (one.length > best.length ? one : best), [])
    const chain = [address, ...tail]
    chains.set(address, chain)
    return chain
  }
  const all = data.redirects.map(({ from }) => chainOf(from, 0))
  return all.find((chain) => chain.length - 1 > longest)
}
