import { describe, expect, it } from 'vitest'
import { complaints, fleetOf } from '../fleet.ts'
import { servers, zoneOf } from './fleets.ts'

const base = '{name: www, type: A, values: [192.0.2.1]}'
const hex = (bytes: number): string => 'ab'.repeat(bytes)

/** Records, and all that is said of them. */
type Row = readonly [name: string, records: string, says: readonly string[], more?: string, zone?: string]
const rows: readonly Row[] = [
  ['good ones', `[${base}, {name: "@", type: MX, values: [{preference: 10, exchange: www}]}]`, []],
  [
    'an alias beside an address',
    `[{name: a, type: A, values: [192.0.2.1]}, {name: www, type: CNAME, values: [a]}, {name: b, type: A, values: [192.0.2.1]}, {name: www, type: A, values: [192.0.2.1]}]`,
    ['spec.records[1].values[0]: www: CNAME cannot coexist with A (records[1], records[3])'],
  ],
  [
    'an alias at the apex',
    `[${base}, {name: "@", type: CNAME, values: [www]}]`,
    ['spec.records[1].values[0]: @: CNAME cannot stand at the zone itself, which has SOA and NS'],
  ],
  [
    'an alias of two names',
    `[${base}, {name: a, type: CNAME, values: [www, "@"]}]`,
    ['spec.records[1].values[1]: a: CNAME has 2 values; only one can be'],
  ],
  [
    'an alias of nothing',
    `[${base}, {name: a, type: CNAME, values: [gone]}]`,
    ['spec.records[1].values[0]: CNAME target gone.example.com. does not exist in this zone'],
  ],
  ['an alias of itself', `[${base}, {name: a, type: CNAME, values: [a]}]`, ['spec.records[1].values[0]: CNAME a names itself']],
  [
    'a target with dots and none at its end',
    `[${base}, {name: "@", type: MX, values: [{preference: 1, exchange: mail.example.com}]}]`,
    ['spec.records[1].values[0].exchange: "mail.example.com" is ambiguous; write "mail.example.com." or "mail"'],
  ],
  [
    'a target of another domain without its last dot',
    `[${base}, {name: a, type: CNAME, values: [mail.example.org]}]`,
    ['spec.records[1].values[0]: "mail.example.org" is ambiguous; write "mail.example.org." or "mail.example.org.example.com."'],
  ],
  [
    'an owner that repeats the zone',
    `[{name: www.example.com, type: A, values: [192.0.2.1]}]`,
    ['spec.records[0].name: "www.example.com" is ambiguous; write "www.example.com." or "www"'],
  ],
  [
    'mail for an alias',
    `[${base}, {name: a, type: CNAME, values: [www]}, {name: "@", type: MX, values: [{preference: 1, exchange: a}]}]`,
    ['spec.records[2].values[0].exchange: MX target a.example.com. is a CNAME (RFC 2181 10.3)'],
  ],
  [
    'mail for nobody',
    `[${base}, {name: "@", type: MX, values: [{preference: 1, exchange: mail}]}]`,
    ['spec.records[1].values[0].exchange: MX target mail.example.com. has no address in this zone'],
  ],
  [
    'mail for an address',
    `[${base}, {name: "@", type: MX, values: [{preference: 1, exchange: 192.0.2.9}]}]`,
    ['spec.records[1].values[0].exchange: MX exchange is an IP address; name a host'],
  ],
  [
    'a service of nobody',
    `[${base}, {name: _sip._tcp, type: SRV, values: [{priority: 1, weight: 1, port: 5060, target: sip}]}]`,
    ['spec.records[1].values[0].target: SRV target sip.example.com. has no address in this zone'],
  ],
  [
    'a service on no port',
    `[${base}, {name: _sip._tcp, type: SRV, values: [{priority: 1, weight: 1, port: 65536, target: www}]}]`,
    ['spec.records[1].values[0].port: port must be 0…65535'],
  ],
  [
    'a name server without an address',
    `[${base}, {name: "@", type: NS, values: [dns]}]`,
    ['spec.records[1].values[0]: NS target dns.example.com. has no address in this zone'],
  ],
  [
    'a delegation without glue',
    `[${base}, {name: sub, type: NS, values: [ns.sub]}]`,
    ['spec.records[1].values[0]: "ns.sub" is ambiguous; write "ns.sub." or "ns.sub.example.com."'],
  ],
  [
    'a delegation without the address of its server',
    `[${base}, {name: sub, type: NS, values: [ns.sub.example.com.]}]`,
    ['spec.records[1].values[0]: NS target ns.sub.example.com. has no address in this zone'],
  ],
  [
    'a record below a delegation',
    `[${base}, {name: sub, type: NS, values: [ns.example.org.]}, {name: a.sub, type: A, values: [192.0.2.1]}]`,
    ['spec.records[2].values[0]: A a.sub lies below the delegation sub (records[1]): nobody would see it'],
  ],
  [
    'a record below a DNAME',
    `[${base}, {name: old, type: DNAME, values: [example.org.]}, {name: a.old, type: A, values: [192.0.2.1]}]`,
    ['spec.records[2].values[0]: A a.old lies below the DNAME old (records[1]): nobody would see it'],
  ],
  [
    'an owner outside',
    `[${base}, {name: out.example.org., type: A, values: [192.0.2.1]}]`,
    ['spec.records[1].name: out.example.org. is not below example.com.'],
  ],
  ['a TTL below 0', `[{name: www, type: A, ttl: -1, values: [192.0.2.1]}]`, ['spec.records[0].ttl: ttl must be 0…2147483647']],
  ['a TTL of 2^31', `[{name: www, type: A, ttl: 2147483648, values: [192.0.2.1]}]`, ['spec.records[0].ttl: ttl must be 0…2147483647']],
  [
    'two TTLs of one set',
    `[{name: www, type: A, ttl: 10, values: [192.0.2.1]}, {name: www, type: A, ttl: 20, values: [192.0.2.2]}]`,
    ['spec.records[1].values[0]: A www has two TTLs (10, 20)'],
  ],
  [
    'quotes around a text',
    `[${base}, {name: "@", type: TXT, values: ['"v=spf1 -all"']}]`,
    ['spec.records[1].values[0]: value starts and ends with a quote; quotes would be part of the data'],
  ],
  [
    'an SPF record that names networks of both sorts wrongly',
    `[${base}, {name: "@", type: TXT, values: ['v=spf1 ip4:2001:db8::/32 ip6:192.0.2.1 ip6:2001:db8::/32 ip4:192.0.2.0/24 include:%{i}.example.org -all']}]`,
    [
      'spec.records[1].values[0]: SPF term "ip4:2001:db8::/32" has no IPv4 address: receivers take the whole record for an error',
      'spec.records[1].values[0]: SPF term "ip6:192.0.2.1" has no IPv6 address: receivers take the whole record for an error',
    ],
  ],
  ['a leading zero', `[{name: www, type: A, values: [192.168.100.02]}]`, ['spec.records[0].values[0]: not an IPv4 address (leading zero)']],
  ['three numbers', `[{name: www, type: A, values: ["1.2.3"]}]`, ['spec.records[0].values[0]: not an IPv4 address']],
  ['no IPv6 address', `[{name: www, type: AAAA, values: ["2001:db8::1::2"]}]`, ['spec.records[0].values[0]: not an IPv6 address']],
  [
    'an underscore in a host',
    `[{name: a_b, type: A, values: [192.0.2.1]}]`,
    ['spec.records[0].name: host names may not contain "_"; named refuses the zone'],
  ],
  [
    'an underscore in a mail host',
    `[${base}, {name: "@", type: MX, values: [{preference: 1, exchange: a_b}]}]`,
    ['spec.records[1].values[0].exchange: a_b.example.com. is no host name; named refuses the zone'],
  ],
  [
    'a short fingerprint',
    `[${base}, {name: www, type: SSHFP, values: [{algorithm: 4, fingerprintType: 2, fingerprint: ${hex(20)}}]}]`,
    ['spec.records[1].values[0].fingerprint: a fingerprint of type 2 is 64 hexadecimal digits, 40 are written'],
  ],
  [
    'a long digest',
    `[${base}, {name: sub, type: NS, values: [ns.example.org.]}, {name: sub, type: DS, values: [{keyTag: 1, algorithm: 13, digestType: 2, digest: ${hex(48)}}]}]`,
    ['spec.records[2].values[0].digest: a digest of type 2 is 64 hexadecimal digits, 96 are written'],
  ],
  [
    'a certificate of a wrong length',
    `[${base}, {name: _443._tcp.www, type: TLSA, values: [{usage: 3, selector: 1, matching: 1, data: ${hex(31)}}]}]`,
    ['spec.records[1].values[0].data: data of matching 1 is 64 hexadecimal digits, 62 are written'],
  ],
  [
    'flags of a CAA',
    `[${base}, {name: "@", type: CAA, values: [{flags: 1, tag: issue, value: ca.example}]}]`,
    ['spec.records[1].values[0].flags: flags must be 0 or 128 (RFC 8659 4.1)'],
  ],
  [
    'a tag of a CAA',
    `[${base}, {name: "@", type: CAA, values: [{flags: 0, tag: isue, value: ca.example}]}]`,
    [
      'spec.records[1].values[0].tag: unknown CAA tag "isue"; known are issue, issuewild, iodef, issuemail, issuevmc, contactemail, contactphone',
    ],
  ],
  [
    'a wildcard inside',
    `[${base}, {name: "a.*.b", type: A, values: [192.0.2.1]}]`,
    ['spec.records[1].name: not a name of the DNS (a wildcard stands alone as the first label, as in *.apps)'],
  ],
  [
    'a name server of a wildcard',
    `[${base}, {name: "*.b", type: NS, values: [ns.example.org.]}]`,
    ['spec.records[1].name: NS cannot stand at a wildcard (RFC 4592 4)'],
  ],
  [
    'an SPF record',
    `[${base}, {name: "@", type: SPF, values: [x]}]`,
    ['spec.records[1].type: SPF is no longer a type of its own (RFC 7208 3.1); write it as TXT'],
  ],
  ['a SOA', `[${base}, {name: "@", type: SOA, values: [x]}]`, ['spec.records[1].type: the SOA is written by spec.soa']],
  [
    'an unknown type',
    `[${base}, {name: "@", type: FOO, values: [x]}]`,
    ['spec.records[1].type: type FOO is not known; write TYPE and its number, with its data in hexadecimal'],
  ],
  [
    'a type by its number that has a name',
    `[${base}, {name: "@", type: TYPE16, values: ["00"]}]`,
    ['spec.records[1].type: TYPE16 has a name; write that'],
  ],
  [
    'the same twice',
    `[${base}, {name: WWW, type: A, values: [192.0.2.1]}]`,
    ['spec.records[1].values[0]: A www is written twice (spec.records[0].values[0])'],
  ],
  [
    'a null MX with another',
    `[${base}, {name: "@", type: MX, values: [{preference: 0, exchange: .}, {preference: 5, exchange: www}]}]`,
    ['spec.records[1].values[0]: a null MX stands alone, and @ has 2 MX (RFC 7505 3)'],
  ],
  [
    'a set that named does not take',
    `[{name: www, type: A, values: [${Array.from({ length: 101 }, (_, index) => `10.0.0.${index}`).join(', ')}]}]`,
    ['spec.records[0].values[100]: A www has 101 values; named takes 100 (max-records-per-type)'],
  ],
  [
    'servers by the name of a part of a network',
    '[{name: "4", type: PTR, values: [a.example.com.]}]',
    ['spec.nameservers: its name server ns1.0/26.2.0.192.in-addr.arpa. would have no host name; named refuses the zone'],
    '',
    '0/26.2.0.192.in-addr.arpa',
  ],
  ['nothing', '[]', ['spec: zone would be empty']],
  ['a primary as secondary', `[${base}]`, ['spec.secondaries[0]: ns1 is the primary; it cannot be a secondary too'], 'secondaries: [ns1]'],
  ['a mail address that is none', `[${base}]`, ['spec.soa.rname: "hostmaster" is not a mail address'], 'soa: {rname: hostmaster}'],
  [
    'a zone that expires before it is renewed',
    `[${base}]`,
    ['spec.soa: expire (600) must be more than refresh (3600): secondaries would stop answering between two questions'],
    'soa: {expire: 600}',
  ],
  [
    'someone to be told who has no address',
    `[${base}]`,
    ['spec.alsoNotify[0]: "999.1.1.1" is not an IP address'],
    'alsoNotify: [999.1.1.1]',
  ],
  [
    'a reverse of no reverse zone',
    `[${base}]`,
    ['spec.reverseOf: example.com. is no reverse zone: its name does not end in in-addr.arpa or ip6.arpa'],
    'reverseOf: {zones: [other], cidr: 192.0.2.0/24}',
  ],
  ['a zone of an odd name', '[]', ['spec.name: not a name of the DNS (character ";")'], '', '"exa;mple.com"'],
]

describe('a zone', () => {
  for (const [name, records, says, more = '', zone = 'example.com'] of rows)
    it(`is checked: ${name}`, () => {
      const written = zoneOf(records, '', zone)
      const yaml = more.startsWith('secondaries')
        ? written.replace('  secondaries: [ns2]\n', `  ${more}\n`)
        : written.replace('  records:', `${more === '' ? '' : `  ${more}\n`}  records:`)
      expect(complaints(fleetOf(servers + yaml), 'Zone')).toEqual(says)
    })
})
