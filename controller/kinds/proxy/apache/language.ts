/** Apache's configuration language: the only place that writes it. */

/** Stands for a dollar before a brace, which would begin a variable of the environment whatever the quotes (core, "Using Environment Variables"). */
const dollar = '${reeve_dollar}'
export const defineDollar: Directive = ['Define reeve_dollar $']

/** A word between quotes: `"` and `\` escaped, so that nothing ends it or joins the next line. Control characters throw: the check refused them. */
export function quoted(text: string): string {
  if (/[\0-\x1f\x7f]/.test(text)) throw new Error(`a control character reached the configuration: ${JSON.stringify(text)}`)
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('${', `${dollar}{`)}"`
}

/** A value of mod_headers, where `%` begins a format specifier and `\n` is a line feed, quoted or not. `$$` is a dollar, as everywhere in the kind. */
export function headerValue(text: string): string {
  return quoted(text.replaceAll('$$', '$').replaceAll('%', '%%').replaceAll('\\', '\\\\'))
}

/**
 * What mod_rewrite puts in the place of a URL: no back-references, variables or maps; `then` is one that follows. Not quoted, for mod_rewrite reads
 * words in its own way and has no escape for a quote; so printable ASCII alone, which a URL is of.
 */
export function substitution(url: string, then: '' | '%1' | '%2' = ''): string {
  if (!/^[^"'\\][!-~]*$/.test(url)) throw new Error(`not a URL for the configuration: ${JSON.stringify(url)}`)
  return `${url.replaceAll(/[\\$%]/g, '\\$&').replaceAll('${', `${dollar}{`)}${then}`
}

/** An expression for exactly this text. Whatever could mean more, to it or to one of httpd's ways to read a line, is written by the number of its octets. */
export function pattern(text: string): string {
  return [...Buffer.from(text)]
    .map((octet) => {
      const character = String.fromCharCode(octet)
      return /[A-Za-z0-9/_-]/.test(character) ? character : `\\x${octet.toString(16).padStart(2, '0')}`
    })
    .join('')
}

/** One line, or a section of lines. */
export type Directive = readonly [words: string, inner?: readonly Directive[]]

export function render(directives: readonly Directive[], indent = ''): string {
  return directives
    .map(([words, inner]) => {
      if (inner === undefined) return `${indent}${words}\n`
      return `${indent}<${words}>\n${render(inner, `${indent}  `)}${indent}</${words.split(' ')[0]}>\n`
    })
    .join('')
}
