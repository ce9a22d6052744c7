import { type BadInput, hypervisor } from './repository.ts'

const sys = (fields: string): string => hypervisor({ system: `{${fields}}` })

const cases: readonly (readonly [name: string, file: string, ...says: readonly string[]])[] = [
  [
    'TLS from the first byte on the other port',
    sys('mailer: {hub: {host: smtp.example.org, port: 465}, root: ops@example.org}'),
    'bad.yaml:7:26: error: spec.system.mailer.hub: port 465 speaks TLS from the first byte; write tls: Implicit',
  ],
  [
    'TLS after a greeting on the first port',
    sys('mailer: {hub: {host: smtp.example.org, port: 587, tls: Implicit}, root: ops@example.org}'),
    'bad.yaml:7:26: error: spec.system.mailer.hub: port 587 speaks TLS only after STARTTLS; write tls: StartTls',
  ],
  [
    'a word for a test mail that is none',
    sys('mailer: {hub: {host: smtp.example.org}, root: ops@example.org, test: "$(id)"}'),
    'bad.yaml:7:81: error: spec.system.mailer.test: "$(id)" is not allowed here; A word of your own, such as a date',
  ],
  [
    'a hub without a name',
    sys('mailer: {hub: {port: 25}, root: ops@example.org}'),
    'bad.yaml:7:26: error: spec.system.mailer.hub: the field "host" is missing; Name or address of the mail server; with TLS its certificate must be for it',
  ],
  [
    'a hub that is a path',
    sys('mailer: {hub: {host: "smtp.example.org/x"}, root: ops@example.org}'),
    'bad.yaml:7:33: error: spec.system.mailer.hub.host: "smtp.example.org/x" is not allowed here; Name or address of the mail server; with TLS its certificate must be for it',
  ],
  [
    'root that is not said',
    sys('mailer: {hub: {host: smtp.example.org}}'),
    'bad.yaml:7:20: error: spec.system.mailer: the field "root" is missing; Address that gets the mail for root',
  ],
  [
    'root that is no address',
    sys('mailer: {hub: {host: smtp.example.org}, root: ops}'),
    'bad.yaml:7:58: error: spec.system.mailer.root: "ops" is not allowed here; Address that gets the mail for root',
  ],
  [
    'aliases of ssmtp',
    sys('mailer: {provider: ssmtp, hub: {host: smtp.example.org}, root: ops@example.org, aliases: [{local: ann, to: ann@example.org}]}'),
    'bad.yaml:7:31: warning: spec.system.mailer.provider: ssmtp verifies no certificate and loses what the hub does not take at once; use postfix, which does neither',
    'bad.yaml:7:101: error: spec.system.mailer.aliases: ssmtp knows no aliases but root; use provider postfix or msmtp',
  ],
  [
    'senders of msmtp',
    sys('mailer: {provider: msmtp, hub: {host: smtp.example.org}, root: ops@example.org, senders: [{local: ann, from: ann@example.org}]}'),
    'bad.yaml:7:101: error: spec.system.mailer.senders: msmtp has one sender for all; use from, or provider postfix or ssmtp',
  ],
  [
    'one alias twice',
    sys(
      'mailer: {hub: {host: smtp.example.org}, root: ops@example.org, aliases: [{local: ann, to: a@example.org}, {local: ann, to: b@example.org}]}',
    ),
    'bad.yaml:7:126: error: spec.system.mailer.aliases[1].local: ann is already at aliases[0]',
  ],
  [
    'root among the aliases',
    sys('mailer: {hub: {host: smtp.example.org}, root: ops@example.org, aliases: [{local: root, to: a@example.org}]}'),
    'bad.yaml:7:85: error: spec.system.mailer.aliases[0]: the address of root stands in mailer.root; leave this one out',
  ],
  [
    'a mailer that there is not',
    sys('mailer: {provider: exim, hub: {host: smtp.example.org}, root: ops@example.org}'),
    'bad.yaml:7:31: error: spec.system.mailer.provider: must be one of postfix, msmtp, ssmtp, not the text "exim"',
  ],
  [
    'a hub that is the machine itself',
    sys('hostname: box.example.org, mailer: {hub: {host: box.example.org}, root: ops@example.org}'),
    'bad.yaml:7:60: error: spec.system.mailer.hub.host: box.example.org is this machine: its mail would go round for ever',
  ],
]

export const mailerCases: readonly BadInput[] = cases.map(([name, file, ...says]) => ({ name: `mailer: ${name}`, file, says }))
