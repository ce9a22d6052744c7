import { parseIpv4, parseIpv4Interface, parseIpv6, parseIpv6Interface } from '../../model/address.ts'

/** What a receiver of mail makes of a text, and what to write. */
export interface TextProblem {
  readonly summary: string
  readonly hint?: string
}

/** Terms that make a receiver ask the DNS (RFC 7208 4.6.4). */
const asking = ['include', 'a', 'mx', 'ptr', 'exists', 'redirect']
const mechanisms = [...asking.slice(0, -1), 'all', 'ip4', 'ip6']

/** Common mistakes of an SPF record (RFC 7208); nothing for a text that is none. */
export function spfProblems(text: string): readonly TextProblem[] {
  if (!/^v=spf/i.test(text)) return []
  if (!/^v=spf1( |$)/i.test(text))
    return [{ summary: 'not an SPF record: it must begin with "v=spf1" and a space (RFC 7208 4.5)', hint: 'write v=spf1 mx -all' }]
  const terms = text
    .split(/ +/)
    .slice(1)
    .filter((term) => term !== '')
  return [...termProblems(terms), ...countProblems(terms), ...endProblems(terms)]
}

function nameOf(term: string): string {
  return (/^[+?~-]?([a-z0-9]*)/i.exec(term)?.[1] ?? '').toLowerCase()
}

function termProblems(terms: readonly string[]): readonly TextProblem[] {
  return terms.flatMap((term): readonly TextProblem[] => {
    if (/^[a-z][a-z0-9_.-]*=/i.test(term)) return []
    const name = nameOf(term)
    if (!mechanisms.includes(name))
      return [
        {
          summary: `SPF term ${JSON.stringify(term)} is not known: receivers take the whole record for an error`,
          hint: `known are ${mechanisms.join(', ')}`,
        },
      ]
    return (name === 'ip4' || name === 'ip6') && !isNetwork(name, term.slice(term.indexOf(':') + 1))
      ? [
          {
            summary: `SPF term ${JSON.stringify(term)} has no ${name === 'ip4' ? 'IPv4' : 'IPv6'} address: receivers take the whole record for an error`,
          },
        ]
      : []
  })
}

function isNetwork(name: 'ip4' | 'ip6', text: string): boolean {
  if (name === 'ip4') return parseIpv4(text) !== undefined || parseIpv4Interface(text).ok
  return parseIpv6(text) !== undefined || parseIpv6Interface(text).ok
}

function countProblems(terms: readonly string[]): readonly TextProblem[] {
  const count = terms.filter((term) => asking.includes(nameOf(term))).length
  return count > 10
    ? [
        {
          summary: `SPF needs ${count} lookups, limit 10, and those of its includes besides (RFC 7208 4.6.4)`,
          hint: 'name networks by ip4 and ip6',
        },
      ]
    : []
}

function endProblems(terms: readonly string[]): readonly TextProblem[] {
  const at = terms.findIndex((term) => nameOf(term) === 'all')
  const all = terms[at]
  if (all === undefined) {
    const isRedirected = terms.some((term) => /^redirect=/i.test(term))
    return isRedirected ? [] : [{ summary: 'SPF says nothing of all other senders', hint: 'end it with -all or ~all' }]
  }
  if (!/^[?~-]/.test(all)) return [{ summary: `SPF lets everybody send: ${all}`, hint: 'end it with -all or ~all' }]
  const after = terms.slice(at + 1).find((term) => !/^exp=/i.test(term))
  return after === undefined ? [] : [{ summary: `SPF ends at ${all}: ${JSON.stringify(after)} after it is never read (RFC 7208 5.1)` }]
}
