/** VCL (vcl(7)): the only place that writes it. */

/** A text: long strings have no escapes and end at `"}`, so one that holds that is of several. Control characters throw: the check refused them. */
export function text(value: string): string {
  if (/[\0-\x1f\x7f]/.test(value)) throw new Error(`a control character reached the configuration: ${JSON.stringify(value)}`)
  return value
    .split(/(?<=")(?=\})/)
    .map((part) => `{"${part}"}`)
    .join(' + ')
}

/** As `text`; `$$` is a dollar, as everywhere in the kind. */
export function template(value: string): string {
  return text(value.replaceAll('$$', '$'))
}

/** A short string of what has a grammar: names, addresses, numbers. Throws on all else. */
export function word(value: string): string {
  if (!/^[A-Za-z0-9_.:/ -]*$/.test(value)) throw new Error(`not a word for VCL: ${JSON.stringify(value)}`)
  return `"${value}"`
}

/** A pattern for the header Host: one of these names, in any case, with or without a port. */
export function hostPattern(names: readonly string[]): string {
  const one = names.map((name) => {
    if (!/^(\*\.|\.)?[a-z0-9_.-]+$/.test(name)) throw new Error(`not a host name for VCL: ${JSON.stringify(name)}`)
    const dotted = name.replace(/^\*?\./, '').replaceAll('.', '\\.')
    if (name.startsWith('*.')) return `.+\\.${dotted}`
    return name.startsWith('.') ? `(?:.+\\.)?${dotted}` : dotted
  })
  return `"(?i)^(?:${one.join('|')})(?::[0-9]+)?$"`
}

/** A statement, or a block of them. */
export type Line = readonly [words: string, inner?: readonly Line[]]

export function render(lines: readonly Line[], indent = ''): string {
  return lines
    .map(([words, inner]) => (inner ? `${indent}${words} {\n${render(inner, `${indent}  `)}${indent}}\n` : `${indent}${words};\n`))
    .join('')
}
