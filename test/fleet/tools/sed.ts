/** The part of sed(1) that the controller's scripts speak: addresses by pattern, number or `$`, and the commands s, p, d, q, h and x. Throws on any other. */
export function sed(script: string, text: string, isQuiet: boolean): { readonly text: string; readonly status: number } {
  const commands = parse(script)
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  let out = ''
  let held = ''
  for (let index = 0; index < lines.length; index++) {
    const whole = lines[index] ?? ''
    const ending = whole.endsWith('\n') ? '\n' : ''
    let line = ending === '' ? whole : whole.slice(0, -1)
    let isDeleted = false
    for (const command of commands) {
      if (!command.applies(line, index + 1, index === lines.length - 1)) continue
      if (command.verb === 'q') return { text: out + (isQuiet ? '' : line + ending), status: command.status }
      if (command.verb === 'd') {
        isDeleted = true
        break
      }
      if (command.verb === 'p') out += line + ending
      if (command.verb === 'h') held = line
      if (command.verb === 'x') [line, held] = [held, line]
      if (command.verb === 's') {
        const changed = line.replace(command.pattern, (...found) => filled(command.replacement, found))
        if (changed !== line && command.prints) out += changed + ending
        line = changed
      }
    }
    if (!isDeleted && !isQuiet) out += line + ending
  }
  return { text: out, status: 0 }
}

type Applies = (line: string, number: number, isLast: boolean) => boolean

type SedCommand =
  | { readonly verb: 'p' | 'd' | 'h' | 'x'; readonly applies: Applies }
  | { readonly verb: 'q'; readonly status: number; readonly applies: Applies }
  | { readonly verb: 's'; readonly pattern: RegExp; readonly replacement: string; readonly prints: boolean; readonly applies: Applies }

function parse(script: string): readonly SedCommand[] {
  const commands: SedCommand[] = []
  let rest = script.trim()
  while (rest !== '') {
    const address = /^(?:\/((?:\\.|[^/\\])*)\/|(\d+)|(\$))/.exec(rest)
    rest = rest.slice(address?.[0].length ?? 0)
    const applies = addressOf(address)
    const substitution = /^s(.)((?:\\.|(?!\1).)*)\1((?:\\.|(?!\1).)*)\1([gp]*)/s.exec(rest)
    const plain = /^([pdhx])|^q(\d*)/.exec(rest)
    const found = substitution ?? plain
    if (!found) throw new Error(`sed: cannot read ${JSON.stringify(rest)}`)
    if (substitution) commands.push({ verb: 's', ...substituted(substitution), applies })
    else if (plain?.[1]) commands.push({ verb: plain[1] as 'p' | 'd' | 'h' | 'x', applies })
    else commands.push({ verb: 'q', status: Number(plain?.[2] || 0), applies })
    rest = rest.slice(found[0].length).replace(/^[\s;]+/, '')
  }
  return commands
}

function addressOf(address: RegExpExecArray | null): Applies {
  if (address === null) return () => true
  const [, pattern, number, last] = address
  if (pattern !== undefined) {
    const matcher = basicPattern(pattern)
    return (line) => matcher.test(line)
  }
  return last === undefined ? (_, at) => at === Number(number) : (_line, _at, isLast) => isLast
}

function substituted([, , pattern = '', replacement = '', flags = '']: RegExpExecArray) {
  const matcher = basicPattern(pattern)
  return { pattern: flags.includes('g') ? new RegExp(matcher, 'g') : matcher, replacement, prints: flags.includes('p') }
}

/** A basic regular expression (POSIX XBD 9.3): there parentheses and braces are special with a backslash. */
function basicPattern(pattern: string): RegExp {
  const source = pattern.replace(/\\x([0-9a-f]{2})|\\(.)|\[[^\]]*\]|[+?{}|()]/gi, (part, hex, escaped) => {
    if (hex !== undefined) return `\\x${hex}`
    if (escaped !== undefined) return '(){}+?|'.includes(escaped) ? escaped : part
    return part.startsWith('[') ? part : `\\${part}`
  })
  return new RegExp(source)
}

function filled(replacement: string, found: readonly unknown[]): string {
  return replacement.replace(/\\(\d)|\\(.)|&/gs, (part, group, escaped) => {
    if (part === '&') return String(found[0])
    return group === undefined ? (escaped === 'n' ? '\n' : escaped) : String(found[Number(group)] ?? '')
  })
}
