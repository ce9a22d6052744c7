import type { Needed, Spec } from '../../model/primitive.ts'
import { file } from '../../primitives/file/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { service } from '../../primitives/service/spec.ts'
import { setting } from '../../primitives/setting/spec.ts'
import { sealed } from '../../shell/secret.ts'
import { hubOf, type Made, type Mailer } from './hub.ts'

const folder = '/etc/postfix'
const paths = { aliases: `${folder}/reeve-aliases`, senders: `${folder}/reeve-senders`, passwords: `${folder}/reeve-password` }
const levels = { Implicit: 'secure', StartTls: 'secure', None: 'none' } as const

/** Postfix as a null client (its STANDARD_CONFIGURATION_README): it takes mail of this machine alone, and gives all of it to the hub. */
export function postfix({ mailer, needs, target, mark, password }: Made): readonly Spec[] {
  const packages = ['postfix', ...(mailer.auth === undefined ? [] : ['libsasl2-modules'])].map(debianPackage)
  const after: readonly Needed[] = [...needs, ...packages.map(({ id }) => ({ target, id }))]
  const plain = { mode: '0644', owner: 'root:root', needs: after }
  const { host, port } = hubOf(mailer)
  const files = [
    file({ path: paths.aliases, content: `${mark}${aliasLines(mailer)}`, ...plain }),
    ...((mailer.senders ?? []).length === 0 ? [] : [file({ path: paths.senders, content: `${mark}${senderLines(mailer)}`, ...plain })]),
    ...(mailer.auth === undefined || password === undefined
      ? []
      : [
          file({
            path: paths.passwords,
            content: sealed`${mark}[${host}]:${String(port)} ${mailer.auth.user}:${password}\n`,
            ...plain,
            mode: '0600',
          }),
        ]),
  ]
  const settings = Object.entries(settingsOf(mailer)).map(([key, value]) => setting({ key, value, needs: after }))
  const interfaces = settings.filter(({ key }) => key === 'inet_interfaces').map(({ id }) => id)
  const loads = [...settings, ...files]
  const daemon = service({
    unit: 'postfix.service',
    isEnabled: true,
    state: 'running',
    loads,
    check: { argv: ['postfix', 'check'], failOn: [] },
    // What listens already goes on doing so over a reload.
    startsWith: interfaces,
    reload: 'reload',
    needs: after,
  })
  return [...packages, ...loads, daemon]
}

function settingsOf(mailer: Mailer): Readonly<Record<string, string>> {
  const { host, port, tls, caFile } = hubOf(mailer)
  const senders = [
    ...((mailer.senders ?? []).length === 0 ? [] : [`texthash:${paths.senders}`]),
    ...(mailer.from === undefined ? [] : [`static:${mailer.from}`]),
  ]
  return {
    relayhost: `[${host}]:${port}`,
    // As every other program of the machine finds it, with /etc/hosts: brackets around a host ask for no MX anyway.
    smtp_host_lookup: 'native',
    inet_interfaces: 'loopback-only',
    mydestination: '',
    local_transport: 'error:local delivery is off',
    virtual_alias_maps: `texthash:${paths.aliases}`,
    ...(mailer.domain === undefined ? {} : { myorigin: mailer.domain }),
    ...(senders.length === 0 ? {} : { sender_canonical_maps: senders.join(', ') }),
    smtp_tls_security_level: levels[tls],
    smtp_tls_wrappermode: tls === 'Implicit' ? 'yes' : 'no',
    ...(tls === 'None' ? {} : { smtp_tls_CAfile: caFile }),
    ...(mailer.auth === undefined
      ? {}
      : {
          smtp_sasl_auth_enable: 'yes',
          smtp_sasl_password_maps: `texthash:${paths.passwords}`,
          smtp_sasl_security_options: 'noanonymous',
        }),
  }
}

/** Keys are names alone, which stand for NAME@myorigin (virtual(5)). */
function aliasLines({ root, aliases = [] }: Mailer): string {
  return [{ local: 'root', to: root }, ...aliases].map(({ local, to }) => `${local} ${to}\n`).join('')
}

function senderLines({ senders = [] }: Mailer): string {
  return senders.map(({ local, from }) => `${local} ${from}\n`).join('')
}
