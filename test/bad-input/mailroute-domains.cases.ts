import { routed, routedBesideNowhere, routedBesideZone } from './gateways.ts'
import type { BadInput } from './repository.ts'

const users = Array.from({ length: 39_998 }, (_, index) => `u${index}`)

/** Domains of mail, who is there and where their mail goes. */
export const mailDomainCases: readonly BadInput[] = [
  {
    name: 'users of a mail domain to be read where Reeve does not come',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {mode: FromTarget}}]' }),
    says: [
      'bad.yaml:6:80: error: spec.domains[0].recipients.mode: example.com has its users on 192.0.2.25, which is no container of this fleet: Reeve cannot read them there; take mode List or Verify, or name a container as target',
    ],
  },
  {
    name: 'a mail domain twice, once in capitals',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}, {name: EXAMPLE.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: ['bad.yaml:6:122: error: spec.domains[1].name: EXAMPLE.com is domains[0] already; put its recipients there'],
  },
  {
    name: 'a mail domain that is an address',
    file: routed({ domains: '[{name: 192.0.2.1, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]' }),
    says: ['bad.yaml:6:20: error: spec.domains[0].name: not a domain (192.0.2.1 ends in a number); write a name such as example.com'],
  },
  {
    name: 'a mail domain with a label too long',
    file: routed({
      domains:
        '[{name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:6:20: error: spec.domains[0].name: not a domain (label "aaa…" is 64 octets, limit 63); write a name such as example.com',
    ],
  },
  {
    name: 'a mail domain with a dot at its end',
    file: routed({ domains: '[{name: example.com., target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]' }),
    says: [
      'bad.yaml:6:20: error: spec.domains[0].name: not a domain (two dots, or a dot at an end, in the domain); write a name such as example.com',
    ],
  },
  {
    name: 'a mail domain with a label of a hyphen',
    file: routed({ domains: '[{name: -a.example, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]' }),
    says: [
      'bad.yaml:6:20: error: spec.domains[0].name: not a domain (label "-a" begins or ends with a hyphen); write a name such as example.com',
    ],
  },
  {
    name: 'a mail domain with a line feed',
    file: routed({
      domains: '[{name: "example.com\\nevil.example", target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: ['bad.yaml:6:20: error: spec.domains[0].name: not a domain (character "\\n" in the domain); write a name such as example.com'],
  },
  {
    name: 'a mail domain that has no form in the DNS',
    file: routed({
      domains: '[{name: "\\u2024.example", target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:6:20: error: spec.domains[0].name: not a domain ("․.example" has no form in the DNS); write a name such as example.com',
    ],
  },
  {
    name: 'a mail domain of redirects with a target',
    file: routed({
      domains: '[{name: example.com, redirectOnly: true, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:6:47: error: spec.domains[0].redirectOnly: example.com has a target; redirectOnly says that it has none; leave one of the two out',
    ],
  },
  {
    name: 'subdomains and TLS of a mail domain without a target',
    file: routed({
      domains:
        '[{name: example.com, redirectOnly: true, includeSubdomains: true, tls: {level: may}}, {name: example.org, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
      redirects: '[{from: "@example.com", to: [alice@example.org], catchAll: true}]',
    }),
    says: [
      'bad.yaml:6:72: error: spec.domains[0].includeSubdomains: example.com has no target, so includeSubdomains does nothing; give it a target, or leave includeSubdomains out',
      'bad.yaml:6:83: error: spec.domains[0].tls: example.com has no target, so tls does nothing; give it a target, or leave tls out',
    ],
  },
  {
    name: 'recipients of a mail domain without a target',
    file: routed({ domains: '[{name: example.com, redirectOnly: true, recipients: {addresses: [alice]}}]' }),
    says: [
      'bad.yaml:6:65: error: spec.domains[0].recipients: example.com has no target, so nobody there has a mailbox; leave recipients out and write redirects, or give it a target',
    ],
  },
  {
    name: 'recipients of everybody, said on purpose',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {mode: Any, acceptBackscatter: true}}]' }),
    says: [
      'bad.yaml:6:80: warning: spec.domains[0].recipients.mode: mail for whoever is not in example.com will be bounced to senders that are mostly forged; mode List or Verify refuses it instead',
    ],
    adds: ['MailRoute/bad'],
  },
  {
    name: 'a word about backscatter for a list',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse], acceptBackscatter: true}}]',
    }),
    says: [
      'bad.yaml:6:132: error: spec.domains[0].recipients.acceptBackscatter: mode List takes nobody who is unknown, so acceptBackscatter does nothing; leave it out',
    ],
  },
  {
    name: 'more mail addresses than one MailRoute holds',
    file: routed({
      domains: `[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, ${users.join(', ')}]}}]`,
      redirects: '[{from: info@example.com, to: [abuse@example.com]}]',
    }),
    says: [
      'bad.yaml:6:12: error: spec.domains: 40001 addresses are more than the 40000 that one MailRoute holds; make two of it, on gateways of their own',
    ],
  },
  {
    name: 'recipients that nobody asks for',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {mode: Verify, addresses: [alice]}}]' }),
    says: [
      'bad.yaml:6:99: error: spec.domains[0].recipients.addresses: mode Verify takes no list from here; take mode List, or leave addresses out',
    ],
  },
  {
    name: 'subdomains of which no recipient is listed',
    file: routed({ domains: '[{name: example.com, includeSubdomains: true, target: {host: 192.0.2.25}, recipients: {mode: FromTarget}}]' }),
    says: [
      'bad.yaml:6:52: error: spec.domains[0].includeSubdomains: mode FromTarget reads who is in example.com, and nobody below it; list each of them as a domain of its own, or take mode List or Verify',
      'bad.yaml:6:105: error: spec.domains[0].recipients.mode: example.com has its users on 192.0.2.25, which is no container of this fleet: Reeve cannot read them there; take mode List or Verify, or name a container as target',
    ],
  },
  {
    name: 'a recipient twice, once in full',
    file: routed({
      domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, Alice, alice@EXAMPLE.com]}}]',
    }),
    says: [
      'bad.yaml:6:112: error: spec.domains[0].recipients.addresses[3]: alice@EXAMPLE.com is addresses[2] already; leave one of the two out',
    ],
  },
  {
    name: 'a mail domain of nobody',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}}]' }),
    says: [
      'bad.yaml:6:13: error: spec.domains[0]: nobody is known in example.com: all its mail would be refused; list recipients, or redirect addresses of it',
    ],
  },
  {
    name: 'a mail domain without a postmaster',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, abuse]}}]' }),
    says: ['bad.yaml:6:13: warning: spec.domains[0]: postmaster@example.com must be deliverable (RFC 5321, RFC 2142); list or redirect it'],
    adds: ['MailRoute/bad'],
  },
  {
    name: 'a level of TLS that looks for a name where there is none',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}, tls: {level: secure}}]',
    }),
    says: [
      'bad.yaml:6:127: error: spec.domains[0].tls.level: level secure looks for a name in the certificate, and the target is known as 192.0.2.25 alone: all its mail would wait; write match with the name that is in it, or take level fingerprint',
    ],
  },
  {
    name: 'a level of TLS that knows servers by fingerprints, without one',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}, tls: {level: fingerprint}}]',
    }),
    says: [
      'bad.yaml:6:119: error: spec.domains[0].tls: level fingerprint knows nobody without match; print it there with: openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE',
    ],
  },
  {
    name: 'a name in the place of a fingerprint',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}, tls: {level: fingerprint, match: [mail.example]}}]',
    }),
    says: [
      'bad.yaml:6:148: error: spec.domains[0].tls.match[0]: "mail.example" is no SHA-256 fingerprint: 32 octets in hex, between colons; print it there with: openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE',
    ],
  },
  {
    name: 'names of TLS at a level that looks at none',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}, tls: {level: encrypt, match: [mail.example.org]}}]',
    }),
    says: [
      'bad.yaml:6:143: error: spec.domains[0].tls.match: level encrypt looks at no name, so match does nothing; take level verify, secure or fingerprint, or leave match out',
    ],
  },
  {
    name: 'a name of TLS that is none',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}, tls: {level: secure, match: ["a b"]}}]',
    }),
    says: [
      'bad.yaml:6:143: error: spec.domains[0].tls.match[0]: "a b" is not a host name; write mail.example.com, or .example.com for any name below it',
    ],
  },
  {
    name: 'two levels of TLS for one mail server',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}, tls: {level: may}}, {name: example.org, target: {host: 192.0.2.25}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:6:134: error: spec.domains[1].tls: example.org and example.com go to [192.0.2.25]:25, and Postfix has one TLS policy for it; write the same tls for both',
    ],
  },
  {
    name: 'a mail target of two',
    file: routed({
      domains:
        '[{name: example.com, target: {container: web, host: mail.example.org}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: ['bad.yaml:6:41: error: spec.domains[0].target: name either a container or a host'],
  },
  {
    name: 'a mail target without an address',
    file: routedBesideNowhere({
      domains: '[{name: example.com, target: {container: nowhere}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:6:53: error: spec.domains[0].target.container: Container nowhere declares no IPv4 address, so no mail can be sent there; give it network[].ipv4.address',
    ],
    adds: ['Container/nowhere'],
  },
  {
    name: 'a mail target that is no host',
    file: routed({ domains: '[{name: example.com, target: {host: "a b; c"}, recipients: {addresses: [alice, postmaster, abuse]}}]' }),
    says: [
      'bad.yaml:6:48: error: spec.domains[0].target.host: "a b; c" is neither a host name nor an IP address; write mail.example.com or 192.0.2.25',
    ],
  },
  {
    name: 'the MX of an address',
    file: routed({
      domains: '[{name: example.com, target: {host: 192.0.2.1, useMx: true}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: ['bad.yaml:6:66: error: spec.domains[0].target.useMx: 192.0.2.1 is an address, which has no MX; leave useMx out, or name a host'],
  },
  {
    name: 'the MX of the mail domain itself',
    file: routed({
      domains: '[{name: example.com, target: {host: Example.com, useMx: true}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:6:48: error: spec.domains[0].target.host: the MX of example.com are these gateways: mail would loop; name the server that has its mailboxes',
    ],
  },
  {
    name: 'a mail target on the loopback',
    file: routed({
      domains: '[{name: example.com, target: {host: 127.0.0.1, port: 2525}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    }),
    says: [
      'bad.yaml:6:48: error: spec.domains[0].target.host: target 127.0.0.1 is each gateway itself: mail would loop; name the server that has the mailboxes',
    ],
  },
  {
    name: 'a mail domain whose zone has no MX',
    file: routedBesideZone('{name: www, type: A, values: [192.0.2.20]}'),
    says: [
      'bad.yaml:6:20: warning: spec.domains[0].name: Zone/com has no MX: mail for example.com does not come here; set spec.mailFrom.route: bad there',
    ],
    adds: ['MailRoute/bad', 'NameServer/ns', 'Zone/com'],
  },
  {
    name: 'a mail domain whose zone names another MX',
    file: routedBesideZone('{name: "@", type: MX, values: [{preference: 10, exchange: mx.example.org.}]}'),
    says: [
      'bad.yaml:6:20: warning: spec.domains[0].name: Zone/com names mx.example.org as MX, not these gateways: mail for example.com does not come here; set spec.mailFrom.route: bad there',
    ],
    adds: ['MailRoute/bad', 'NameServer/ns', 'Zone/com'],
  },
]
