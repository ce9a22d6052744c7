import { readdirSync, readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { isDomain } from '../mail/address.ts'
import { findingAt } from '../mail/confLines.ts'
import type { Hub } from '../mail/hub.ts'
import type { LetterRules } from '../mail/letter.ts'
import { readRevaliases } from '../mail/revaliases.ts'
import { readSsmtpConf, type SsmtpConf } from '../mail/ssmtpConf.ts'
import type { Diagnostic } from '../model/manifest.ts'
import { reasonOf } from '../model/reason.ts'
import { Secret } from '../shell/secret.ts'
import { readAccounts } from './passwd.ts'

/** ssmtp.conf and revaliases beside it, with all files that they name. */
export type SsmtpSettings =
  | { readonly status: 'valid'; readonly hubs: readonly Hub[]; readonly rules: LetterRules; readonly diagnostics: readonly Diagnostic[] }
  | { readonly status: 'invalid'; readonly diagnostics: readonly Diagnostic[] }
  /** It, or a file that it names, is there, and only others may read that. */
  | { readonly status: 'closed'; readonly file: string }

/** Of ssmtp: users up to this one are the system's. */
const maxSystemUid = 999

export function loadSsmtp(file: string): SsmtpSettings {
  const text = readText(file)
  if (text instanceof Error) {
    if (isClosed(text)) return { status: 'closed', file }
    const hint = 'write one, with MailHub=HOST:PORT in it at least'
    return { status: 'invalid', diagnostics: [findingAt(file, 0, 0)('error', '', `cannot be read: ${reasonOf(text)}`, hint)] }
  }
  const reading = readSsmtpConf(file, text)
  if (reading.status === 'invalid') return reading
  const { conf } = reading
  const accounts = readAccounts()
  const aliasFile = join(dirname(file), 'revaliases')
  const aliasText = readText(aliasFile)
  const users = accounts.map(({ name }) => name)
  const rules = { tls: conf.tls, port: conf.mailhubs[0]?.port ?? 25, hasPassword: conf.auth !== undefined, users }
  const { aliases, diagnostics: ofAliases } = readRevaliases(aliasFile, aliasText instanceof Error ? '' : aliasText, rules)
  const hubs = hubsOf(file, conf)
  if (hubs.closed !== undefined) return { status: 'closed', file: hubs.closed }
  const diagnostics = [...reading.diagnostics, ...ofAliases, ...openPassword(file, conf), ...hubs.diagnostics]
  if (diagnostics.some(({ severity }) => severity === 'error')) return { status: 'invalid', diagnostics }
  const systemUsers = new Set(accounts.filter(({ uid }) => uid <= maxSystemUid).map(({ name }) => name))
  const named = conf.hostname ?? hostname()
  const host = isDomain(named) ? named : 'localhost'
  return {
    status: 'valid',
    hubs: hubs.hubs,
    diagnostics,
    rules: {
      domain: conf.rewriteDomain ?? host,
      hostname: host,
      ...(conf.root === undefined ? {} : { root: conf.root }),
      fromLineOverride: conf.fromLineOverride,
      aliases,
      addedHeaders: conf.addedHeaders,
      isSystemUser: (name) => systemUsers.has(name),
    },
  }
}

function readText(file: string): string | Error {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function openPassword(file: string, { auth }: SsmtpConf): readonly Diagnostic[] {
  const path = auth?.passwordFile ?? (auth?.password === undefined ? undefined : file)
  if (path === undefined) return []
  const mode = modeOf(path)
  if (mode === undefined || (mode & 0o004) === 0) return []
  return [
    findingAt(path, 0, 0)(
      'warning',
      '',
      'everybody on this machine can read the password in it',
      `chown root:mail ${path} && chmod 0640 ${path}`,
    ),
  ]
}

function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode
  } catch {
    return undefined
  }
}

function isClosed(error: Error): boolean {
  return 'code' in error && error.code === 'EACCES'
}

interface Hubs {
  readonly hubs: readonly Hub[]
  readonly diagnostics: readonly Diagnostic[]
  /** A file that only others may read. */
  readonly closed?: string
}

function hubsOf(file: string, conf: SsmtpConf): Hubs {
  const diagnostics: Diagnostic[] = []
  let closed: string | undefined
  const use = (key: string, path: string | undefined): string | undefined => {
    const text = path === undefined ? undefined : readText(path)
    if (!(text instanceof Error)) return text
    if (isClosed(text)) closed = path
    diagnostics.push(findingAt(file, 0, 0)('error', key, `${path} cannot be read: ${reasonOf(text)}`))
    return undefined
  }
  const password = conf.auth?.password ?? asSecret(use('AuthPassFile', conf.auth?.passwordFile)?.trimEnd())
  const authorities =
    conf.tls === 'none' ? undefined : (use('TLS_CA_File', conf.authorityFile) ?? folderText(conf.authorityFolder, diagnostics, file))
  if (conf.authorityFile !== undefined && authorities !== undefined && !authorities.includes('-----BEGIN '))
    diagnostics.push(
      findingAt(file, 0, 0)('error', 'TLS_CA_File', `${conf.authorityFile} holds no certificate`, 'write the path of a PEM file'),
    )
  const certificate = use('TLSCert', conf.certificateFile)
  const key = asSecret(use('TLSKey', conf.keyFile))
  const { auth, tls } = conf
  const shared = {
    tls,
    ...(auth === undefined || password === undefined
      ? {}
      : { auth: { user: auth.user, password, ...(auth.method === undefined ? {} : { method: auth.method }) } }),
    ...(authorities === undefined ? {} : { authorities }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  }
  const hubs = conf.mailhubs.map((hub) => ({ ...hub, ...shared }))
  return { hubs, diagnostics, ...(closed === undefined ? {} : { closed }) }
}

function asSecret(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text)
}

/** Every certificate in a folder, as `openssl rehash` has it; links to the same file do no harm. */
function folderText(folder: string | undefined, diagnostics: Diagnostic[], file: string): string | undefined {
  if (folder === undefined) return undefined
  try {
    const texts = readdirSync(folder).map((name) => readText(join(folder, name)))
    const all = texts.filter((text): text is string => typeof text === 'string' && text.includes('-----BEGIN CERTIFICATE-----')).join('\n')
    if (all !== '') return all
    diagnostics.push(findingAt(file, 0, 0)('error', 'TLS_CA_Dir', `there is no certificate in ${folder}`))
  } catch (error) {
    diagnostics.push(findingAt(file, 0, 0)('error', 'TLS_CA_Dir', `${folder} cannot be read: ${reasonOf(error)}`))
  }
  return undefined
}
