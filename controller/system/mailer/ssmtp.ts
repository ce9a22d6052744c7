import type { Spec } from '../../model/primitive.ts'
import { file } from '../../primitives/file/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { sealed } from '../../shell/secret.ts'
import { hubOf, type Made, type Mailer } from './hub.ts'

/** ssmtp(8), for those who have it: it verifies no certificate, and has no queue. Keys and traps as in its 2.64. */
export function ssmtp({ mailer, needs, target, mark, password }: Made): readonly Spec[] {
  const tool = debianPackage('ssmtp')
  const after = [...needs, { target, id: tool.id }]
  const { auth } = mailer
  const lines = `${mark}${conf(mailer)}`
  const content = auth === undefined || password === undefined ? lines : sealed`${lines}AuthUser=${auth.user}\nAuthPass=${password}\n`
  // ssmtp is setgid mail in no Debian: root alone can read a password.
  const mode = auth === undefined ? '0644' : '0640'
  return [
    tool,
    file({ path: '/etc/ssmtp/ssmtp.conf', content, mode, owner: 'root:mail', needs: after }),
    file({ path: '/etc/ssmtp/revaliases', content: `${mark}${revaliases(mailer)}`, mode: '0644', owner: 'root:root', needs: after }),
  ]
}

function conf(mailer: Mailer): string {
  const { host, port, tls } = hubOf(mailer)
  const lines = [
    `root=${mailer.root}`,
    `mailhub=${host}:${port}`,
    ...(mailer.domain === undefined ? [] : [`rewriteDomain=${mailer.domain}`, `hostname=${mailer.domain}`]),
    // Where it is YES, the From line of a mail wins over revaliases.
    `FromLineOverride=${mailer.from === undefined && (mailer.senders ?? []).length === 0 ? 'YES' : 'NO'}`,
    // UseTLS is for both: UseSTARTTLS alone is reset by it.
    ...(tls === 'None' ? [] : ['UseTLS=YES']),
    ...(tls === 'StartTls' ? ['UseSTARTTLS=YES'] : []),
  ]
  return `${lines.join('\n')}\n`
}

function revaliases(mailer: Mailer): string {
  const { host, port } = hubOf(mailer)
  const all = [...(mailer.from === undefined ? [] : [{ local: 'root', from: mailer.from }]), ...(mailer.senders ?? [])]
  const unique = [...new Map(all.map((one) => [one.local, one])).values()]
  return unique.map(({ local, from }) => `${local}:${from}:${host}:${port}\n`).join('')
}
