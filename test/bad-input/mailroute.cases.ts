import { routed, routedBesideNowhere } from './gateways.ts'
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
      'bad.yaml:6:53: error: spec.domains[0].target.container: target 192.168.100.10 is gateway web itself: mail would loop; name the server that has the mailboxes',
    ],
  },
  {
    name: 'a mail domain that is its gateway',
    file: mailRoute({
      domains: '[{name: mx.example.net, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:5:51: error: spec.gateways[0].hostname: mx.example.net is local on web (mydestination); a domain is either local or relayed; give the gateway another name',
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
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: alice@other.org is not in example.com; list it below its own domain',
    ],
  },
  {
    name: 'a redirect of two addresses',
    file: mailRoute({ redirects: '[{from: "a@x b@y", to: [alice@example.com]}]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:7:22: error: spec.redirects[0].from: not a mail address (space at 3); write it in full, such as alice@example.com',
    ],
  },
  {
    name: 'redirects that form a loop',
    file: mailRoute({ redirects: '[{from: a@example.com, to: [b@example.com]}, {from: b@example.com, to: [a@example.com]}]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:7:15: error: spec.redirects[0]: redirects form a loop: a@example.com → b@example.com → a@example.com; let one of them end at a mailbox',
    ],
  },
  {
    name: 'an open relay',
    file: mailRoute({ relayFrom: '[0.0.0.0/0]' }),
    says: [
      'bad.yaml:5:13: warning: spec.gateways: no MX backup: there is one gateway only; mail waits at its senders while it is down',
      'bad.yaml:7:15: error: spec.relayFrom[0]: relayFrom would make this an open relay; name the machines, or networks of your own, that send through it, such as 10.0.0.0/8',
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
    says: [
      'bad.yaml:6:127: error: spec.domains[0].tls.level: must be one of none, may, encrypt, verify, secure, fingerprint, not the text "strict"',
    ],
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
  {
    name: 'a gateway twice',
    file: routed({
      gateways: '[{target: {container: web}, hostname: a.example.net}, {target: {container: web}, hostname: b.example.net}]',
    }),
    says: [
      'bad.yaml:5:23: error: spec.gateways[0].target: "its main.cf" is already taken by spec.gateways[1].target of the same manifest (bad.yaml:5:76); it must be unique: Postfix on he1/web',
      'bad.yaml:5:76: error: spec.gateways[1].target: "its main.cf" is already taken by spec.gateways[0].target of the same manifest (bad.yaml:5:23); it must be unique: Postfix on he1/web',
    ],
  },
  {
    name: 'two gateways of one name',
    file: routed({
      gateways: '[{target: {container: web}, hostname: mx.example.net}, {target: {hypervisor: he1}, hostname: MX.example.net}]',
    }),
    says: [
      'bad.yaml:5:106: error: spec.gateways[1].hostname: gateways[0] has this name too, and Postfix takes a server that greets with its own name for itself; give each a name of its own',
    ],
  },
  {
    name: 'a gateway with half a name',
    file: routed({ gateways: '[{target: {container: web}, hostname: mx}, {target: {hypervisor: he1}, hostname: he1.example.net}]' }),
    says: [
      'bad.yaml:5:51: error: spec.gateways[0].hostname: "mx" is not a host name in full; write it with its domain, such as mx1.example.com',
    ],
  },
  {
    name: 'a gateway without an address',
    file: routedBesideNowhere({
      gateways: '[{target: {container: nowhere}, hostname: mx.example.net}, {target: {hypervisor: he1}, hostname: he1.example.net}]',
    }),
    says: [
      'bad.yaml:5:35: error: spec.gateways[0].target.container: Container nowhere declares no IPv4 address, so nobody can ask whether its Postfix has loaded what was written; give it network[].ipv4.address',
    ],
    adds: ['Container/nowhere'],
  },
  {
    name: 'a gateway that listens on no address',
    file: routed({
      gateways:
        '[{target: {container: web}, hostname: mx.example.net, addresses: [1.2.3]}, {target: {hypervisor: he1}, hostname: he1.example.net}]',
    }),
    says: ['bad.yaml:5:79: error: spec.gateways[0].addresses[0]: "1.2.3" is not an IP address; write 192.0.2.1 or 2001:db8::1'],
  },
  {
    name: 'a relay for a network with bits beyond its length',
    file: routed({ relayFrom: '[10.1.2.3/8]' }),
    says: [
      'bad.yaml:7:15: error: spec.relayFrom[0]: 10.1.2.3/8 has bits set beyond its length, which Postfix refuses; name the machines, or networks of your own, that send through it, such as 10.0.0.0/8',
    ],
  },
  {
    name: 'a relay for what is no network',
    file: routed({ relayFrom: '[10.0.0.0/33]' }),
    says: [
      'bad.yaml:7:15: error: spec.relayFrom[0]: "10.0.0.0/33" is neither an IP address nor a network; name the machines, or networks of your own, that send through it, such as 10.0.0.0/8',
    ],
  },
  {
    name: 'mail of a size with half a unit',
    file: routed({ limits: '{messageSize: 50M}' }),
    says: ['bad.yaml:7:25: error: spec.limits.messageSize: write 50Mi: a bare M means 1024s to LVM and 1000s to others'],
  },
  {
    name: 'mail of no size',
    file: routed({ limits: '{messageSize: 1Ki}' }),
    says: ['bad.yaml:7:25: error: spec.limits.messageSize: 1Ki is not between 64Ki and 2Gi; write for example 50Mi'],
  },
  {
    name: 'a mail queue of no duration',
    file: routed({ limits: '{queueLifetime: soon}' }),
    says: ['bad.yaml:7:27: error: spec.limits.queueLifetime: "soon" is not a duration; write for example 30s, 5m, 2h or 7d'],
  },
  {
    name: 'a mail queue of minutes',
    file: routed({ limits: '{queueLifetime: 10m}' }),
    says: [
      'bad.yaml:7:27: error: spec.limits.queueLifetime: 10m is less than 1h: mail would come back while a server boots; write 1h or more',
    ],
  },
  {
    name: 'a warning after the mail has gone back',
    file: routed({ limits: '{queueLifetime: 2d, delayWarning: 2d}' }),
    says: [
      'bad.yaml:7:45: error: spec.limits.delayWarning: 2d is not before the end of a message in the queue, 2d; make it shorter, or queueLifetime longer',
    ],
  },
  {
    name: 'a warning about old mail after the alarm',
    file: routed({ health: '{oldestWarn: 5h}' }),
    says: ['bad.yaml:7:24: error: spec.health.oldestWarn: 5h is not before oldestCritical, 4h; make it shorter, or oldestCritical longer'],
  },
  {
    name: 'a warning about much mail after the alarm',
    file: routed({ health: '{deferredWarn: 5000}' }),
    says: [
      'bad.yaml:7:26: error: spec.health.deferredWarn: 5000 is not below deferredCritical, 1000; make it smaller, or deferredCritical larger',
    ],
  },
]
