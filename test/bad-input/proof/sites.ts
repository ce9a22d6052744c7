import { parseAst } from 'vitest/node'

/**
 * A place in the code that says something of what people wrote: a sentence (literal or template) of a function that answers with findings or
 * with why a value is none, and a call of `complain` whose sentence comes from elsewhere.
 */
export interface Site {
  /** `controller/kinds/volume/check.ts:65 "a label on … has at most …"`. */
  readonly name: string
  /** Offset in the source before which the mark is put, and what is put there. */
  readonly edits: readonly Edit[]
  /** Of a claim: it says nothing itself. */
  readonly isClaim?: true
}

export interface Edit {
  readonly at: number
  readonly text: string
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** Types of answers that hold findings, or a reason. */
const tells = /Diagnostic|Finding|Oddity|Parsing|Problem|Sentence|ServerName|PatternReading|summary|string \| undefined|: null$|: unknown$/
const holdsFindings = /^: (readonly )?(Diagnostic|Finding|SchemaFinding|Oddity|ValueProblem)\[\]$/

/** All sites of a file. `mark` makes the characters that stand for one; `first` is the number of the first. */
export function sitesOf(file: string, text: string, mark: (index: number) => string): readonly Site[] {
  const sites: Site[] = []
  const lines = lineStarts(text)
  const add = (node: Node, what: string, edit: (index: number) => readonly Edit[]): void => {
    const line = lines.findLastIndex((start) => start <= node.start) + 1
    sites.push({ name: `${file}:${line} ${what}`, edits: edit(sites.length) })
  }
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node, [], (node, parents) => {
    if (isSentence(node, parents, text)) add(node, shown(node, text), (index) => [{ at: node.end - 1, text: mark(index) }])
    if (isPassedOn(node, text))
      add(node, 'passes on a reason', (index) => wrapped(node, `reeveProof.marked(${JSON.stringify(mark(index))}, `))
  })
  return sites
}

/** Where findings leave a function, or become those of a document: there a proof can take one away. */
export function gatesOf(text: string): readonly Edit[] {
  const edits: Edit[] = []
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node, [], (node, parents) => {
    if (node.type === 'ReturnStatement' && node['argument'] && holdsFindings.test(answerOf(parents, text)))
      edits.push(...wrapped(node['argument'] as Node, 'reeveProof.passed('))
    if (node.type !== 'Property' || (node['key'] as Node)['name'] !== 'diagnostics' || isPattern(parents)) return
    if (node['shorthand']) edits.push({ at: node.end, text: ': reeveProof.passed(diagnostics)' })
    else edits.push(...wrapped(node['value'] as Node, 'reeveProof.passed('))
  })
  return edits
}

function isPattern(parents: readonly Node[]): boolean {
  return parents.at(-1)?.type === 'ObjectPattern'
}

function wrapped(node: Node, before: string): readonly Edit[] {
  return [
    { at: node.start, text: before },
    { at: node.end, text: ')' },
  ]
}

/** Puts all edits into a text. */
export function edited(text: string, edits: readonly Edit[]): string {
  const inOrder = edits.map((edit, index) => ({ ...edit, index })).sort((a, b) => b.at - a.at || b.index - a.index)
  return inOrder.reduce((done, { at, text: more }) => done.slice(0, at) + more + done.slice(at), text)
}

function isSentence(node: Node, parents: readonly Node[], text: string): boolean {
  const words = wordsOf(node)
  if (words === undefined || words.includes('\n') || words.startsWith('/') || !/[A-Za-z]{2,}\W* \W*[a-z]/.test(words)) return false
  if (parents.some(({ type }) => /^(Import|Export(All|Named)|TS|Throw)/.test(type) && type !== 'ExportNamedDeclaration'))
    return isCaught(parents, text)
  const answer = answerOf(parents, text)
  // A function that answers with text makes configuration as well: it counts only in a file that judges.
  const tellsIt = answer === '' || answer === ': string' ? isOfFindings(text) : tells.test(answer)
  return tellsIt && !isKey(node, parents)
}

/** A reader of one file may throw a sentence to itself. */
function isCaught(parents: readonly Node[], text: string): boolean {
  return parents.some(({ type }) => type === 'ThrowStatement') && /catch \(error\) {\n\s*return \{ ok: false/.test(text)
}

function isKey(node: Node, parents: readonly Node[]): boolean {
  const parent = parents.at(-1)
  return (
    (parent?.type === 'Property' && parent['key'] === node) || parent?.type === 'MemberExpression' || parent?.type === 'BinaryExpression'
  )
}

function isOfFindings(text: string): boolean {
  return /complain\(|summary|ok: false/.test(text)
}

/** The declared answer of the innermost function that declares one. */
function answerOf(parents: readonly Node[], text: string): string {
  const answers = parents.flatMap((node) => {
    const type = node['returnType'] as Node | null | undefined
    return type ? [text.slice(type.start, type.end)] : []
  })
  return answers.at(-1) ?? ''
}

/** The text of a literal, with … for what is put in. */
function wordsOf(node: Node): string | undefined {
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined
  if (node.type !== 'TemplateLiteral') return undefined
  return (node['quasis'] as readonly { readonly value: { readonly cooked: string } }[]).map(({ value }) => value.cooked).join('…')
}

function shown(node: Node, _text: string): string {
  return JSON.stringify(wordsOf(node))
}

/** A call of `complain` without a sentence of its own. */
function isPassedOn(node: Node, text: string): boolean {
  if (node.type !== 'CallExpression' || (node['callee'] as Node)['name'] !== 'complain') return false
  let says = false
  visit(node, [], (inner) => {
    const words = wordsOf(inner)
    if (words !== undefined && /[A-Za-z]{2,}\W* \W*[a-z]/.test(words)) says = true
  })
  return !says && !text.slice(node.start, node.end).includes('walk')
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
}

function visit(node: Node, parents: readonly Node[], see: (node: Node, parents: readonly Node[]) => void): void {
  see(node, parents)
  const inside = [...parents, node]
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null && typeof (child as Node).type === 'string') visit(child as Node, inside, see)
}

/** Claims of what must be unique: taking one away leaves it to two manifests. */
export function claimsOf(file: string, text: string, mark: (index: number) => string): readonly Site[] {
  const sites: Site[] = []
  const lines = lineStarts(text)
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node, [], (node) => {
    const names =
      node.type === 'ObjectExpression' ? (node['properties'] as readonly Node[]).map(({ key }) => (key as Node | undefined)?.['name']) : []
    if (!['scope', 'value', 'path'].every((name) => names.includes(name))) return
    const line = lines.findLastIndex((start) => start <= node.start) + 1
    const edits = wrapped(node, `reeveProof.claimed(${JSON.stringify(mark(sites.length))}, `)
    sites.push({ name: `${file}:${line} claims what must be unique`, edits, isClaim: true })
  })
  return sites
}
