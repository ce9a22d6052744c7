import type { Diagnostic } from '../model/manifest.ts'
import { didYouMean } from '../model/nearest.ts'
import { Secret } from '../shell/secret.ts'
import { isDomain, parseHub } from './address.ts'
import { type ConfLine, findingAt, readConfLines } from './confLines.ts'
import type { Tls } from './hub.ts'

/** What an ssmtp.conf says, in Reeve's words. Files that it names are not read here. */
export interface SsmtpConf {
  /** Who gets what is for system users; undefined: nobody instead of them (`root=`). */
  readonly root?: string
  readonly mailhubs: readonly { readonly host: string; readonly port: number }[]
  readonly hostname?: string
  readonly rewriteDomain?: string
  readonly fromLineOverride: boolean
  readonly tls: Tls
  /** PEM, certificate and key in one file. */
  readonly certificateFile?: string
  readonly keyFile?: string
  readonly authorityFile?: string
  readonly authorityFolder?: string
  readonly auth?: { readonly user: string; readonly password?: Secret; readonly passwordFile?: string; readonly method?: 'CRAM-MD5' }
  readonly addedHeaders: readonly string[]
}

export type SsmtpReading =
  | { readonly status: 'valid'; readonly conf: SsmtpConf; readonly diagnostics: readonly Diagnostic[] }
  | { readonly status: 'invalid'; readonly diagnostics: readonly Diagnostic[] }

/** Of ssmtp 2.64; those of patched ones (TLS_CA_*, TLSKey); and two that only Reeve knows, which ssmtp passes over. */
export const ssmtpKeys = [
  ...['Root', 'MailHub', 'RemotePort', 'HostName', 'RewriteDomain', 'FromLineOverride', 'UseTLS', 'UseSTARTTLS', 'UseTLSCert', 'TLSCert'],
  ...['AuthUser', 'AuthPass', 'AuthMethod', 'UseOldAUTH', 'AddHeader', 'Debug'],
  ...['TLS_CA_File', 'TLS_CA_Dir', 'TLSKey'],
  ...['AuthPassFile', 'FallbackMailHub'],
] as const
type Key = (typeof ssmtpKeys)[number]

/** Where ssmtp's own default for TLSCert lies. */
const defaultCertificate = '/etc/ssl/certs/ssmtp.pem'

interface Reader {
  /** The last line of this key that has a value: the one that counts. */
  of(key: Key): ConfLine | undefined
  all(key: Key): readonly ConfLine[]
  complain(severity: Diagnostic['severity'], at: ConfLine | undefined, summary: string, hint?: string): void
}

/** Reads an ssmtp.conf. Pure; with every finding at once: what ssmtp would do in silence (no TLS, no password, another host) is an error here. */
export function readSsmtpConf(file: string, text: string): SsmtpReading {
  const { lines, diagnostics: cut } = readConfLines(file, text)
  const diagnostics = [...cut]
  const reader: Reader = {
    of: (key) => reader.all(key).findLast(({ value }) => value !== ''),
    all: (key) => lines.filter((line) => line.key.toLowerCase() === key.toLowerCase()),
    complain(severity, at, summary, hint) {
      const say = findingAt(file, at?.line ?? 0, at === undefined ? 0 : at.value === '' ? at.keyColumn : at.valueColumn)
      diagnostics.push(say(severity, at?.key ?? '', summary, hint))
    },
  }
  for (const line of lines) checkKey(reader, line)
  checkDoubles(reader)
  const conf = settingsOf(reader)
  diagnostics.sort((one, other) => one.at.line - other.at.line || one.at.column - other.at.column)
  const isWrong = diagnostics.some(({ severity }) => severity === 'error')
  return isWrong ? { status: 'invalid', diagnostics } : { status: 'valid', conf, diagnostics }
}

