import type { YAMLError } from 'yaml'

/** yaml's error codes as sentences of ours: what is wrong, what to do. */
const sentences: Readonly<Record<string, readonly [summary: string, hint?: string]>> = {
  TAB_AS_INDENT: ['a tab cannot indent YAML', 'use spaces'],
  BAD_INDENT: ['the indentation does not fit what stands above', 'line it up with its siblings'],
  BAD_ALIAS: ['this alias cannot be read', 'an alias is * and the name of an anchor'],
  ALIAS_PROPS: ['an alias can have no anchor or tag of its own'],
  BAD_DQ_ESCAPE: ['this escape sequence is not known in double quotes', 'write \\\\ for a backslash, or use single quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['a second ": " in one line', 'put the value in quotes, or the field on a line of its own'],
  MULTILINE_IMPLICIT_KEY: ["a field's name must stand on one line with its colon"],
  BLOCK_IN_FLOW: ['indented fields cannot stand inside [ ] or { }'],
  MULTIPLE_ANCHORS: ['a value can have one anchor only'],
  MULTIPLE_TAGS: ['a value can have one tag only'],
  KEY_OVER_1024_CHARS: ["a field's name is longer than 1024 characters"],
  BAD_PROP_ORDER: ['the anchor or tag stands on the wrong side of an indicator', 'write it directly before its value'],
}

/** One error or warning of the parser as summary and hint. Warnings count as errors: what YAML only warns about is never meant. */
export function syntaxSentence(error: YAMLError, text: string): { readonly summary: string; readonly hint?: string } {
  const known = special(error, text) ?? sentences[error.code] ?? [lowerFirst(error.message)]
  return known[1] === undefined ? { summary: known[0] } : { summary: known[0], hint: known[1] }
}

function special(error: YAMLError, text: string): readonly [string, string?] | undefined {
  const found = JSON.stringify(text.slice(error.pos[0], error.pos[0] + 1))
  const version = /YAML version (\S+)/.exec(error.message)?.[1]
  if (version) return [`YAML version ${version} is not supported`, 'delete the %YAML line']
  if (error.code === 'TAG_RESOLVE_FAILED')
    return [`the tag ${/: (\S+)/.exec(error.message)?.[1] ?? ''} is not known`, 'delete it; values need no tags here']
  if (error.code === 'BAD_SCALAR_START') return [`a value cannot begin with ${found}`, 'put it in quotes']
  if (error.code === 'BAD_DIRECTIVE') return ['this % line is no YAML directive', 'delete it']
  if (/closing "quote/.test(error.message)) return ['the closing " is missing']
  if (/closing 'quote/.test(error.message)) return ["the closing ' is missing"]
  const bracket = /end with a ([}\]])/.exec(error.message)?.[1]
  if (bracket) return [`the closing ${bracket} is missing, or stands too far to the left`]
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
