/** A rule of a table that is not ours, as nft prints it, without its comment. */
export interface ForeignRule {
  readonly text: string
  /** What it asks, before its verdict. */
  readonly asks: string
  /** `accept`, `drop`, `reject …`, `return`, `jump NAME`, `goto NAME`; undefined for one that goes on, or whose end nobody here knows. */
  readonly verdict: string | undefined
}

export interface ForeignChain {
  readonly table: string
  readonly chain: string
  /** Of a base chain: `input`, and so on. */
  readonly hook: string | undefined
  readonly priority: string | undefined
  readonly isClosed: boolean
  readonly rules: readonly ForeignRule[]
}

/** Reads `nft -s -nn -t list ruleset` without our own table. What it cannot read it leaves out. */
export function readForeignChains(text: string): readonly ForeignChain[] {
  const chains: (ForeignChain & { readonly rules: ForeignRule[] })[] = []
  let table = ''
  let isInChain = false
  for (const line of text.split('\n')) {
    table = /^table (\S+ \S+) \{$/.exec(line)?.[1] ?? table
    const chain = /^\tchain (\S+) \{$/.exec(line)?.[1]
    if (/^\t?\}$|^\t[a-z]/.test(line)) isInChain = false
    if (chain !== undefined && table !== 'inet reeve') {
      isInChain = true
      chains.push({ table, chain, hook: undefined, priority: undefined, isClosed: false, rules: [] })
    }
    const last = chains.at(-1)
    if (!isInChain || last === undefined || !line.startsWith('\t\t')) continue
    const base = /^\t\ttype (\w+) hook (\w+) .*priority (-?\w+(?: [+-] \d+)?); (?:policy (\w+);)?/.exec(line)
    if (base)
      chains.splice(-1, 1, { ...last, ...(base[1] === 'filter' ? { hook: base[2] } : {}), priority: base[3], isClosed: base[4] === 'drop' })
    else last.rules.push(readRule(line.trim()))
  }
  return chains
}

function readRule(line: string): ForeignRule {
  const text = line.replace(/ comment "[^"]*"$/, '')
  const verdict = /(?:^| )(accept|drop|return|reject(?: with [a-z0-9 -]+)?|(?:jump|goto) \S+)$/.exec(text)?.[1]
  return { text, asks: verdict === undefined ? text : text.slice(0, text.length - verdict.length).trim(), verdict }
}
