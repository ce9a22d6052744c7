import type { Spec } from '../../model/primitive.ts'
import { file } from '../../primitives/file/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { sealed } from '../../shell/secret.ts'
import { hubOf, type Made, type Mailer } from './hub.ts'

const paths = { conf: '/etc/msmtprc', aliases: '/etc/reeve-msmtp.aliases', password: '/etc/reeve-msmtp.password' }

/** msmtp(1) as the machine's sendmail. It has no queue: what the hub does not take at once, the caller must keep, and few do. */
export function msmtp({ mailer, needs, target, mark, password }: Made): readonly Spec[] {
  const packages = ['msmtp-mta'].map(debianPackage)
  const after = [...needs, ...packages.map(({ id }) => ({ target, id }))]
  const plain = { mode: '0644', owner: 'root:root', needs: after }
  return [
    ...packages,
    file({ path: paths.aliases, content: `${mark}${aliasLines(mailer)}`, ...plain }),
    ...(password === undefined ? [] : [file({ path: paths.password, content: sealed`${password}\n`, ...plain, mode: '0600' })]),
    // Whoever may not read the password cannot send: with one, that is everybody but root.
    file({ path: paths.conf, content: `${mark}${conf(mailer)}`, ...plain }),
  ]
}

function conf(mailer: Mailer): string {
  const { host, port, tls, caFile } = hubOf(mailer)
  const lines = [
    'defaults',
    `aliases ${paths.aliases}`,
    'syslog LOG_MAIL',
    'undisclosed_recipients off',
    ...(tls === 'None' ? ['tls off'] : ['tls on', `tls_starttls ${tls === 'StartTls' ? 'on' : 'off'}`, `tls_trust_file ${caFile}`]),
    'account default',
    `host ${host}`,
    `port ${port}`,
    ...(mailer.domain === undefined ? [] : [`domain ${mailer.domain}`]),
    ...(mailer.from === undefined
      ? [`from %U@${mailer.domain ?? '%H'}`]
      : [`from ${mailer.from}`, 'allow_from_override off', 'set_from_header on']),
    ...(mailer.auth === undefined ? ['auth off'] : ['auth on', `user ${mailer.auth.user}`, `passwordeval "cat ${paths.password}"`]),
  ]
  return `${lines.join('\n')}\n`
}

/** `default` is for every other name without a domain. */
function aliasLines({ root, aliases = [] }: Mailer): string {
  return [{ local: 'root', to: root }, ...aliases, { local: 'default', to: root }].map(({ local, to }) => `${local}: ${to}\n`).join('')
}
