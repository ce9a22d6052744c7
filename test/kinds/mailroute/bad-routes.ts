import type { BadRoute } from './bad-domains.ts'

export const moreBadRoutes: readonly BadRoute[] = [
  {
    name: 'a redirect with a line feed',
    fields: { redirects: '[{from: "info@example.com\\nx", to: [alice@example.com]}]' },
    says: ['spec.redirects[0].from: not a mail address (control character "\\n" at 16)'],
  },
  {
    name: 'a redirect to a line feed',
    fields: { redirects: '[{from: info@example.com, to: ["alice@example.com\\n evil@x.y"]}]' },
    says: ['spec.redirects[0].to[0]: not a mail address (control character "\\n" at 17)'],
  },
  {
    name: 'a redirect that is a comment',
    fields: { redirects: '[{from: "#info@example.com", to: [alice@example.com]}]' },
    says: ['spec.redirects[0].from: not a mail address (it begins with #, which makes it a comment)'],
  },
  {
    name: 'a redirect without a domain',
    fields: { redirects: '[{from: info@, to: [alice@example.com]}]' },
    says: ['spec.redirects[0].from: not a mail address (it has no domain)'],
  },
  {
    name: 'a redirect without an @',
    fields: { redirects: '[{from: info, to: [alice@example.com]}]' },
    says: ['spec.redirects[0].from: not a mail address (it has no @)'],
  },
  {
    name: 'a redirect without a name, of no whole domain',
    fields: { redirects: '[{from: info@example.com, to: ["@example.com"]}]' },
    says: ['spec.redirects[0].to[0]: not a mail address (nothing stands before the @)'],
  },
  {
    name: 'a redirect to a command',
    fields: { redirects: '[{from: info@example.com, to: ["|/bin/sh@example.com"]}]' },
    says: ['spec.redirects[0].to[0]: not a mail address (character "|" before the @)'],
  },
  {
    name: 'a redirect of a domain of others',
    fields: { redirects: '[{from: info@other.example, to: [alice@example.com]}]' },
    says: ['spec.redirects[0].from: info@other.example is in none of the domains'],
  },
  {
    name: 'a redirect twice',
    fields: { redirects: '[{from: info@example.com, to: [alice@example.com]}, {from: Info@example.com, to: [bob@example.com]}]' },
    says: ['spec.redirects[1].from: Info@example.com is redirects[0] already'],
  },
  {
    name: 'a whole domain without a word about it',
    fields: { redirects: '[{from: "@example.com", to: [alice@example.com]}]' },
    says: ['spec.redirects[0].from: @example.com takes every address of example.com, and nobody is unknown there any more'],
  },
  {
    name: 'that word for one address',
    fields: { redirects: '[{from: info@example.com, to: [alice@example.com], catchAll: true}]' },
    says: ['spec.redirects[0].catchAll: info@example.com is one address, so catchAll does nothing'],
  },
  {
    name: 'a whole domain whose users nobody lists',
    fields: {
      domains: '[{name: example.com, target: {container: maila}, recipients: {mode: Verify}}]',
      redirects: '[{from: "@example.com", to: [alice@example.com], catchAll: true}]',
    },
    says: ['spec.redirects[0].from: mode Verify of example.com lists nobody, so @example.com would take the mail of all its users'],
  },
  {
    name: 'a redirect to nobody',
    fields: { redirects: '[{from: info@example.com, to: [nobody@example.com]}]' },
    says: ['spec.redirects[0].to[0]: nobody knows nobody@example.com: it is no recipient of example.com, no redirect and no route'],
  },
  {
    name: 'a redirect to others',
    fields: { redirects: '[{from: info@example.com, to: [x@outside.example]}]' },
    says: [
      'spec.redirects[0].to[0]: x@outside.example is elsewhere: its server sees mail of strangers from these gateways, and SPF fails there',
    ],
  },
  {
    name: 'redirects in a loop',
    fields: { redirects: '[{from: a@example.com, to: [b@example.com]}, {from: b@example.com, to: [alice@example.com, a@example.com]}]' },
    says: ['spec.redirects[0]: redirects form a loop: a@example.com → b@example.com → a@example.com'],
  },
  {
    name: 'a chain of eleven redirects',
    fields: {
      redirects:
        '[{from: r0@example.com, to: [r1@example.com]}, {from: r1@example.com, to: [r2@example.com]}, {from: r2@example.com, to: [r3@example.com]}, {from: r3@example.com, to: [r4@example.com]}, {from: r4@example.com, to: [r5@example.com]}, {from: r5@example.com, to: [r6@example.com]}, {from: r6@example.com, to: [r7@example.com]}, {from: r7@example.com, to: [r8@example.com]}, {from: r8@example.com, to: [r9@example.com]}, {from: r9@example.com, to: [r10@example.com]}, {from: r10@example.com, to: [alice@example.com]}]',
    },
    says: ['spec.redirects[0]: r0@example.com is redirected 11 times, limit 10'],
  },
  {
    name: 'a route twice',
    fields: { routes: '[{address: vip@example.com, target: {host: 192.0.2.9}}, {address: VIP@example.com, target: {host: 192.0.2.8}}]' },
    says: ['spec.routes[1].address: VIP@example.com is routes[0] already'],
  },
  {
    name: 'a route of a domain of others',
    fields: { routes: '[{address: vip@other.example, target: {host: 192.0.2.9}}]' },
    says: ['spec.routes[0].address: vip@other.example is in none of the domains that have a target'],
  },
  {
    name: 'a route of who is redirected',
    fields: {
      redirects: '[{from: info@example.com, to: [alice@example.com]}]',
      routes: '[{address: info@example.com, target: {host: 192.0.2.9}}]',
    },
    says: ['spec.routes[0].address: info@example.com is redirected, so none of its mail takes this route'],
  },
  {
    name: 'a route to a gateway',
    fields: { routes: '[{address: vip@example.com, target: {container: plpa}}]' },
    says: ['spec.routes[0].target.container: target 192.168.9.2 is gateway plpa itself: mail would loop'],
  },
  {
    name: 'a route for half an address',
    fields: { routes: '[{address: vip, target: {host: 192.0.2.9}}]' },
    says: ['spec.routes[0].address: not a mail address (it has no @)'],
  },
  {
    name: 'a relay for everybody',
    fields: { relayFrom: '[0.0.0.0/0]' },
    says: ['spec.relayFrom[0]: relayFrom would make this an open relay'],
  },
  {
    name: 'a relay for everybody on IPv6',
    fields: { relayFrom: '["::/0"]' },
    says: ['spec.relayFrom[0]: relayFrom would make this an open relay'],
  },
  {
    name: 'a relay for a public /16',
    fields: { relayFrom: '[198.51.0.0/16]' },
    says: ['spec.relayFrom[0]: relayFrom would make this an open relay'],
  },
  {
    name: 'a relay for more than what is private',
    fields: { relayFrom: '[172.0.0.0/8]' },
    says: ['spec.relayFrom[0]: relayFrom would make this an open relay'],
  },
  {
    name: 'a relay for a network with bits beyond its length',
    fields: { relayFrom: '[10.1.2.3/8]' },
    says: ['spec.relayFrom[0]: 10.1.2.3/8 has bits set beyond its length, which Postfix refuses'],
  },
  {
    name: 'a relay for what is no network',
    fields: { relayFrom: '[10.0.0.0/33]' },
    says: ['spec.relayFrom[0]: "10.0.0.0/33" is neither an IP address nor a network'],
  },
  {
    name: 'two gateways of one name',
    fields: { gateways: '[{target: {container: plpa}, hostname: a.example.net}, {target: {container: plpb}, hostname: A.example.net}]' },
    says: ['spec.gateways[1].hostname: gateways[0] has this name too, and Postfix takes a server that greets with its own name for itself'],
  },
  {
    name: 'a gateway with half a name',
    fields: { gateways: '[{target: {container: plpa}, hostname: plpa}, {target: {container: plpb}, hostname: b.example.net}]' },
    says: ['spec.gateways[0].hostname: "plpa" is not a host name in full'],
  },
  {
    name: 'a gateway without an address',
    fields: { gateways: '[{target: {container: nowhere}, hostname: a.example.net}, {target: {container: plpb}, hostname: b.example.net}]' },
    says: [
      'spec.gateways[0].target.container: Container nowhere declares no IPv4 address, so nobody can ask whether its Postfix has loaded what was written',
    ],
  },
  {
    name: 'a gateway that listens on no address',
    fields: {
      gateways:
        '[{target: {container: plpa}, hostname: a.example.net, addresses: [1.2.3]}, {target: {container: plpb}, hostname: b.example.net}]',
    },
    says: ['spec.gateways[0].addresses[0]: "1.2.3" is not an IP address'],
  },
  {
    name: 'one gateway only',
    fields: { gateways: '[{target: {container: plpa}, hostname: a.example.net}]' },
    says: ['spec.gateways: no MX backup: there is one gateway only'],
  },
  {
    name: 'a message of a size with half a unit',
    fields: { limits: '{messageSize: 50M}' },
    says: ['spec.limits.messageSize: write 50Mi: a bare M means 1024s to LVM and 1000s to others'],
  },
  {
    name: 'a message of no size',
    fields: { limits: '{messageSize: 1Ki}' },
    says: ['spec.limits.messageSize: 1Ki is not between 64Ki and 2Gi'],
  },
  {
    name: 'a life of no duration',
    fields: { limits: '{queueLifetime: soon}' },
    says: ['spec.limits.queueLifetime: "soon" is not a duration; write for example 30s, 5m, 2h or 7d'],
  },
  {
    name: 'a short life',
    fields: { limits: '{queueLifetime: 10m}' },
    says: ['spec.limits.queueLifetime: 10m is less than 1h: mail would come back while a server boots'],
  },
  {
    name: 'a warning after the end',
    fields: { limits: '{queueLifetime: 2d, delayWarning: 2d}' },
    says: ['spec.limits.delayWarning: 2d is not before the end of a message in the queue, 2d'],
  },
  {
    name: 'a warning of no duration',
    fields: { limits: '{delayWarning: "4"}' },
    says: ['spec.limits.delayWarning: "4" is not a duration; write for example 30s, 5m, 2h or 7d'],
  },
  {
    name: 'a warning about the queue after the alarm',
    fields: { health: '{oldestWarn: 5h}' },
    says: ['spec.health.oldestWarn: 5h is not before oldestCritical, 4h'],
  },
  {
    name: 'more messages for a warning than for the alarm',
    fields: { health: '{deferredWarn: 5000}' },
    says: ['spec.health.deferredWarn: 5000 is not below deferredCritical, 1000'],
  },
  {
    name: 'an age of no duration',
    fields: { health: '{oldestWarn: old}' },
    says: ['spec.health.oldestWarn: "old" is not a duration; write for example 30s, 5m, 2h or 7d'],
  },
  {
    name: 'an alarm of no duration',
    fields: { health: '{oldestCritical: old}' },
    says: ['spec.health.oldestCritical: "old" is not a duration; write for example 30s, 5m, 2h or 7d'],
  },
  {
    name: 'a probe for who is refused',
    fields: { probes: '{accept: [nobody@example.com]}' },
    says: ['spec.probes.accept[0]: the gateways refuse nobody@example.com: nobody listed it'],
  },
  {
    name: 'a probe against who is taken',
    fields: { probes: '{reject: [alice@example.com]}' },
    says: ['spec.probes.reject[0]: the gateways take alice@example.com: it is known'],
  },
  {
    name: 'a probe with a blank',
    fields: { probes: '{reject: ["a b@example.com"]}' },
    says: ['spec.probes.reject[0]: not a mail address (space at 1)'],
  },
]
