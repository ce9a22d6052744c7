const compiled = new Map<string, RegExp>()
const mostKept = 5000

/** A shell pattern (POSIX XCU 2.13) as a regular expression; what is quoted in it carries a backslash. Matches the whole text. */
export function patternOf(pattern: string): RegExp {
  const known = compiled.get(pattern)
  if (known) return known
  const made = new RegExp(`^(?:${sourceOf(pattern)})$`, 's')
  if (compiled.size >= mostKept) compiled.clear()
  compiled.set(pattern, made)
  return made
}

/** Quotes a text, so that it stands for itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}

export function isGlob(pattern: string): boolean {
  return /[*?]|\[[^\]]+\]/.test(pattern.replace(/\\./gs, ''))
}

/** Takes the backslashes out. */
export function unescapePattern(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1')
}

function sourceOf(pattern: string): string {
  return pattern.replace(/\\.|\*|\?|\[!?\]?[^\]]*\]|[^\\*?]/gs, (part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (part.startsWith('[') && part.length > 2) return `[${part.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`
    const literal = part.startsWith('\\') ? part.slice(1) : part
    return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  })
}

/** `${value%pattern}` and its sisters. */
export function trim(value: string, operator: string, pattern: string): string {
  const isPlain = !isGlob(pattern)
  if (isPlain) {
    const text = unescapePattern(pattern)
    if (operator.startsWith('%')) return text !== '' && value.endsWith(text) ? value.slice(0, -text.length) : value
    return value.startsWith(text) ? value.slice(text.length) : value
  }
  const simple = trimByStar(value, operator, pattern)
  if (simple !== undefined) return simple
  const matcher = patternOf(pattern)
  const lengths = Array.from({ length: value.length + 1 }, (_, index) => index)
  const fits = (length: number): boolean =>
    matcher.test(operator.startsWith('%') ? value.slice(value.length - length) : value.slice(0, length))
  const length = operator.length === 1 ? lengths.find(fits) : lengths.findLast(fits)
  if (length === undefined) return value
  return operator.startsWith('%') ? value.slice(0, value.length - length) : value.slice(length)
}

/** One star at an end and a plain text: what nearly all scripts write. */
function trimByStar(value: string, operator: string, pattern: string): string | undefined {
  if (operator.startsWith('%') && pattern.endsWith('*') && !isGlob(pattern.slice(0, -1))) {
    const text = unescapePattern(pattern.slice(0, -1))
    const at = operator === '%' ? value.lastIndexOf(text) : value.indexOf(text)
    return at === -1 ? value : value.slice(0, at)
  }
  if (operator.startsWith('#') && pattern.startsWith('*') && !isGlob(pattern.slice(1))) {
    const text = unescapePattern(pattern.slice(1))
    const at = operator === '#' ? value.indexOf(text) : value.lastIndexOf(text)
    return at === -1 ? value : value.slice(at + text.length)
  }
  return undefined
}
