import { domainToASCII } from 'node:url'
import type { Vhost } from './places.ts'

/** A server name as nginx takes it, international ones as A-labels (RFC 5890); or why it is none. */
export type ServerName = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: string }

export function serverName(text: string): ServerName {
  const prefix = /^(\*\.|\.)/.exec(text)?.[0] ?? ''
  const rest = text.slice(prefix.length)
  const problem = problemOf(rest, prefix)
  if (problem !== undefined) return { ok: false, reason: problem }
  const ascii = /^[\x21-\x7e]+$/.test(rest) ? rest.toLowerCase() : domainToASCII(rest)
  if (ascii === '') return { ok: false, reason: `not a host name (${JSON.stringify(text)} has no form in the DNS)` }
  const tooLong = lengthProblem(ascii)
  return tooLong === undefined ? { ok: true, value: `${prefix}${ascii}` } : { ok: false, reason: tooLong }
}

function problemOf(text: string, prefix: string): string | undefined {
  if (text === '') return 'not a host name (it is empty)'
  const at = [...text].findIndex(
    (character) => character.codePointAt(0) !== undefined && /[\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]/.test(character),
  )
  const wrong = [...text][at]
  if (wrong === '*') return 'not a host name (a wildcard stands alone as the first label, as in *.example.com)'
  if (wrong !== undefined) return `not a host name (${nameOf(wrong)} at ${at + prefix.length})`
  const label = text.split('.').find((one) => one === '' || one.startsWith('-') || one.endsWith('-'))
  if (label === undefined) return undefined
  return label === ''
    ? 'not a host name (two dots, or a dot at the end)'
    : `not a host name (label ${JSON.stringify(label)} begins or ends with a hyphen)`
}

function nameOf(character: string): string {
  return character < ' ' || character === '\x7f'
    ? `control character ${JSON.stringify(character)}`
    : `character ${JSON.stringify(character)}`
}

function lengthProblem(ascii: string): string | undefined {
  const label = ascii.split('.').find((one) => one.length > 63)
  if (label !== undefined) return `label ${JSON.stringify(`${label.slice(0, 3)}…`)} is ${label.length} octets, limit 63`
  return ascii.length > 253 ? `the name is ${ascii.length} octets, limit 253` : undefined
}

/** Names of a vhost as they are in the DNS. A default one without any still gets one: the empty name is one that somebody else may have. */
export function namesOf({ name, serverNames = [], wildcard }: Pick<Vhost, 'name' | 'serverNames' | 'wildcard'>): readonly string[] {
  const written = wildcard === undefined ? serverNames : [`*.${wildcard.suffix}`]
  const names = written.map(serverName).flatMap((read) => (read.ok ? [read.value] : []))
  return names.length > 0 ? names : [`${name}.default.reeve.invalid`]
}
