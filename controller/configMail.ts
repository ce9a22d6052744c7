import { isFields } from './manifests/envelope.ts'
import { cronFault, zoneFault } from './manifests/windows.ts'

export interface SmarthostConfig {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly user?: string
  readonly passwordFile?: string
  readonly certificateAuthority?: string
}

export interface MailConfig {
  /** Either this or `ssmtpConf`. */
  readonly smarthost?: SmarthostConfig
  readonly fallback?: SmarthostConfig
  readonly ssmtpConf?: string
  readonly from: string
  readonly to: readonly string[]
  readonly digest?: TimesConfig
  readonly deadMan?: TimesConfig & { readonly to?: readonly string[] }
}

/** Times on the clock. */
export interface TimesConfig {
  readonly cron: string
  readonly timeZone: string
}

type Oddity = readonly [path: string, summary: string, hint: string]

/** What the schema cannot say of `mail`. */
export function mailOddities(mail: unknown): readonly Oddity[] {
  if (!isFields(mail)) return []
  const found: Oddity[] = [
    ...['smarthost', 'fallback'].flatMap((name) => smarthostOddities(`mail.${name}`, mail[name])),
    ...['digest', 'deadMan'].flatMap((name) => timeOddities(`mail.${name}`, mail[name])),
  ]
  if (mail.smarthost === undefined && mail.ssmtpConf === undefined)
    found.push(['mail', 'no mail server is named', 'write smarthost, or ssmtpConf with the path of an ssmtp.conf'])
  const doubled = ['smarthost', 'fallback'].find((name) => mail[name] !== undefined)
  if (mail.ssmtpConf !== undefined && doubled !== undefined)
    found.push([`mail.${doubled}`, 'the mail servers stand in the file of ssmtpConf already', 'leave one of them'])
  return found
}

function smarthostOddities(path: string, smarthost: unknown): readonly Oddity[] {
  if (!isFields(smarthost)) return []
  const { user, passwordFile, port, secure } = smarthost
  const found: Oddity[] = []
  if (passwordFile !== undefined && user === undefined)
    found.push([`${path}.passwordFile`, 'a password means nothing without user', 'write user too'])
  if (port === 465 && secure !== true) found.push([`${path}.port`, 'port 465 speaks TLS from the first byte', 'write secure: true'])
  if (port === 587 && secure === true)
    found.push([`${path}.secure`, 'port 587 speaks TLS only after STARTTLS, which Reeve asks for by itself', 'write secure: false'])
  return found
}

function timeOddities(path: string, times: unknown): readonly Oddity[] {
  if (!isFields(times)) return []
  const { cron, timeZone } = times
  const found: Oddity[] = []
  const [ofCron, ofZone] = [
    typeof cron === 'string' ? cronFault(cron) : undefined,
    typeof timeZone === 'string' ? zoneFault(timeZone) : undefined,
  ]
  if (ofCron) found.push([`${path}.cron`, ...ofCron])
  if (ofZone) found.push([`${path}.timeZone`, ...ofZone])
  return found
}
