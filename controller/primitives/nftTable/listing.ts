/** A block of a listing: `chain input`, `set admins_main`. */
interface Block {
  readonly type: string
  readonly name: string
  /** Lines within, wrapped ones joined. */
  readonly lines: readonly string[]
}

/** A table as `nft -s -nn list table inet reeve` prints it. */
export interface Listing {
  /** Lines of the table itself: comment, flags. */
  readonly head: readonly string[]
  readonly blocks: readonly Block[]
}

/** Reads a listing. Throws where the text is none. */
export function parseListing(text: string): Listing {
  const lines = text.split('\n')
  if (lines[0] !== 'table inet reeve {') throw new Error(`not a listing of table inet reeve: ${JSON.stringify(text.slice(0, 80))}`)
  const head: string[] = []
  const blocks: { type: string; name: string; lines: string[] }[] = []
  for (const line of lines.slice(1)) readLine(line, head, blocks)
  return { head, blocks }
}

function readLine(line: string, head: string[], blocks: { type: string; name: string; lines: string[] }[]): void {
  const opened = /^\t(\S[^"{}]*) (\S+) \{$/.exec(line)
  const last = blocks.at(-1)
  if (opened) blocks.push({ type: opened[1] ?? '', name: opened[2] ?? '', lines: [] })
  else if (/^\t\t\t/.test(line) && last !== undefined) last.lines.push(`${last.lines.pop() ?? ''} ${line.trim()}`)
  else if (line.startsWith('\t\t') && last !== undefined) last.lines.push(line.trim())
  else if (/^\t[^\t}]/.test(line)) head.push(line.trim())
}

/**
 * Every comparable field of a table under the name that people know: `rule ssh (Firewall/main)`, `policy of input`, `set admins (Firewall/main)`,
 * `order of rules in input_main`, `unknown rule in chain input`. The values are nft's lines. Used on listings and on our own text alike,
 * so that what the ledger knows and what a diff names are the same fields.
 */
export function namedFields(listing: Listing): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of listing.head) fields.set(line.startsWith('comment ') ? 'mark' : 'flags of the table', line)
  for (const block of listing.blocks) {
    if (block.type === 'chain') addChain(fields, block)
    else fields.set(nameOfBlock(block), block.lines.join('\n'))
  }
  return fields
}

function addChain(fields: Map<string, string>, chain: Block): void {
  const hook = chain.lines.find((line) => line.startsWith('type '))
  const rules = chain.lines.filter((line) => line !== hook && !line.startsWith('comment '))
  const hookParts = /^(.*); policy (\w+);$/.exec(hook ?? '')
  if (hookParts) fields.set(`policy of ${chain.name}`, hookParts[2] ?? '').set(`hook of ${chain.name}`, hookParts[1] ?? '')
  if (!hook && ownerOf(chain.name) === undefined) return void fields.set(`unknown chain ${chain.name}`, chain.lines.join('\n'))
  for (const line of rules)
    append(fields, nameOfRule(chain.name, line), ownerOf(chain.name) === undefined ? line : `${chain.name}: ${line}`)
  fields.set(`order of rules in ${chain.name}`, order(rules))
}

function append(fields: Map<string, string>, name: string, line: string): void {
  const before = fields.get(name)
  fields.set(name, before === undefined ? line : `${before}\n${line}`)
}

/** Names of the known rules in their order; each once, where it first stands. */
function order(rules: readonly string[]): string {
  const names = rules.map((line) => commentOf(line)).filter((name) => name !== undefined)
  return [...new Set(names)].join(', ')
}

function nameOfRule(chain: string, line: string): string {
  const name = commentOf(line)
  const owner = ownerOf(chain)
  if (name === undefined) return `unknown rule in chain ${chain}`
  if (owner !== undefined) return `rule ${name} (Firewall/${owner})`
  return /(^| )jump /.test(line) ? `jump to Firewall/${name} in ${chain}` : `${name} in ${chain}`
}

/** `ssh` of `… comment "reeve:ssh"`. */
function commentOf(line: string): string | undefined {
  return / comment "reeve:([A-Za-z0-9_.-]+)"$/.exec(line)?.[1]
}

/** `main` of `input_main`: the manifest that a chain or set belongs to. */
function ownerOf(name: string): string | undefined {
  return /^(?:input|forward|output|prerouting|nat_output|postrouting)_([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)$/.exec(name)?.[1]
}

function nameOfBlock(block: Block): string {
  const owned = block.type === 'set' ? /^(.+)_([-a-z0-9]+)$/.exec(block.name) : null
  return owned ? `set ${owned[1]} (Firewall/${owned[2]})` : `unknown ${block.type} ${block.name}`
}
