/** An address as it stands in a header or in an argument. */
export interface Mailbox {
  /** As written, without the words around it: `root`, `ann@example.org`. */
  readonly address: string
  /** Where it stands in the text. */
  readonly start: number
  readonly end: number
}

interface Token {
  readonly sort: 'word' | 'mark'
  readonly start: number
  readonly end: number
}

// Each alternative begins with another character, so that it takes linear time whatever comes.
const words = /"(?:[^"\\]|\\[\s\S])*"?|[<>,:;]|[^\s"<>,:;()]+/y

/** The addresses of a list (RFC 5322 §3.4): names, comments and groups are passed over; whether an address is one is for the caller to judge. */
export function mailboxesOf(text: string): readonly Mailbox[] {
  const found: Mailbox[] = []
  let some: Token[] = []
  let angle: Token[] | undefined
  const close = () => {
    const one = mailbox(text, angle ?? some)
    if (one) found.push(one)
    some = []
    angle = undefined
  }
  let isInAngle = false
  for (const token of tokensOf(text)) {
    const mark = token.sort === 'mark' ? text[token.start] : ''
    if (mark === '<') {
      isInAngle = true
      angle = []
    } else if (mark === '>') isInAngle = false
    else if (isInAngle) angle?.push(token)
    else if (mark === ',' || mark === ';') close()
    // What stands before it is the name of a group.
    else if (mark === ':') some = []
    else some.push(token)
  }
  close()
  return found
}

function mailbox(text: string, tokens: readonly Token[]): Mailbox | undefined {
  const [first, last] = [tokens[0], tokens.at(-1)]
  if (first === undefined || last === undefined) return undefined
  return { address: text.slice(first.start, last.end), start: first.start, end: last.end }
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] ?? '')) at++
    else if (text[at] === '(') at = afterComment(text, at)
    else if (text[at] === ')') at++
    else {
      words.lastIndex = at
      const end = at + (words.exec(text)?.[0].length ?? 1)
      const isMark = /[<>,:;]/.test(text[at] ?? '')
      tokens.push({ sort: isMark ? 'mark' : 'word', start: at, end })
      at = end
    }
  }
  return tokens
}

/** Comments nest. One that is not closed goes to the end. */
function afterComment(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '(') depth++
    else if (text[at] === ')') depth--
    if (depth === 0) return at + 1
  }
  return text.length
}
