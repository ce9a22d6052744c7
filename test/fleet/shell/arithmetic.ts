const levels: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']]

/** `$((…))` over whole numbers (POSIX XCU 2.6.4). Throws where it is none. */
export function arithmetic(text: string, valueFor: (name: string) => string): number {
  const tokens = text.match(/\d+|[A-Za-z_][A-Za-z0-9_]*|\|\||&&|[=!<>]=|[-+*/%()<>!]/g) ?? []
  let at = 0

  function unary(): number {
    const token = tokens[at++]
    if (token === undefined) throw new Error(`arithmetic: ${JSON.stringify(text)} ends too early`)
    if (token === '-') return -unary()
    if (token === '+') return unary()
    if (token === '!') return Number(unary() === 0)
    if (token === '(') {
      const value = binary(0)
      if (tokens[at++] !== ')') throw new Error(`arithmetic: ${JSON.stringify(text)} lacks a parenthesis`)
      return value
    }
    if (/^\d/.test(token)) return Number(token)
    return Number(valueFor(token) || 0)
  }
  function binary(level: number): number {
    const own = levels[level]
    if (own === undefined) return unary()
    let value = binary(level + 1)
    while (own.includes(tokens[at] ?? '')) {
      const operator = tokens[at++] ?? ''
      value = apply(operator, value, binary(level + 1))
    }
    return value
  }
  const value = binary(0)
  if (at < tokens.length) throw new Error(`arithmetic: ${JSON.stringify(text)} goes on after its end`)
  return value
}

function apply(operator: string, one: number, other: number): number {
  switch (operator) {
    case '||':
      return Number(one !== 0 || other !== 0)
    case '&&':
      return Number(one !== 0 && other !== 0)
    case '==':
      return Number(one === other)
    case '!=':
      return Number(one !== other)
    case '<=':
      return Number(one <= other)
    case '>=':
      return Number(one >= other)
    case '<':
      return Number(one < other)
    case '>':
      return Number(one > other)
    case '+':
      return one + other
    case '-':
      return one - other
    case '*':
      return one * other
    case '/':
      return Math.trunc(one / other)
    default:
      return one % other
  }
}
