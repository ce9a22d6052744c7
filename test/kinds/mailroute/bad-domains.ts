/** A route that is wrong in one thing, or that a person should hear something of. */
export interface BadRoute {
  readonly name: string
  readonly fields: Readonly<Record<string, string>>
  readonly says: readonly string[]
}

export const badRoutes: readonly BadRoute[] = [
  {
    name: 'users to be read where Reeve does not come',
    fields: { domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {mode: FromTarget}}]' },
    says: [
      'spec.domains[0].recipients.mode: example.com has its users on 192.0.2.25, which is no container of this fleet: Reeve cannot read them there',
    ],
  },
  {
    name: 'a domain without a target',
    fields: { domains: '[{name: example.com}]' },
    says: ['spec.domains[0].target: required (without it Postfix would follow MX back to this gateway)'],
  },
  {
    name: 'a domain with a target that has none',
    fields: {
      domains: '[{name: example.com, redirectOnly: true, target: {container: maila}, recipients: {addresses: [alice, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].redirectOnly: example.com has a target; redirectOnly says that it has none'],
  },
  {
    name: 'a domain twice, once in capitals',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}, {name: EXAMPLE.com, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[1].name: EXAMPLE.com is domains[0] already'],
  },
  {
    name: "a domain that is a gateway's own name",
    fields: { domains: '[{name: plpa.example.net, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.gateways[0].hostname: plpa.example.net is local on plpa (mydestination); a domain is either local or relayed'],
  },
  {
    name: 'a domain with a line feed',
    fields: {
      domains:
        '[{name: "example.com\\nevil.example x", target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].name: not a domain (character "\\n" in the domain)'],
  },
  {
    name: 'a domain with a label of 64 octets',
    fields: {
      domains:
        '[{name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].name: not a domain (label "aaa…" is 64 octets, limit 63)'],
  },
  {
    name: 'a domain that is an address',
    fields: { domains: '[{name: 192.0.2.1, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.domains[0].name: not a domain (192.0.2.1 ends in a number)'],
  },
  {
    name: 'a domain with a dot at its end',
    fields: { domains: '[{name: example.com., target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.domains[0].name: not a domain (two dots, or a dot at an end, in the domain)'],
  },
  {
    name: 'a domain with a label of a hyphen',
    fields: { domains: '[{name: -a.example, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.domains[0].name: not a domain (label "-a" begins or ends with a hyphen)'],
  },
  {
    name: 'a domain that has no form in the DNS',
    fields: {
      domains: '[{name: "\\u2024.example", target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].name: not a domain ("․.example" has no form in the DNS)'],
  },
  {
    name: 'a target of two',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila, host: a.example}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].target: name either a container or a host'],
  },
  {
    name: 'a target of none',
    fields: { domains: '[{name: example.com, target: {port: 26}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.domains[0].target: name either a container or a host'],
  },
  {
    name: 'a target without an address',
    fields: { domains: '[{name: example.com, target: {container: nowhere}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.domains[0].target.container: Container nowhere declares no IPv4 address, so no mail can be sent there'],
  },
  {
    name: 'a target that is no host',
    fields: { domains: '[{name: example.com, target: {host: "a b; c"}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.domains[0].target.host: "a b; c" is neither a host name nor an IP address'],
  },
  {
    name: "a target that is a gateway's container",
    fields: { domains: '[{name: example.com, target: {container: plpb}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.domains[0].target.container: target 192.168.9.3 is gateway plpb itself: mail would loop'],
  },
  {
    name: "a target that is a gateway's address",
    fields: { domains: '[{name: example.com, target: {host: 192.168.9.2}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]' },
    says: ['spec.domains[0].target.host: target 192.168.9.2 is gateway plpa itself: mail would loop'],
  },
  {
    name: "a target that is a gateway's name",
    fields: {
      domains: '[{name: example.com, target: {host: PLPA.example.net}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].target.host: target plpa.example.net is gateway plpa itself: mail would loop'],
  },
  {
    name: "a target that is a hypervisor's own bridge",
    fields: {
      gateways: '[{target: {hypervisor: he2}, hostname: he2.example.net}, {target: {container: plpb}, hostname: plpb.example.net}]',
      domains: '[{name: example.com, target: {host: 192.168.100.1}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].target.host: target 192.168.100.1 is gateway he2 itself: mail would loop'],
  },
  {
    name: 'a target on the loopback',
    fields: {
      domains: '[{name: example.com, target: {host: 127.0.0.1, port: 2525}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].target.host: target 127.0.0.1 is each gateway itself: mail would loop'],
  },
  {
    name: 'the MX of an address',
    fields: {
      domains: '[{name: example.com, target: {host: 192.0.2.1, useMx: true}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].target.useMx: 192.0.2.1 is an address, which has no MX'],
  },
  {
    name: 'the MX of the domain itself',
    fields: {
      domains: '[{name: example.com, target: {host: Example.com, useMx: true}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[0].target.host: the MX of example.com are these gateways: mail would loop'],
  },
  {
    name: 'everybody without a word about backscatter',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {mode: Any}}]' },
    says: [
      'spec.domains[0].recipients.mode: accepting every recipient creates backscatter; set acceptBackscatter: true or list recipients',
    ],
  },
  {
    name: 'everybody, with that word',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {mode: Any, acceptBackscatter: true}}]' },
    says: ['spec.domains[0].recipients.mode: mail for whoever is not in example.com will be bounced to senders that are mostly forged'],
  },
  {
    name: 'that word for a list',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, postmaster, abuse], acceptBackscatter: true}}]',
    },
    says: ['spec.domains[0].recipients.acceptBackscatter: mode List takes nobody who is unknown, so acceptBackscatter does nothing'],
  },
  {
    name: 'a list that nobody asks',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {mode: Verify, addresses: [alice]}}]' },
    says: ['spec.domains[0].recipients.addresses: mode Verify takes no list from here'],
  },
  {
    name: 'subdomains of which nobody is listed',
    fields: { domains: '[{name: example.com, includeSubdomains: true, target: {container: maila}, recipients: {mode: FromTarget}}]' },
    says: ['spec.domains[0].includeSubdomains: mode FromTarget reads who is in example.com, and nobody below it'],
  },
  {
    name: 'subdomains and TLS of a domain without a target',
    fields: {
      domains:
        '[{name: example.com, redirectOnly: true, includeSubdomains: true, tls: {level: may}}, {name: example.org, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
      redirects: '[{from: "@example.com", to: [alice@example.org], catchAll: true}]',
    },
    says: [
      'spec.domains[0].includeSubdomains: example.com has no target, so includeSubdomains does nothing',
      'spec.domains[0].tls: example.com has no target, so tls does nothing',
    ],
  },
  {
    name: 'recipients of a domain without a target',
    fields: { domains: '[{name: example.com, redirectOnly: true, recipients: {addresses: [alice]}}]' },
    says: ['spec.domains[0].recipients: example.com has no target, so nobody there has a mailbox'],
  },
  {
    name: 'a recipient of another domain',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, alice@other.org]}}]' },
    says: ['spec.domains[0].recipients.addresses[2]: alice@other.org is not in example.com'],
  },
  {
    name: 'a recipient of a subdomain that is not included',
    fields: {
      domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, alice@sub.example.com]}}]',
    },
    says: ['spec.domains[0].recipients.addresses[2]: alice@sub.example.com is not in example.com'],
  },
  {
    name: 'a recipient twice',
    fields: {
      domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, Alice, alice@EXAMPLE.com]}}]',
    },
    says: ['spec.domains[0].recipients.addresses[3]: alice@EXAMPLE.com is addresses[2] already'],
  },
  {
    name: 'a recipient with a blank before it',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, " alice"]}}]' },
    says: ['spec.domains[0].recipients.addresses[2]: not a mail address (space at 0)'],
  },
  {
    name: 'a recipient that is a comment',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, "#alice"]}}]' },
    says: ['spec.domains[0].recipients.addresses[2]: not a mail address (it begins with #, which makes it a comment)'],
  },
  {
    name: 'a recipient with a line feed',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, "alice\\nevil"]}}]' },
    says: ['spec.domains[0].recipients.addresses[2]: not a mail address (control character "\\n" at 5)'],
  },
  {
    name: 'a recipient that is not ASCII',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, jürgen]}}]' },
    says: ['spec.domains[0].recipients.addresses[2]: not a mail address (the part before the @ is not ASCII, and SMTPUTF8 is off)'],
  },
  {
    name: 'a recipient that is an option',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, "-f"]}}]' },
    says: ['spec.domains[0].recipients.addresses[2]: not a mail address (the part before the @ begins with "-")'],
  },
  {
    name: 'a recipient by way of another server',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, "a%b"]}}]' },
    says: ['spec.domains[0].recipients.addresses[2]: not a mail address (character "%" before the @)'],
  },
  {
    name: 'a recipient with two dots',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, a..b]}}]' },
    says: ['spec.domains[0].recipients.addresses[2]: not a mail address (a dot at an end, or two together, before the @)'],
  },
  {
    name: 'a recipient of 65 octets',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll]}}]',
    },
    says: ['spec.domains[0].recipients.addresses[2]: not a mail address (the part before the @ is 65 octets, limit 64)'],
  },
  {
    name: 'nobody at all',
    fields: { domains: '[{name: example.com, target: {container: maila}}]' },
    says: ['spec.domains[0]: nobody is known in example.com: all its mail would be refused'],
  },
  {
    name: 'no postmaster',
    fields: { domains: '[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, abuse]}}]' },
    says: ['spec.domains[0]: postmaster@example.com must be deliverable (RFC 5321, RFC 2142)'],
  },
  {
    name: 'two TLS policies for one server',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}, tls: {level: may}}, {name: example.org, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}}]',
    },
    says: ['spec.domains[1].tls: example.org and example.com go to [192.168.9.4]:25, and Postfix has one TLS policy for it'],
  },
  {
    name: 'a level that looks for a name where there is none',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}, tls: {level: secure}}]',
    },
    says: [
      'spec.domains[0].tls.level: level secure looks for a name in the certificate, and the target is known as 192.168.9.4 alone: all its mail would wait',
    ],
  },
  {
    name: 'a level that knows servers by fingerprints, without one',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}, tls: {level: fingerprint}}]',
    },
    says: ['spec.domains[0].tls: level fingerprint knows nobody without match'],
  },
  {
    name: 'a fingerprint that is one of MD5, and a name in its place',
    fields: {
      domains: `[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}, tls: {level: fingerprint, match: ["${Array(16).fill('ab').join(':')}", mail.example]}}]`,
    },
    says: [
      `spec.domains[0].tls.match[0]: "${Array(16).fill('ab').join(':')}" is no SHA-256 fingerprint: 32 octets in hex, between colons`,
      'spec.domains[0].tls.match[1]: "mail.example" is no SHA-256 fingerprint: 32 octets in hex, between colons',
    ],
  },
  {
    name: 'names for a level that looks at none',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}, tls: {level: encrypt, match: [a.example]}}]',
    },
    says: ['spec.domains[0].tls.match: level encrypt looks at no name, so match does nothing'],
  },
  {
    name: 'a name of TLS that is none',
    fields: {
      domains:
        '[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, bob, postmaster, abuse]}, tls: {level: secure, match: ["a b"]}}]',
    },
    says: ['spec.domains[0].tls.match[0]: "a b" is not a host name'],
  },
  {
    name: 'a redirect with a space in it',
    fields: { redirects: '[{from: "a@x b@y", to: [alice@example.com]}]' },
    says: ['spec.redirects[0].from: not a mail address (space at 3)'],
  },
]
