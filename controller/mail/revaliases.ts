import type { Diagnostic } from '../model/manifest.ts'
import { isAddress, parseHub } from './address.ts'
import { findingAt } from './confLines.ts'
import type { Tls } from './hub.ts'
import { loopback, portFault } from './ssmtpConf.ts'

/** How mails of one local user leave: `local:from[:mailhub[:port]]`. */
export interface Revalias {
  readonly local: string
  readonly from: string
  readonly hub?: { readonly host: string; readonly port: number }
  readonly line: number
}

export interface RevaliasesReading {
  readonly aliases: readonly Revalias[]
  readonly diagnostics: readonly Diagnostic[]
}

export interface RevaliasesRules {
  readonly tls: Tls
  /** Of the first mailhub: ssmtp keeps it where a line names none. */
  readonly port: number
  /** Of ssmtp.conf: it is shown to each of these servers. */
  readonly hasPassword?: boolean
  /** Undefined where users are not known here. */
  readonly users?: readonly string[]
}

/** Reads a revaliases file. Pure; a line that is wrong is left out and named. */
export function readRevaliases(file: string, text: string, rules: RevaliasesRules): RevaliasesReading {
  const aliases: Revalias[] = []
  const diagnostics: Diagnostic[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const body = raw.replace(/\r$/, '').split('#')[0] ?? ''
    if (body.trim() === '') continue
    const read = readLine(file, body, index + 1, rules)
    diagnostics.push(...read.diagnostics, ...doubles(file, aliases, read.alias))
    if (read.alias && !aliases.some(({ local }) => local === read.alias?.local)) aliases.push(read.alias)
  }
  return { aliases, diagnostics }
}

function readLine(
  file: string,
  body: string,
  line: number,
  rules: RevaliasesRules,
): { readonly alias?: Revalias; readonly diagnostics: readonly Diagnostic[] } {
  const [local = '', from = '', host, port, ...more] = body.trim().split(':')
  const start = body.length - body.trimStart().length + 1
  const at = (column: number) => findingAt(file, line, column)
  const fromColumn = start + local.length + 1
  const form = 'write LOCALUSER:ADDRESS[:MAILHUB[:PORT]]'
  if (!body.includes(':') || local === '' || /\s/.test(local))
    return { diagnostics: [at(start)('error', '', 'this line is no alias', form)] }
  if (!isAddress(from)) {
    const isHub = !from.includes('@') && parseHub(from) !== undefined
    const hint = isHub ? `the address to send from comes before the mail server: ${local}:USER@DOMAIN:${from}` : form
    return { diagnostics: [at(fromColumn)('error', local, `${JSON.stringify(from)} is no mail address`, hint)] }
  }
  const hubColumn = fromColumn + from.length + 1
  if (more.length > 0) return { diagnostics: [at(hubColumn)('error', local, 'too many colons; an IPv6 address has no place here', form)] }
  if (host === undefined) return { alias: { local, from, line }, diagnostics: known(at(start), local, rules) }
  const hub = parseHub(port === undefined ? host : `${host}:${port}`)
  if (hub === undefined) return { diagnostics: [at(hubColumn)('error', local, `${JSON.stringify(host)} is no mail server`, form)] }
  const alias = { local, from, line, hub: { host: hub.host, port: hub.port ?? rules.port } }
  const fault = portFault(alias.hub.port, rules.tls)
  if (fault) return { diagnostics: [at(hubColumn)('error', local, `${fault[0]}; TLS is as ssmtp.conf says`, fault[1])] }
  const open = rules.hasPassword === true && rules.tls === 'none' && !loopback.test(alias.hub.host)
  if (open) return { diagnostics: [at(hubColumn)('error', local, ...inTheClear(alias.hub.host))] }
  return { alias, diagnostics: known(at(start), local, rules) }
}

function inTheClear(host: string): readonly [summary: string, hint: string] {
  const hint = 'write UseTLS=YES (465), or UseSTARTTLS=YES (587) in ssmtp.conf'
  return [`refusing to send the password of ssmtp.conf without TLS to ${JSON.stringify(host)}`, hint]
}

function known(say: ReturnType<typeof findingAt>, local: string, { users }: RevaliasesRules): readonly Diagnostic[] {
  return users === undefined || users.includes(local)
    ? []
    : [say('warning', local, 'there is no such user on this machine', 'the line means nothing until there is')]
}

function doubles(file: string, aliases: readonly Revalias[], alias: Revalias | undefined): readonly Diagnostic[] {
  const first = aliases.find(({ local }) => local === alias?.local)
  if (first === undefined || alias === undefined) return []
  return [
    findingAt(file, alias.line, 1)(
      'error',
      alias.local,
      `this user stands in line ${first.line} already, and ssmtp reads that one`,
      'leave one',
    ),
  ]
}
