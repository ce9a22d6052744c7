import { type BadInput, mailRoute } from './repository.ts'

export const mailRouteCases: readonly BadInput[] = [
  {
    name: 'a mail domain without a target',
    file: mailRoute({ domains: '[{name: example.com}]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:6:13: error: spec.domains[0].target: required (without it Postfix would follow MX back to this gateway); name a container or host, or say redirectOnly: true',
    ],
  },
  {
    name: 'a target that is a gateway',
    file: mailRoute({ domains: '[{name: example.com, target: {container: web}, recipients: {addresses: [alice, postmaster, abuse]}}]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:6:53: error: spec.domains[0].target.container: target 192.168.100.10 is gateway web itself: mail would loop',
    ],
  },
  {
    name: 'a mail domain that is its gateway',
    file: mailRoute({
      domains: '[{name: mx.example.net, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:5:51: error: spec.gateways[0].hostname: mx.example.net is local on web (mydestination); a domain is either local or relayed',
    ],
  },
  {
    name: 'recipients of everybody',
    file: mailRoute({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {mode: Any}}]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:6:80: error: spec.domains[0].recipients.mode: accepting every recipient creates backscatter; set acceptBackscatter: true or list recipients',
    ],
  },
  {
    name: 'a recipient of another domain',
    file: mailRoute({
      domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, alice@other.org]}}]',
    }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: alice@other.org is not in example.com',
    ],
  },
  {
    name: 'a redirect of two addresses',
    file: mailRoute({ redirects: '[{from: "a@x b@y", to: [alice@example.com]}]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:7:22: error: spec.redirects[0].from: not a mail address (space at 3)',
    ],
  },
  {
    name: 'redirects that form a loop',
    file: mailRoute({ redirects: '[{from: a@example.com, to: [b@example.com]}, {from: b@example.com, to: [a@example.com]}]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:7:15: error: spec.redirects[0]: redirects form a loop: a@example.com → b@example.com → a@example.com',
    ],
  },
  {
    name: 'an open relay',
    file: mailRoute({ relayFrom: '[0.0.0.0/0]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:7:15: error: spec.relayFrom[0]: relayFrom would make this an open relay; name the machines, or networks of your own, that send through it',
    ],
  },
  {
    name: 'a mail port beyond all',
    file: mailRoute({
      domains: '[{name: example.com, target: {host: 192.0.2.25, port: 70000}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: ['bad.yaml:6:66: error: spec.domains[0].target.port: 70000 is too large: at most 65535'],
  },
  {
    name: 'a level of TLS that Postfix has not',
    file: mailRoute({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}, tls: {level: strict}}]',
    }),
    says: ['bad.yaml:6:127: error: spec.domains[0].tls.level: must be one of none, may, encrypt, verify, secure, not the text "strict"'],
  },
  {
    name: 'a gateway that is not there',
    file: mailRoute({ gateways: '[{target: {container: wep}, hostname: mx.example.net}]' }),
    says: ['bad.yaml:5:35: error: spec.gateways[0].target.container: there is no Container "wep"; did you mean "web"?'],
  },
  {
    name: 'a field of a mail domain that is not there',
    file: mailRoute({
      domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}, transport: nosuch}]',
    }),
    says: [
      'bad.yaml:6:114: error: spec.domains[0].transport: unknown field "transport"; the fields here are name, includeSubdomains, redirectOnly, target, recipients, tls',
    ],
  },
]
