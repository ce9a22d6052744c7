import type { CST, YAMLError } from 'yaml'

/** yaml's error codes as sentences of ours: what is wrong, what to do. */
const sentences: Readonly<Record<string, readonly [summary: string, hint?: string]>> = {
  TAB_AS_INDENT: ['a tab cannot indent YAML', 'use spaces'],
  BAD_INDENT: ['the indentation does not fit what stands above', 'line it up with its siblings'],
  BAD_ALIAS: ['this alias cannot be read', 'an alias is * and the name of an anchor'],
  ALIAS_PROPS: ['an alias can have no anchor or tag of its own'],
  BAD_DQ_ESCAPE: ['this escape sequence is not known in double quotes', 'write \\\\ for a backslash, or use single quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['a second ": " in one line', 'put the value in quotes, or the field on a line of its own'],
  MULTILINE_IMPLICIT_KEY: ["a field's name must stand on one line with its colon", 'write it as name: value'],
  BLOCK_IN_FLOW: ['indented fields cannot stand inside [ ] or { }'],
  MULTIPLE_ANCHORS: ['a value can have one anchor only'],
  MULTIPLE_TAGS: ['a value can have one tag only'],
  KEY_OVER_1024_CHARS: ["a field's name is longer than 1024 characters"],
  BAD_PROP_ORDER: ['the anchor or tag stands on the wrong side of an indicator', 'write it directly before its value'],
}

/**
 * One error or warning of the parser as summary and hint. Warnings count as errors: what YAML only warns about is never meant. What is never closed is found where it
 * should have been, often far below: `opened` tells the line of the last thing before that is open.
 */
export function syntaxSentence(
  error: YAMLError,
  text: string,
  opened: (before: number) => number | undefined,
): { readonly summary: string; readonly hint?: string } {
  const known = special(error, text, opened(error.pos[0])) ?? sentences[error.code] ?? [lowerFirst(error.message)]
  return known[1] === undefined ? { summary: known[0] } : { summary: known[0], hint: known[1] }
}

/** Where the last bracket or quote before an offset stands that nothing closes. */
export function openedBefore(tokens: readonly CST.Token[], before: number): number | undefined {
  let found: number | undefined
  const see = (token: CST.Token | null | undefined): void => {
    if (!token || token.offset >= before) return
    if (isOpen(token)) found = token.offset
    if ('value' in token) see(token.value)
    for (const item of 'items' in token ? token.items : []) {
      if ('key' in item) see(item.key)
      if ('value' in item) see(item.value)
    }
  }
  for (const token of tokens) see(token)
  return found
}

function isOpen(token: CST.Token): boolean {
  if (token.type === 'flow-collection') return token.end.every(({ type }) => type !== 'flow-map-end' && type !== 'flow-seq-end')
  if (token.type !== 'double-quoted-scalar' && token.type !== 'single-quoted-scalar') return false
  return token.source.length < 2 || !token.source.endsWith(token.source.charAt(0))
}

function special(error: YAMLError, text: string, line: number | undefined): readonly [string, string?] | undefined {
  const found = JSON.stringify(text.slice(error.pos[0], error.pos[0] + 1))
  const closing = (summary: string): readonly [string, string?] =>
    line === undefined ? [summary] : [summary, `it was opened in line ${line}`]
  const version = /YAML version (\S+)/.exec(error.message)?.[1]
  if (version) return [`YAML version ${version} is not supported`, 'delete the %YAML line']
  if (error.code === 'TAG_RESOLVE_FAILED')
    return [`the tag ${/: (\S+)/.exec(error.message)?.[1] ?? ''} is not known`, 'delete it; values need no tags here']
  if (error.code === 'BAD_SCALAR_START') return [`a value cannot begin with ${found}`, 'put it in quotes']
  if (error.code === 'BAD_DIRECTIVE') return ['this % line is no YAML directive', 'delete it']
  if (/closing "quote/.test(error.message)) return closing('the closing " is missing')
  if (/closing 'quote/.test(error.message)) return closing("the closing ' is missing")
  const bracket = /end with a ([}\]])/.exec(error.message)?.[1]
  if (bracket) return closing(`the closing ${bracket} is missing, or stands too far to the left`)
  if (/followed by map values/.test(error.message)) return ['a field needs a colon and a space after its name', 'write it as name: value']
  if (/block-seq-ind on same line/.test(error.message)) return ['a list cannot begin on the line of its field', 'begin it on the next line']
  if (/block sequence props$/.test(error.message))
    return ['an anchor or tag cannot stand before the first - of a list', "write it behind the field's name"]
  if (error.code === 'UNEXPECTED_TOKEN') return [`${found} is not expected here`]
  return undefined
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