function checkKey({ complain }: Reader, line: ConfLine): void {
  const known = ssmtpKeys.find((key) => key.toLowerCase() === line.key.toLowerCase())
  const atKey = { ...line, valueColumn: line.keyColumn }
  if (known === undefined) {
    const near = didYouMean(line.key, ssmtpKeys)
    complain(near === undefined ? 'warning' : 'error', atKey, 'no key of ssmtp, which passes over it', near)
    return
  }
  const mayBeEmpty: readonly Key[] = ['Root', 'RewriteDomain', 'HostName']
  if (line.value === '' && !mayBeEmpty.includes(known))
    complain('warning', line, 'there is no value, and the line means nothing', 'take it out')
  const switches: readonly Key[] = ['FromLineOverride', 'UseTLS', 'UseSTARTTLS', 'UseTLSCert', 'UseOldAUTH', 'Debug']
  if (switches.includes(known) && line.value !== '' && !/^(yes|no)$/i.test(line.value))
    complain('error', line, `ssmtp knows YES alone and takes ${JSON.stringify(line.value)} for NO`, 'write YES or NO')
  if (known === 'Debug' && isYes(line))
    complain('warning', line, 'Reeve does not log the dialogue', 'reeve sendmail -v shows what the server says; take the line out')
}

function checkDoubles({ all, complain }: Reader): void {
  for (const key of ssmtpKeys.filter((one) => one !== 'AddHeader' && one !== 'FallbackMailHub')) {
    const lines = all(key)
    const last = lines.at(-1)
    if (lines.length > 1 && last)
      complain('warning', { ...last, valueColumn: last.keyColumn }, `said in line ${lines[0]?.line} too; the last one counts`, 'leave one')
  }
}

function settingsOf(reader: Reader): SsmtpConf {
  const { of, all } = reader
  const tls = tlsOf(reader)
  const auth = authOf(reader, tls)
  const root = rootOf(reader)
  const rewriteDomain = domainOf(reader, 'RewriteDomain', (value) => value.slice(value.lastIndexOf('@') + 1))
  const hostname = domainOf(reader, 'HostName', (value) => value)
  const certificateFile = isYes(of('UseTLSCert')) ? (pathOf(reader, 'TLSCert') ?? defaultCertificate) : undefined
  const optional = {
    ...(root === undefined ? {} : { root }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(rewriteDomain === undefined ? {} : { rewriteDomain }),
    ...(certificateFile === undefined ? {} : { certificateFile }),
    ...named('keyFile', pathOf(reader, 'TLSKey')),
    ...named('authorityFile', pathOf(reader, 'TLS_CA_File')),
    ...named('authorityFolder', pathOf(reader, 'TLS_CA_Dir')),
    ...(auth === undefined ? {} : { auth }),
  }
  return {
    ...optional,
    mailhubs: mailhubsOf(reader, tls),
    fromLineOverride: isYes(of('FromLineOverride')),
    tls,
    addedHeaders: all('AddHeader').flatMap((line) => headerOf(reader, line)),
  }
}

function named<Name extends string>(name: Name, value: string | undefined): { readonly [Each in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Each in Name]: string })
}

function isYes(line: ConfLine | undefined): boolean {
  return line?.value.toLowerCase() === 'yes'
}

