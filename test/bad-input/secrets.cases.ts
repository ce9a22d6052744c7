import { type BadInput, hypervisor } from './repository.ts'

const mailer = (fields: string, name = 'pw'): string =>
  hypervisor({ system: `{mailer: {${fields}, root: ops@example.org, auth: {user: a, secretRef: ${name}}}}` })
const safe = 'hub: {host: smtp.example.org}'
const file = (text: string): Readonly<Record<string, string>> => ({ 'secrets/pw.age': text })

export const secretCases: readonly BadInput[] = [
  {
    name: 'a secret that is not there',
    file: mailer(safe, 'nosuch'),
    says: [
      'bad.yaml:7:102: error: spec.system.mailer.auth.secretRef: there is no secret "nosuch"; write it with: reeve secret encrypt nosuch; then commit secrets/nosuch.age',
    ],
  },
  {
    name: 'a secret for another key',
    file: mailer(safe),
    secrets: file('closed'),
    says: [
      'bad.yaml:7:102: error: spec.system.mailer.auth.secretRef: the secret "pw" cannot be read: it is for another key; encrypt it again',
    ],
  },
  {
    name: 'a secret that was for our key',
    file: mailer(safe),
    secrets: file('closed'),
    secretsBefore: file('open:a'),
    adds: ['Hypervisor/bad'],
    says: [
      'bad.yaml:7:102: error: spec.system.mailer.auth.secretRef: the secret "pw" cannot be read: it is for another key; its value of commit before stays in force; encrypt it again',
    ],
  },
  {
    name: 'a password in the clear',
    file: mailer('hub: {host: smtp.example.org, tls: None}'),
    secrets: file('open:a'),
    says: [
      'bad.yaml:7:92: error: spec.system.mailer.auth: a password would go over the network in the clear; write tls: StartTls or Implicit',
    ],
  },
  {
    name: 'a password with a line feed',
    file: mailer(safe),
    secrets: file('open:a\n'),
    says: [
      'bad.yaml:7:102: error: spec.system.mailer.auth.secretRef: this password has a control character in it; was a line feed encrypted with it?',
    ],
  },
  {
    name: 'a password that ssmtp would cut',
    file: mailer(`provider: ssmtp, ${safe}`),
    secrets: file('open:a#b'),
    says: [
      'bad.yaml:7:31: warning: spec.system.mailer.provider: ssmtp verifies no certificate and loses what the hub does not take at once; use postfix, which does neither',
      'bad.yaml:7:98: warning: spec.system.mailer.auth: the password is for root alone, so what other accounts send by ssmtp (cron of www-data, PHP) is lost; use postfix, which sends for all of them',
      'bad.yaml:7:119: error: spec.system.mailer.auth.secretRef: ssmtp cannot hold this password: it cuts at #, = and blanks; use provider postfix or msmtp',
    ],
  },
]
