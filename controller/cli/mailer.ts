import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { MailConfig, SmarthostConfig } from '../configMail.ts'
import type { Hub } from '../mail/hub.ts'
import { type Claims, createMailer, type Mailer } from '../mail/mailer.ts'
import { loopback } from '../mail/ssmtpConf.ts'
import { reasonOf } from '../model/reason.ts'
import { formatDiagnostics } from '../report/diagnostics.ts'
import type { Logger } from '../report/log.ts'
import type { Metrics } from '../report/metrics.ts'
import { Secret } from '../shell/secret.ts'
import { clock } from './context.ts'
import { CommandEnd } from './exit.ts'
import { loadSsmtp } from './ssmtpSettings.ts'

const day = 86_400

/** Takes the controller's own mails; undefined where reeve.yaml names no mail server. */
export async function openMailer(config: Config, log: Logger, metrics: Metrics, claims?: Claims): Promise<Mailer | undefined> {
  if (config.mail === undefined) return undefined
  const { from, to } = config.mail
  return createMailer({
    dir: join(config.stateDir, 'mail'),
    smarthost: { hubs: hubsOf(config.mail), from, to, timeoutMs: 30_000 },
    retry: { firstSeconds: 5, maxSeconds: 900, giveUpSeconds: 5 * day },
    log,
    ...(claims === undefined ? {} : { claims }),
    nowSeconds: clock.nowSeconds,
    onResult(result) {
      metrics.mailTotal.inc({ result })
      if (result === 'sent') metrics.mailLastSuccess.set(clock.nowSeconds())
    },
  })
}

export function spooledMails(stateDir: string): number {
  const folder = join(stateDir, 'mail', 'new')
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')).length : 0
}

function hubsOf({ smarthost, fallback, ssmtpConf }: MailConfig): readonly Hub[] {
  if (ssmtpConf !== undefined) return hubsOfSsmtp(ssmtpConf)
  return [...(smarthost ? [hubOf(smarthost, 'smarthost')] : []), ...(fallback ? [hubOf(fallback, 'fallback')] : [])]
}

function hubsOfSsmtp(file: string): readonly Hub[] {
  const settings = loadSsmtp(file)
  if (settings.status === 'closed') throw new CommandEnd(`mail.ssmtpConf: ${settings.file} may not be read by this user`)
  if (settings.diagnostics.length > 0) process.stderr.write(formatDiagnostics(settings.diagnostics, { format: 'text' }))
  if (settings.status === 'invalid') throw new CommandEnd(`mail.ssmtpConf: ${file} is not usable`)
  return settings.hubs
}

/** Without `secure` TLS is demanded by STARTTLS, except from a server on this machine. */
function hubOf({ host, port, secure, user, passwordFile, certificateAuthority }: SmarthostConfig, name: string): Hub {
  const password = passwordFile === undefined ? '' : readNamed(`mail.${name}.passwordFile`, passwordFile).trimEnd()
  const authorities =
    certificateAuthority === undefined ? {} : { authorities: readNamed(`mail.${name}.certificateAuthority`, certificateAuthority) }
  return {
    host,
    port,
    tls: secure ? 'implicit' : loopback.test(host) ? 'none' : 'starttls',
    ...(user === undefined ? {} : { auth: { user, password: new Secret(password) } }),
    ...authorities,
  }
}

function readNamed(field: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandEnd(`${field} cannot be read: ${reasonOf(error)}`)
  }
}
