/** RainerScript, rsyslog's configuration language: the only place that writes it. */

/** Parameters of a statement; a list is an array of rsyslog's. Numbers stand as strings, as in its own documentation. */
export type Parameters = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** A constant between double quotes. What would end or expand it throws: the checks let none of it through. */
export function quoted(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text) || /["\\$]/.test(text)) throw new Error(`not a constant of rsyslog.conf: ${JSON.stringify(text)}`)
  return `"${text}"`
}

/** `module(load="imtcp")`, with a line for each further parameter where `indent` is given. */
export function statement(name: string, parameters: Parameters, indent?: string): string {
  const words = Object.entries(parameters).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${wordOf(value)}`]))
  return indent === undefined
    ? `${name}(${words.join(' ')})`
    : `${name}(\n${words.map((word) => `${indent}  ${word}\n`).join('')}${indent})`
}

function wordOf(value: string | number | boolean | readonly string[]): string {
  if (typeof value === 'boolean') return quoted(value ? 'on' : 'off')
  if (typeof value === 'object') return `[${value.map(quoted).join(', ')}]`
  return quoted(String(value))
}