/** `postmaster` where nothing is said, as in ssmtp; nobody where it is empty. */
function rootOf({ all, complain }: Reader): string | undefined {
  const line = all('Root').at(-1)
  if (line === undefined) return 'postmaster'
  if (line.value !== '' && !/^[^\s@<>",;:\\()[\]\0-\x1f\x7f-\uffff]+(@[A-Za-z0-9.-]+)?$/.test(line.value))
    complain('error', line, `${JSON.stringify(line.value)} is no mail address`, 'write one, such as ops@example.org')
  return line.value === '' ? undefined : line.value
}

function domainOf({ of, complain }: Reader, key: Key, pick: (value: string) => string): string | undefined {
  const line = of(key)
  if (line === undefined) return undefined
  if (!isDomain(pick(line.value))) complain('error', line, `${JSON.stringify(line.value)} is no domain`, 'write one, such as example.org')
  return pick(line.value)
}

function pathOf({ of, complain }: Reader, key: Key): string | undefined {
  const line = of(key)
  if (line !== undefined && !line.value.startsWith('/')) complain('error', line, 'a path must begin with /')
  return line?.value
}

function tlsOf({ of, complain }: Reader): Tls {
  const [tls, starttls] = [of('UseTLS'), of('UseSTARTTLS')]
  if (!isYes(starttls)) return isYes(tls) ? 'implicit' : 'none'
  if (tls !== undefined && !isYes(tls))
    complain('error', tls, `UseTLS=NO switches the STARTTLS of line ${starttls?.line} off again, without a word`, 'write UseTLS=YES')
  return 'starttls'
}

function mailhubsOf(reader: Reader, tls: Tls): SsmtpConf['mailhubs'] {
  const { of, all, complain } = reader
  const first = of('MailHub')
  if (first === undefined)
    complain('error', undefined, 'MailHub is missing; ssmtp would send to whatever host is named mailhub', 'write MailHub=HOST:PORT')
  const portLine = of('RemotePort')
  if (portLine !== undefined && !/^[1-9]\d{0,4}$/.test(portLine.value))
    complain('error', portLine, `${JSON.stringify(portLine.value)} is no port`, 'write 25, 465 or 587')
  const lines = [...(first ? [first] : []), ...all('FallbackMailHub').filter(({ value }) => value !== '')]
  return lines.flatMap((line) => {
    const hub = parseHub(line.value)
    if (hub === undefined) complain('error', line, `${JSON.stringify(line.value)} is no HOST or HOST:PORT`)
    if (hub === undefined) return []
    const port = hub.port ?? Number(portLine?.value ?? 25)
    const fault = portFault(port, tls)
    if (fault) complain('error', line, ...fault)
    return [{ host: hub.host, port }]
  })
}

/** What is wrong about this port with this sort of TLS, and what to do. */
export function portFault(port: number, tls: Tls): readonly [summary: string, hint: string] | undefined {
  if (port === 465 && tls !== 'implicit')
    return ['port 465 speaks TLS from the first byte, and ssmtp does not by itself', 'write UseTLS=YES, and no UseSTARTTLS']
  if (port === 587 && tls === 'implicit') return ['port 587 speaks TLS only after STARTTLS', 'write UseSTARTTLS=YES too']
  return undefined
}

export const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/i

function authOf(reader: Reader, tls: Tls): SsmtpConf['auth'] {
  const { of, complain } = reader
  const [user, pass, file, method] = [of('AuthUser'), of('AuthPass'), of('AuthPassFile'), of('AuthMethod')]
  const isSecretSaid = pass !== undefined || file !== undefined
  if (method !== undefined && !/^(login|cram-md5)$/i.test(method.value))
    complain('error', method, `ssmtp knows LOGIN and CRAM-MD5, not ${JSON.stringify(method.value)}`, 'take it out: Reeve asks the server')
  if (user === undefined && isSecretSaid) complain('error', pass ?? file, 'a password means nothing without AuthUser', 'write AuthUser too')
  if (user !== undefined && !isSecretSaid) complain('error', user, 'AuthUser needs a password', 'write AuthPass= or AuthPassFile= too')
  if (pass !== undefined && file !== undefined) complain('error', file, `the password stands in line ${pass.line} too`, 'leave one of them')
  const hubs = [of('MailHub'), ...reader.all('FallbackMailHub')].flatMap((line) => parseHub(line?.value ?? '')?.host ?? [])
  if (user !== undefined && tls === 'none' && hubs.some((host) => !loopback.test(host)))
    complain('error', user, 'refusing to send a password without TLS; ssmtp would', 'write UseTLS=YES (465), or UseSTARTTLS=YES (587)')
  if (user === undefined) return undefined
  return {
    user: user.value,
    ...(pass === undefined ? {} : { password: new Secret(pass.value) }),
    ...named('passwordFile', pathOf(reader, 'AuthPassFile')),
    ...(method?.value.toLowerCase() === 'cram-md5' ? { method: 'CRAM-MD5' as const } : {}),
  }
}

function headerOf({ complain }: Reader, line: ConfLine): readonly string[] {
  if (/^[\x21-\x39\x3b-\x7e]+:[ \t]*[\x20-\x7e\t]*$/.test(line.value)) return [line.value]
  if (line.value !== '') complain('error', line, `${JSON.stringify(line.value)} is no header line`, 'write AddHeader=Name: value, in ASCII')
  return []
}
