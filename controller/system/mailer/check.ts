import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { contains } from '../../shell/secret.ts'
import type { SystemPlace } from '../place.ts'
import { hubOf, type Mailer } from './hub.ts'

/** What the schema cannot say of a mailer. */
export function checkMailer(place: SystemPlace): readonly Diagnostic[] {
  const { mailer } = place.system
  if (mailer === undefined) return []
  return [
    ...checkTls(place, mailer),
    ...checkProvider(place, mailer),
    ...checkPassword(place, mailer),
    ...checkNames(place, mailer),
    ...checkLoop(place, mailer),
  ]
}

function checkTls({ manifest }: SystemPlace, mailer: Mailer): readonly Diagnostic[] {
  const { port, tls, host } = hubOf(mailer)
  const at = 'spec.system.mailer'
  if (port === 465 && tls !== 'Implicit')
    return [complain(manifest, `${at}.hub`, 'port 465 speaks TLS from the first byte', 'write tls: Implicit')]
  if (port === 587 && tls === 'Implicit')
    return [complain(manifest, `${at}.hub`, 'port 587 speaks TLS only after STARTTLS', 'write tls: StartTls')]
  if (tls === 'None' && mailer.auth !== undefined && host !== '127.0.0.1' && host !== 'localhost')
    return [complain(manifest, `${at}.auth`, 'a password would go over the network in the clear', 'write tls: StartTls or Implicit')]
  return []
}

/** What the simple ones cannot do. */
function checkProvider(
  { manifest }: SystemPlace,
  { provider = 'postfix', aliases = [], senders = [], auth }: Mailer,
): readonly Diagnostic[] {
  const at = 'spec.system.mailer'
  return [
    ...(provider === 'ssmtp' && aliases.length > 0
      ? [complain(manifest, `${at}.aliases`, 'ssmtp knows no aliases but root', 'use provider postfix or msmtp')]
      : []),
    ...(provider === 'msmtp' && senders.length > 0
      ? [complain(manifest, `${at}.senders`, 'msmtp has one sender for all', 'use from, or provider postfix or ssmtp')]
      : []),
    ...(provider === 'ssmtp'
      ? [
          warn(
            manifest,
            `${at}.provider`,
            'ssmtp verifies no certificate and loses what the hub does not take at once',
            'use postfix, which does neither',
          ),
        ]
      : []),
    ...(provider !== 'postfix' && auth !== undefined
      ? [
          warn(
            manifest,
            `${at}.auth`,
            `the password is for root alone, so what other accounts send by ${provider} (cron of www-data, PHP) is lost`,
            'use postfix, which sends for all of them',
          ),
        ]
      : []),
  ]
}

/** ssmtp's own reader cuts a value at these; postfix and msmtp end one at a line feed alone. */
function checkPassword({ manifest, secret }: SystemPlace, { provider, auth }: Mailer): readonly Diagnostic[] {
  const password = auth && secret?.(auth.secretRef)
  if (password === undefined) return []
  const at = 'spec.system.mailer.auth.secretRef'
  if (contains(password, /[\0-\x1f\x7f]/))
    return [complain(manifest, at, 'this password has a control character in it', 'was a line feed encrypted with it?')]
  return provider === 'ssmtp' && contains(password, /[# =]/)
    ? [complain(manifest, at, 'ssmtp cannot hold this password: it cuts at #, = and blanks', 'use provider postfix or msmtp')]
    : []
}

function warn(manifest: SystemPlace['manifest'], at: string, summary: string, hint: string): Diagnostic {
  return { ...complain(manifest, at, summary, hint), severity: 'warning' }
}

function checkNames({ manifest }: SystemPlace, { aliases = [], senders = [] }: Mailer): readonly Diagnostic[] {
  const at = 'spec.system.mailer'
  const root = aliases.findIndex(({ local }) => local === 'root')
  const lists = { aliases: aliases.map(({ local }) => local), senders: senders.map(({ local }) => local) }
  const twice = Object.entries(lists).flatMap(([list, names]) =>
    names.flatMap((name, index) => {
      const first = names.indexOf(name)
      return first === index ? [] : [complain(manifest, `${at}.${list}[${index}].local`, `${name} is already at ${list}[${first}]`)]
    }),
  )
  return root === -1
    ? twice
    : [...twice, complain(manifest, `${at}.aliases[${root}]`, 'the address of root stands in mailer.root', 'leave this one out')]
}

/** A hub that is the machine itself: Postfix would send to itself for ever. */
function checkLoop({ manifest, hostname }: SystemPlace, mailer: Mailer): readonly Diagnostic[] {
  const { host } = hubOf(mailer)
  const isItself = host === hostname && (mailer.provider ?? 'postfix') === 'postfix'
  return isItself ? [complain(manifest, 'spec.system.mailer.hub.host', `${host} is this machine: its mail would go round for ever`)] : []
}
