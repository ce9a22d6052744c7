import { routed } from './gateways.ts'
import type { BadInput } from './repository.ts'

const links = Array.from(
  { length: 11 },
  (_, index) => `{from: r${index}@example.com, to: [${index === 10 ? 'alice' : `r${index + 1}`}@example.com]}`,
)

/** Addresses of mail: of recipients, redirects, routes and probes. */
export const mailAddressCases: readonly BadInput[] = [
  {
    name: 'a recipient with a blank before it',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, " alice"]}}]' }),
    says: [
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: not a mail address (space at 0); write it as alice or alice@example.com',
    ],
  },
  {
    name: 'a recipient with a line feed',
    file: routed({
      domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, "alice\\nevil"]}}]',
    }),
    says: [
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: not a mail address (control character "\\n" at 5); write it as alice or alice@example.com',
    ],
  },
  {
    name: 'a recipient that is a comment',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, "#alice"]}}]' }),
    says: [
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: not a mail address (it begins with #, which makes it a comment); write it as alice or alice@example.com',
    ],
  },
  {
    name: 'a recipient that is not ASCII',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, jürgen]}}]' }),
    says: [
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: not a mail address (the part before the @ is not ASCII, and SMTPUTF8 is off); write it as alice or alice@example.com',
    ],
  },
  {
    name: 'a recipient that is an option',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, "-f"]}}]' }),
    says: [
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: not a mail address (the part before the @ begins with "-"); write it as alice or alice@example.com',
    ],
  },
  {
    name: 'a recipient by way of another server',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, a%b]}}]' }),
    says: [
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: not a mail address (character "%" before the @); write it as alice or alice@example.com',
    ],
  },
  {
    name: 'a recipient with two dots',
    file: routed({ domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, a..b]}}]' }),
    says: [
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: not a mail address (a dot at an end, or two together, before the @); write it as alice or alice@example.com',
    ],
  },
  {
    name: 'a recipient too long',
    file: routed({
      domains:
        '[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [postmaster, abuse, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]}}]',
    }),
    says: [
      'bad.yaml:6:105: error: spec.domains[0].recipients.addresses[2]: not a mail address (the part before the @ is 65 octets, limit 64); write it as alice or alice@example.com',
    ],
  },
  {
    name: 'a redirect without an @',
    file: routed({ redirects: '[{from: info, to: [alice@example.com]}]' }),
    says: ['bad.yaml:7:22: error: spec.redirects[0].from: not a mail address (it has no @); write it in full, such as alice@example.com'],
  },
  {
    name: 'a redirect without a domain',
    file: routed({ redirects: '[{from: info@, to: [alice@example.com]}]' }),
    says: [
      'bad.yaml:7:22: error: spec.redirects[0].from: not a mail address (it has no domain); write it in full, such as alice@example.com',
    ],
  },
  {
    name: 'a redirect of a whole domain of no name',
    file: routed({ redirects: '[{from: "@", to: [alice@example.com], catchAll: true}]' }),
    says: ['bad.yaml:7:22: error: spec.redirects[0].from: not a whole domain (it has no domain); write it as @example.com'],
  },
  {
    name: 'a redirect with a domain too long',
    file: routed({
      redirects:
        '[{from: "a@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", to: [alice@example.com]}]',
    }),
    says: [
      'bad.yaml:7:22: error: spec.redirects[0].from: not a mail address (the domain is 262 octets, limit 253); write it in full, such as alice@example.com',
    ],
  },
  {
    name: 'a redirect to a name without a local part',
    file: routed({ redirects: '[{from: info@example.com, to: ["@example.com"]}]' }),
    says: [
      'bad.yaml:7:45: error: spec.redirects[0].to[0]: not a mail address (nothing stands before the @); write it in full, such as alice@example.com',
    ],
  },
  {
    name: 'a redirect of a domain of others',
    file: routed({ redirects: '[{from: info@other.example, to: [alice@example.com]}]' }),
    says: [
      'bad.yaml:7:22: error: spec.redirects[0].from: info@other.example is in none of the domains; add its domain, with redirectOnly: true where it has no mailboxes',
    ],
  },
  {
    name: 'a redirect twice, once in capitals',
    file: routed({
      redirects: '[{from: info@example.com, to: [alice@example.com]}, {from: Info@example.com, to: [postmaster@example.com]}]',
    }),
    says: ['bad.yaml:7:73: error: spec.redirects[1].from: Info@example.com is redirects[0] already; write all that get it in one to'],
  },
  {
    name: 'a redirect of a whole domain without catchAll',
    file: routed({ redirects: '[{from: "@example.com", to: [alice@example.com]}]' }),
    says: [
      'bad.yaml:7:22: error: spec.redirects[0].from: @example.com takes every address of example.com, and nobody is unknown there any more; set catchAll: true',
    ],
  },
  {
    name: 'a redirect of one address with catchAll',
    file: routed({ redirects: '[{from: info@example.com, to: [alice@example.com], catchAll: true}]' }),
    says: [
      'bad.yaml:7:75: error: spec.redirects[0].catchAll: info@example.com is one address, so catchAll does nothing; leave it out, or write @ and the domain',
    ],
  },
  {
    name: 'a redirect of a whole domain whose users nobody lists',
    file: routed({
      domains: '[{name: example.com, target: {host: 192.0.2.25}, recipients: {mode: Verify}}]',
      redirects: '[{from: "@example.com", to: [alice@example.com], catchAll: true}]',
    }),
    says: [
      'bad.yaml:7:22: error: spec.redirects[0].from: mode Verify of example.com lists nobody, so @example.com would take the mail of all its users; list them in mode List, or redirect single addresses',
    ],
  },
  {
    name: 'a redirect to nobody',
    file: routed({ redirects: '[{from: info@example.com, to: [nobody@example.com]}]' }),
    says: [
      'bad.yaml:7:45: error: spec.redirects[0].to[0]: nobody knows nobody@example.com: it is no recipient of example.com, no redirect and no route; list it there, or name somebody who is',
    ],
  },
  {
    name: 'a redirect to a stranger',
    file: routed({ redirects: '[{from: info@example.com, to: [x@outside.example]}]' }),
    says: [
      'bad.yaml:7:45: warning: spec.redirects[0].to[0]: x@outside.example is elsewhere: its server sees mail of strangers from these gateways, and SPF fails there; give its owner a mailbox here',
    ],
    adds: ['MailRoute/bad'],
  },
  {
    name: 'a chain of eleven redirects',
    file: routed({ redirects: `[${links.join(', ')}]` }),
    says: ['bad.yaml:7:15: error: spec.redirects[0]: r0@example.com is redirected 11 times, limit 10; redirect it to where the mail ends'],
  },
  {
    name: 'a mail route twice, once in capitals',
    file: routed({
      routes: '[{address: vip@example.com, target: {host: 192.0.2.9}}, {address: VIP@example.com, target: {host: 192.0.2.9}}]',
    }),
    says: ['bad.yaml:7:77: error: spec.routes[1].address: VIP@example.com is routes[0] already; leave one of the two out'],
  },
  {
    name: 'a mail route of a domain of others',
    file: routed({ routes: '[{address: vip@other.example, target: {host: 192.0.2.9}}]' }),
    says: [
      'bad.yaml:7:22: error: spec.routes[0].address: vip@other.example is in none of the domains that have a target; add its domain, with a target',
    ],
  },
  {
    name: 'a mail route of half an address',
    file: routed({ routes: '[{address: vip, target: {host: 192.0.2.9}}]' }),
    says: ['bad.yaml:7:22: error: spec.routes[0].address: not a mail address (it has no @); write it in full, such as alice@example.com'],
  },
  {
    name: 'a mail route of an address that is redirected',
    file: routed({
      redirects: '[{from: info@example.com, to: [alice@example.com]}]',
      routes: '[{address: info@example.com, target: {host: 192.0.2.9}}]',
    }),
    says: [
      'bad.yaml:8:22: error: spec.routes[0].address: info@example.com is redirected, so none of its mail takes this route; leave the redirect or the route out',
    ],
  },
  {
    name: 'a mail probe for an address that is refused',
    file: routed({ probes: '{accept: [nobody@example.com]}' }),
    says: [
      'bad.yaml:7:21: error: spec.probes.accept[0]: the gateways refuse nobody@example.com: nobody listed it; list it as a recipient, or leave it out here',
    ],
  },
  {
    name: 'a mail probe against an address that is taken',
    file: routed({ probes: '{reject: [alice@example.com]}' }),
    says: [
      'bad.yaml:7:21: error: spec.probes.reject[0]: the gateways take alice@example.com: it is known; leave it out here, or take it off the recipients, redirects and routes',
    ],
  },
  {
    name: 'a mail probe with a blank',
    file: routed({ probes: '{reject: ["a b@example.com"]}' }),
    says: ['bad.yaml:7:21: error: spec.probes.reject[0]: not a mail address (space at 1); write it in full, such as alice@example.com'],
  },
]
