import { isUtf8 } from 'node:buffer'

/** Something wrong at an offset of a file's text, in UTF-16 units. */
export interface TextProblem {
  readonly offset: number
  readonly summary: string
  readonly hint?: string
}

export interface DecodedText {
  readonly text: string
  readonly problem?: TextProblem
}

const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/
/** Unicode's bidirectional controls make a file read differently from what it says (CVE-2021-42574). */
const misleading = /[\u202a-\u202e\u2066-\u2069]/

/** Bytes of a file as text: UTF-8 without control characters, or the first place where it is not. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const text = new TextDecoder('utf-8', { ignoreBOM: false }).decode(bytes)
  if (!isUtf8(bytes)) return { text, problem: notUtf8(bytes, text) }
  const problem = characterProblem(text) ?? lineProblem(text)
  return problem === undefined ? { text } : { text, problem }
}

/** What editors show as the end of a line, and YAML's reader does not: a file of the old Mac would be one comment, and hold nothing. */
function lineProblem(text: string): TextProblem | undefined {
  const found = /\r(?!\n)|[\u0085\u2028\u2029]/.exec(text)
  if (!found) return undefined
  const summary = `${codePoint(found[0])} looks like the end of a line, and is none in YAML`
  return { offset: found.index, summary, hint: 'save the file with line feeds' }
}

/** The first character of a text that may stand in no file and no value; newline and tab may. */
export function characterProblem(text: string): TextProblem | undefined {
  const control = forbidden.exec(text)
  if (control) return { offset: control.index, summary: `control character ${codePoint(control[0])} is not allowed`, hint: 'delete it' }
  const bidi = misleading.exec(text)
  if (!bidi) return undefined
  const summary = `invisible character ${codePoint(bidi[0])} is not allowed: it makes text read differently from what it says`
  return { offset: bidi.index, summary, hint: 'delete it' }
}

function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

function notUtf8(bytes: Uint8Array, lossy: string): TextProblem {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const hint = isUtf16 ? 'this is UTF-16; save the file as UTF-8' : 'save the file as UTF-8'
  const offset = firstReplaced(bytes.subarray(start), lossy)
  return { offset, summary: 'the file is not UTF-8', hint }
}

/** Offset of the first replacement character that the decoder put in, and not the author. */
function firstReplaced(bytes: Uint8Array, lossy: string): number {
  let byte = 0
  for (let offset = 0; offset < lossy.length; ) {
    const character = String.fromCodePoint(lossy.codePointAt(offset) ?? 0)
    const size = Buffer.byteLength(character)
    if (character === '\ufffd' && !(bytes[byte] === 0xef && bytes[byte + 1] === 0xbf && bytes[byte + 2] === 0xbd)) return offset
    offset += character.length
    byte += size
  }
  return 0
}
