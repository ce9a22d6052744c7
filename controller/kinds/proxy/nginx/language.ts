/** nginx's configuration language: the only place that writes it. */

/** Variables that a value may use; none of them is chosen by the client, but $host, which nginx has checked. */
export const allowedVariables = ['host', 'remote_addr', 'scheme', 'request_id', 'server_name', 'server_port'] as const

/** A word between quotes: `"` and `\` escaped, so that nothing ends it. Control characters throw: the check refused them. */
export function quoted(text: string): string {
  if (/[\0-\x1f\x7f]/.test(text)) throw new Error(`a control character reached the configuration: ${JSON.stringify(text)}`)
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** A quoted word that nginx expands variables in: each dollar becomes a variable that holds one, for quoting does not stop expansion. `then`: nginx's own variables that follow. */
export function literal(text: string, then: readonly ('is_args' | 'args' | 'request_uri')[] = []): string {
  const word = quoted(text).replaceAll('$', dollar)
  return `${word.slice(0, -1)}${then.map((name) => `\${${name}}`).join('')}"`
}

/** Stands for a dollar in rendered text; defined on the target only where it is used, for Debian 11's nginx-light has no geo module. */
export const dollar = '${reeve_dollar}'

/** As `literal`, but `$name` of the allowed variables stays one and `$$` is a dollar. */
export function template(text: string): string {
  return quoted(text).replace(/\$(\$|[A-Za-z0-9_]*)/g, (_, name: string) =>
    isAllowed(name) ? `\${${name}}` : `${dollar}${name === '$' ? '' : name}`,
  )
}

function isAllowed(name: string): boolean {
  return (allowedVariables as readonly string[]).includes(name)
}

/** One line, or a block of lines. */
export type Directive = readonly [words: string, inner?: readonly Directive[]]

export function render(directives: readonly Directive[], indent = ''): string {
  return directives
    .map(([words, inner]) => (inner ? `${indent}${words} {\n${render(inner, `${indent}  `)}${indent}}\n` : `${indent}${words};\n`))
    .join('')
}
