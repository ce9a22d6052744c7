import { type BadInput, manifest } from './repository.ts'

const server = (edit: Readonly<Record<string, string>> = {}): string =>
  manifest('NameServer', { target: '{hypervisor: he1}', address: '192.0.2.10', ...edit }, '{name: ns}')
const www = '{name: www, type: A, values: [192.0.2.1]}'

/** A zone of these records on a name server that is right. */
function zone(records: string, edit: Readonly<Record<string, string>> = {}): string {
  return `${server()}---\n${manifest('Zone', { name: 'example.com', primary: 'ns', records: `[${records}]`, ...edit })}`
}

const adds = ['NameServer/ns']
const both = ['NameServer/ns', 'Zone/bad']
const many = Array.from({ length: 101 }, (_, index) => `10.0.0.${index}`).join(', ')

/** A second name server, and a zone that is right, on it. */
const rest = (): string =>
  `---\n${manifest('NameServer', { target: '{container: web}' }, '{name: ns2}')}---\n${manifest('Zone', { name: 'example.net', primary: 'ns2', records: `[${www}]` }, '{name: rest}')}`

/** What BIND would not say, or say only when it is live; each with the words of the table of the kind's bad input. */
export const zoneCases: readonly BadInput[] = [
  {
    name: 'an alias beside other data',
    says: ['bad.yaml:14:90: error: spec.records[1].values[0]: www: CNAME cannot coexist with A (records[0], records[1])'],
    adds,
    file: zone(`${www}, {name: www, type: CNAME, values: ["@"]}, {name: "@", type: A, values: [192.0.2.2]}`),
  },
  {
    name: 'an alias at the apex',
    says: [
      'bad.yaml:14:90: error: spec.records[1].values[0]: @: CNAME cannot stand at the zone itself, which has SOA and NS; write A and AAAA',
    ],
    adds,
    file: zone(`${www}, {name: "@", type: CNAME, values: [www]}`),
  },
  {
    name: 'an alias of two names',
    says: ['bad.yaml:14:93: error: spec.records[1].values[1]: a: CNAME has 2 values; only one can be'],
    adds,
    file: zone(`${www}, {name: a, type: CNAME, values: [www, "@"]}`),
  },
  {
    name: 'an alias of nothing',
    says: ['bad.yaml:14:88: error: spec.records[1].values[0]: CNAME target gone.example.com. does not exist in this zone'],
    adds,
    file: zone(`${www}, {name: a, type: CNAME, values: [gone]}`),
  },
  {
    name: 'an alias of itself',
    says: ['bad.yaml:14:88: error: spec.records[1].values[0]: CNAME a names itself'],
    adds,
    file: zone(`${www}, {name: a, type: CNAME, values: [a]}`),
  },
  {
    name: 'a target with dots and none at its end',
    says: [
      'bad.yaml:14:114: error: spec.records[1].values[0].exchange: "mail.example.com" is ambiguous; write "mail.example.com." or "mail"',
    ],
    adds,
    file: zone(`${www}, {name: "@", type: MX, values: [{preference: 10, exchange: mail.example.com}]}`),
  },
  {
    name: 'mail for an alias',
    says: ['bad.yaml:14:152: error: spec.records[2].values[0].exchange: MX target a.example.com. is a CNAME (RFC 2181 10.3)'],
    adds,
    file: zone(`${www}, {name: a, type: CNAME, values: [www]}, {name: "@", type: MX, values: [{preference: 1, exchange: a}]}`),
  },
  {
    name: 'a mail host without an address',
    says: ['bad.yaml:14:113: error: spec.records[1].values[0].exchange: MX target mail.example.com. has no address in this zone'],
    adds,
    file: zone(`${www}, {name: "@", type: MX, values: [{preference: 1, exchange: mail}]}`),
  },
  {
    name: 'mail for an IP address',
    says: ['bad.yaml:14:113: error: spec.records[1].values[0].exchange: MX exchange is an IP address; name a host'],
    adds,
    file: zone(`${www}, {name: "@", type: MX, values: [{preference: 1, exchange: 192.0.2.9}]}`),
  },
  {
    name: 'a null MX beside another',
    says: ['bad.yaml:14:87: error: spec.records[1].values[0]: a null MX stands alone, and @ has 2 MX (RFC 7505 3)'],
    adds,
    file: zone(`${www}, {name: "@", type: MX, values: [{preference: 0, exchange: .}, {preference: 5, exchange: www}]}`),
  },
  {
    name: 'a null MX that is preferred less',
    says: ['bad.yaml:14:100: error: spec.records[1].values[0].preference: a null MX has preference 0 (RFC 7505)'],
    adds,
    file: zone(`${www}, {name: "@", type: MX, values: [{preference: 7, exchange: .}]}`),
  },
  {
    name: 'an owner outside of the zone',
    says: ['bad.yaml:14:63: error: spec.records[1].name: out.example.org. is not below example.com.'],
    adds,
    file: zone(`${www}, {name: out.example.org., type: A, values: [192.0.2.1]}`),
  },
  {
    name: 'a TTL of 2^31',
    says: ['bad.yaml:14:39: error: spec.records[0].ttl: ttl must be 0…2147483647'],
    adds,
    file: zone('{name: www, type: A, ttl: 2147483648, values: [192.0.2.1]}'),
  },
  {
    name: 'two TTLs in one set',
    says: ['bad.yaml:14:104: error: spec.records[1].values[0]: A www has two TTLs (10, 20)'],
    adds,
    file: zone('{name: www, type: A, ttl: 10, values: [192.0.2.1]}, {name: www, type: A, ttl: 20, values: [192.0.2.2]}'),
  },
  {
    name: 'quotes around a text',
    says: [
      'bad.yaml:14:88: warning: spec.records[1].values[0]: value starts and ends with a quote; quotes would be part of the data; leave them out: Reeve writes those of the zone file',
    ],
    adds: both,
    file: zone(`${www}, {name: "@", type: TXT, values: ['"v=spf1 -all"']}`),
  },
  {
    name: 'an address with a leading zero',
    says: ['bad.yaml:14:43: error: spec.records[0].values[0]: not an IPv4 address (leading zero)'],
    adds,
    file: zone('{name: www, type: A, values: [192.168.100.02]}'),
  },
  {
    name: 'an address of three numbers',
    says: ['bad.yaml:14:43: error: spec.records[0].values[0]: not an IPv4 address'],
    adds,
    file: zone('{name: www, type: A, values: ["1.2.3"]}'),
  },
  {
    name: 'a host with an underscore',
    says: ['bad.yaml:14:20: error: spec.records[0].name: host names may not contain "_"; named refuses the zone'],
    adds,
    file: zone('{name: a_b, type: A, values: [192.0.2.1]}'),
  },
  {
    name: 'a mail host with an underscore',
    says: ['bad.yaml:14:113: error: spec.records[1].values[0].exchange: a_b.example.com. is no host name; named refuses the zone'],
    adds,
    file: zone(`${www}, {name: "@", type: MX, values: [{preference: 1, exchange: a_b}]}`),
  },
  {
    name: 'a fingerprint that is too short',
    says: [
      'bad.yaml:14:138: error: spec.records[1].values[0].fingerprint: a fingerprint of type 2 is 64 hexadecimal digits, 40 are written',
    ],
    adds,
    file: zone(`${www}, {name: www, type: SSHFP, values: [{algorithm: 4, fingerprintType: 2, fingerprint: ${'ab'.repeat(20)}}]}`),
  },
  {
    name: 'a digest that is too long',
    says: ['bad.yaml:14:137: error: spec.records[1].values[0].digest: a digest of type 2 is 64 hexadecimal digits, 96 are written'],
    adds,
    file: zone(`${www}, {name: www, type: DS, values: [{keyTag: 1, algorithm: 13, digestType: 2, digest: ${'ab'.repeat(48)}}]}`),
  },
  {
    name: 'a digest of half an octet',
    says: ['bad.yaml:14:132: error: spec.records[1].values[0].data: not whole octets in hexadecimal (3 digits)'],
    adds,
    file: zone(`${www}, {name: www, type: TLSA, values: [{usage: 3, selector: 1, matching: 0, data: abc}]}`),
  },
  {
    name: 'certificate data of a wrong length',
    says: ['bad.yaml:14:132: error: spec.records[1].values[0].data: data of matching 1 is 64 hexadecimal digits, 62 are written'],
    adds,
    file: zone(`${www}, {name: www, type: TLSA, values: [{usage: 3, selector: 1, matching: 1, data: ${'ab'.repeat(31)}}]}`),
  },
  {
    name: 'a service on port 65536',
    says: ['bad.yaml:14:123: error: spec.records[1].values[0].port: port must be 0…65535'],
    adds,
    file: zone(`${www}, {name: _x._tcp, type: SRV, values: [{priority: 1, weight: 1, port: 65536, target: www}]}`),
  },
  {
    name: 'flags of a CAA that are not there',
    says: ['bad.yaml:14:96: error: spec.records[1].values[0].flags: flags must be 0 or 128 (RFC 8659 4.1)'],
    adds,
    file: zone(`${www}, {name: "@", type: CAA, values: [{flags: 1, tag: issue, value: ca.example}]}`),
  },
  {
    name: 'a tag of a CAA that nobody knows',
    says: [
      'bad.yaml:14:104: error: spec.records[1].values[0].tag: unknown CAA tag "isue"; known are issue, issuewild, iodef, issuemail, issuevmc, contactemail, contactphone',
    ],
    adds,
    file: zone(`${www}, {name: "@", type: CAA, values: [{flags: 0, tag: isue, value: ca.example}]}`),
  },
  {
    name: 'a wildcard in the middle',
    says: ['bad.yaml:14:63: error: spec.records[1].name: not a name of the DNS (a wildcard stands alone as the first label, as in *.apps)'],
    adds,
    file: zone(`${www}, {name: "a.*.b", type: A, values: [192.0.2.1]}`),
  },
  {
    name: 'a delegation of a wildcard',
    says: ['bad.yaml:14:63: error: spec.records[1].name: NS cannot stand at a wildcard (RFC 4592 4)'],
    adds,
    file: zone(`${www}, {name: "*.b", type: NS, values: [ns.example.org.]}`),
  },
  {
    name: 'a delegation without glue',
    says: [
      'bad.yaml:14:87: error: spec.records[1].values[0]: NS target ns.sub.example.com. has no address in this zone; the delegation needs it as glue',
    ],
    adds,
    file: zone(`${www}, {name: sub, type: NS, values: [ns.sub.example.com.]}`),
  },
  {
    name: 'an address below a delegation',
    says: ['bad.yaml:14:138: error: spec.records[2].values[0]: A a.sub lies below the delegation sub (records[1]): nobody would see it'],
    adds,
    file: zone(`${www}, {name: sub, type: NS, values: [ns.example.org.]}, {name: a.sub, type: A, values: [192.0.2.1]}`),
  },
  {
    name: 'an address below a DNAME',
    says: ['bad.yaml:14:138: error: spec.records[2].values[0]: A a.old lies below the DNAME old (records[1]): nobody would see it'],
    adds,
    file: zone(`${www}, {name: old, type: DNAME, values: [example.org.]}, {name: a.old, type: A, values: [192.0.2.1]}`),
  },
  {
    name: 'the same record twice',
    says: ['bad.yaml:14:86: error: spec.records[1].values[0]: A www is written twice (spec.records[0].values[0])'],
    adds,
    file: zone(`${www}, {name: WWW, type: A, values: [192.0.2.1]}`),
  },
  {
    name: 'a set of 101 records',
    says: ['bad.yaml:14:1133: error: spec.records[0].values[100]: A www has 101 values; named takes 100 (max-records-per-type)'],
    adds,
    file: zone(`{name: www, type: A, values: [${many}]}`),
  },
  {
    name: 'a record of type SPF',
    says: ['bad.yaml:14:74: error: spec.records[1].type: SPF is no longer a type of its own (RFC 7208 3.1); write it as TXT'],
    adds,
    file: zone(`${www}, {name: "@", type: SPF, values: [x]}`),
  },
  {
    name: 'a SOA among the records',
    says: ['bad.yaml:14:74: error: spec.records[1].type: the SOA is written by spec.soa'],
    adds,
    file: zone(`${www}, {name: "@", type: SOA, values: [x]}`),
  },
  {
    name: 'a signature among the records',
    says: ['bad.yaml:14:74: error: spec.records[1].type: RRSIG is made by BIND; set spec.dnssec'],
    adds,
    file: zone(`${www}, {name: "@", type: RRSIG, values: [x]}`),
  },
  {
    name: 'a type that nobody knows',
    says: ['bad.yaml:14:74: error: spec.records[1].type: type FOO is not known; write TYPE and its number, with its data in hexadecimal'],
    adds,
    file: zone(`${www}, {name: "@", type: FOO, values: [x]}`),
  },
  {
    name: 'a field that the type has not',
    says: ['bad.yaml:14:126: error: spec.records[1].values[0].weight: "weight" is no field of this type'],
    adds,
    file: zone(`${www}, {name: "@", type: MX, values: [{preference: 1, exchange: www, weight: 5}]}`),
  },
  {
    name: 'a field that the type needs',
    says: ['bad.yaml:14:87: error: spec.records[1].values[0].preference: the field "preference" is missing'],
    adds,
    file: zone(`${www}, {name: "@", type: MX, values: [{exchange: www}]}`),
  },
  {
    name: 'fields where a text is wanted',
    says: ['bad.yaml:14:43: error: spec.records[0].values[0]: must be text'],
    adds,
    file: zone('{name: www, type: A, values: [{target: x}]}'),
  },
  {
    name: 'a rule of substitution without an end',
    says: [
      'bad.yaml:14:145: error: spec.records[1].values[0].regexp: not a rule of substitution as in "!^.*$!sip:info@example.com!" (RFC 3402 3.2)',
    ],
    adds,
    file: zone(
      `${www}, {name: n, type: NAPTR, values: [{order: 1, preference: 1, flags: U, services: x, regexp: "!a!b", replacement: .}]}`,
    ),
  },
  {
    name: 'parameters of an alias form',
    says: ['bad.yaml:14:125: error: spec.records[1].values[0].params: an alias (priority 0) has no parameters (RFC 9460 2.4.2)'],
    adds,
    file: zone(`${www}, {name: "@", type: HTTPS, values: [{priority: 0, target: www, params: {alpn: h2}}]}`),
  },
  {
    name: 'a zone without records',
    says: ['bad.yaml:11:1: error: spec: zone would be empty; write records, or allowEmpty: true'],
    adds,
    file: zone(''),
  },
  {
    name: 'a zone that a semicolon ends',
    says: ['bad.yaml:12:9: error: spec.name: not a name of the DNS (character ";")'],
    adds,
    file: zone(www, { name: '"exa;mple.com"' }),
  },
  {
    name: 'a primary that is its own secondary',
    says: ['bad.yaml:15:17: error: spec.secondaries[0]: ns is the primary; it cannot be a secondary too'],
    adds,
    file: zone(www, { secondaries: '[ns]' }),
  },
  {
    name: 'a zone on a name server that is not there',
    says: ['bad.yaml:13:12: error: spec.primary: there is no NameServer "nss"; did you mean "ns"?'],
    adds,
    file: zone(www, { primary: 'nss' }),
  },
  {
    name: 'a mail address without a domain',
    says: ['bad.yaml:15:16: error: spec.soa.rname: "hostmaster" is not a mail address'],
    adds,
    file: zone(www, { soa: '{rname: hostmaster}' }),
  },
  {
    name: 'a zone that expires first',
    says: [
      'bad.yaml:15:8: error: spec.soa: expire (600) must be more than refresh (3600): secondaries would stop answering between two questions',
    ],
    adds,
    file: zone(www, { soa: '{expire: 600}' }),
  },
  {
    name: 'a reverse of a zone that is none',
    says: ['bad.yaml:15:23: error: spec.reverseOf.zones[0]: references go in a circle: Zone/bad → Zone/bad; take out one of them'],
    adds,
    file: zone(www, { reverseOf: '{zones: [bad], cidr: 192.0.2.0/24}' }),
  },
  {
    name: 'a public server that resolves for everybody',
    says: [
      'bad.yaml:7:42: error: spec.recursion.allowFrom[0]: public name server must not recurse for allowFrom any; name the networks, or set exposure: internal',
    ],
    file: server({ recursion: '{enabled: true, allowFrom: [any]}' }),
  },
  {
    name: 'recursion for nobody',
    says: ['bad.yaml:7:14: error: spec.recursion: recursion needs allowFrom: the networks that it resolves for'],
    file: server({ recursion: '{enabled: true}' }),
  },
  {
    name: 'forwarders of nobody',
    says: ['bad.yaml:7:43: error: spec.recursion.forwarders: forwarders mean nothing without enabled: true'],
    file: server({ recursion: '{enabled: false, forwarders: [192.0.2.1]}' }),
  },
  {
    name: 'a server that forwards to itself',
    says: ['bad.yaml:7:68: error: spec.recursion.forwarders[0]: it would ask itself at 192.0.2.10, without end'],
    file: server({ recursion: '{enabled: true, allowFrom: [10.0.0.0/8], forwarders: [192.0.2.10]}' }),
  },
  {
    name: 'a network that is none',
    says: ['bad.yaml:7:42: error: spec.recursion.allowFrom[0]: "10.0.0.0/33" is neither an IP address nor a network'],
    file: server({ recursion: '{enabled: true, allowFrom: [10.0.0.0/33]}' }),
  },
  {
    name: 'a client twice',
    says: ['bad.yaml:7:77: error: spec.clients[1].target: clients[0] is the same target'],
    file: server({
      clients: '[{target: {hypervisor: he1}, nameservers: [192.0.2.1]}, {target: {hypervisor: he1}, nameservers: [192.0.2.1]}]',
    }),
  },
  {
    name: 'a client of nobody',
    says: ['bad.yaml:7:55: error: spec.clients[0].nameservers[0]: 1.2.3.999 is neither an IP address nor a NameServer with one'],
    file: server({ clients: '[{target: {hypervisor: he1}, nameservers: ["1.2.3.999"]}]' }),
  },
  {
    name: 'a wildcard as a zone',
    says: ['bad.yaml:12:9: error: spec.name: a zone cannot be a wildcard; leave *. out, and give the zone a record whose name is *'],
    adds: ['NameServer/ns'],
    file: zone(www, { name: '"*.example.com"' }),
  },
  {
    name: 'a secondary named twice',
    says: ['bad.yaml:15:22: error: spec.secondaries[1]: ns2 is named twice; leave one out'],
    adds: ['NameServer/ns', 'NameServer/ns2', 'Zone/rest'],
    file: `${zone(www, { secondaries: '[ns2, ns2]' })}${rest()}`,
  },
  {
    name: 'somebody to be told who has no address',
    says: ['bad.yaml:15:16: error: spec.alsoNotify[0]: "999.1.1.1" is not an IP address'],
    adds: ['NameServer/ns'],
    file: zone(www, { alsoNotify: '[999.1.1.1]' }),
  },
  {
    name: 'name servers by the name of a part of a network',
    says: [
      'bad.yaml:11:1: error: spec.nameservers: its name server ns.0/26.2.0.192.in-addr.arpa. would have no host name; named refuses the zone; write their names in nameservers, such as ns1.example.com.',
    ],
    adds: ['NameServer/ns'],
    file: zone('{name: "4", type: PTR, values: [a.example.com.]}', { name: '0/26.2.0.192.in-addr.arpa' }),
  },
  {
    name: 'name servers written twice',
    says: ['bad.yaml:14:56: error: spec.records[1]: NS of the zone are written in nameservers too; write one of them'],
    adds: ['NameServer/ns'],
    file: zone(`${www}, {name: "@", type: NS, values: [ns.example.org.]}`, { nameservers: '[ns.example.org.]' }),
  },
  {
    name: 'a name server with an underscore',
    says: ['bad.yaml:15:17: error: spec.nameservers[0]: a_b.example.com. is no host name; named refuses the zone'],
    adds: ['NameServer/ns'],
    file: zone(www, { nameservers: '[a_b]' }),
  },
  {
    name: 'a reverse of no network',
    says: ['bad.yaml:15:36: error: spec.reverseOf.cidr: "192.0.2.0" is not a network such as 192.168.100.0/24'],
    adds: ['NameServer/ns', 'NameServer/ns2', 'Zone/rest'],
    file: `${zone(www, { name: '2.0.192.in-addr.arpa', reverseOf: '{zones: [rest], cidr: 192.0.2.0}' })}${rest()}`,
  },
  {
    name: 'a reverse in a forward zone',
    says: ['bad.yaml:15:14: error: spec.reverseOf: example.com. is no reverse zone: its name does not end in in-addr.arpa or ip6.arpa'],
    adds: ['NameServer/ns', 'NameServer/ns2', 'Zone/rest'],
    file: `${zone(www, { reverseOf: '{zones: [rest], cidr: 192.0.2.0/24}' })}${rest()}`,
  },
  {
    name: 'an address of a part of a network',
    says: ['bad.yaml:14:20: error: spec.records[0].name: a/b.example.com. is no host name; named refuses the zone'],
    adds: ['NameServer/ns'],
    file: zone('{name: a/b, type: A, values: [192.0.2.1]}'),
  },
  {
    name: 'a pointer to a name with an underscore',
    says: ['bad.yaml:14:45: error: spec.records[0].values[0]: a_b.example.com. is no host name; named refuses the zone'],
    adds: ['NameServer/ns'],
    file: zone('{name: "4", type: PTR, values: [a_b.example.com.]}', { name: '2.0.192.in-addr.arpa', nameservers: '[ns.example.org.]' }),
  },
  {
    name: 'a pointer into the reverse zone',
    says: [
      'bad.yaml:14:45: error: spec.records[0].values[0]: foo.2.0.192.in-addr.arpa. lies in the reverse zone itself; write the whole name with a dot at its end',
    ],
    adds: ['NameServer/ns'],
    file: zone('{name: "4", type: PTR, values: [foo]}', { name: '2.0.192.in-addr.arpa', nameservers: '[ns.example.org.]' }),
  },
  {
    name: 'an owner with two dots',
    says: ['bad.yaml:14:63: error: spec.records[1].name: not a name of the DNS (it is empty, or two dots follow each other)'],
    adds: ['NameServer/ns'],
    file: zone(`${www}, {name: a..b, type: A, values: [192.0.2.1]}`),
  },
  {
    name: 'an owner that has no form in the DNS',
    says: ['bad.yaml:14:63: error: spec.records[1].name: not a name of the DNS ("․" has no form in it)'],
    adds: ['NameServer/ns'],
    file: zone(`${www}, {name: "\\u2024", type: A, values: [192.0.2.1]}`),
  },
  {
    name: 'a type by its number that has a name',
    says: ['bad.yaml:14:74: error: spec.records[1].type: TYPE16 has a name; write that'],
    adds: ['NameServer/ns'],
    file: zone(`${www}, {name: "@", type: TYPE16, values: ["00"]}`),
  },
  {
    name: 'a type that is no data',
    says: ['bad.yaml:14:74: error: spec.records[1].type: TYPE255 is no type of data; no zone can hold it'],
    adds: ['NameServer/ns'],
    file: zone(`${www}, {name: "@", type: TYPE255, values: ["00"]}`),
  },
  {
    name: 'a DNAME of two names',
    says: ['bad.yaml:14:104: error: spec.records[1].values[1]: old: DNAME has 2 values; only one can be'],
    adds: ['NameServer/ns'],
    file: zone(`${www}, {name: old, type: DNAME, values: [example.org., example.net.]}`),
  },
  {
    name: 'a server at no address',
    says: ['bad.yaml:6:12: error: spec.address: "999.1.1.1" is not an IP address'],
    file: server({ address: '999.1.1.1' }),
  },
  {
    name: 'a hypervisor that says no address',
    says: [
      'bad.yaml:5:11: error: spec.target: it has no address that others reach it at; give its Container network[].ipv4.address, or set spec.address',
    ],
    file: server().replace(/ {2}address: .*\n/, ''),
  },
  {
    name: 'a server that listens on a name',
    says: ['bad.yaml:7:12: error: spec.listen[0]: "1.2.3" is not an IPv4 address'],
    file: server({ listen: '["1.2.3"]' }),
  },
  {
    name: 'a forwarder that is no address',
    says: ['bad.yaml:7:68: error: spec.recursion.forwarders[0]: "1.2.3" is not an IP address'],
    file: server({ recursion: '{enabled: true, allowFrom: [10.0.0.0/8], forwarders: ["1.2.3"]}' }),
  },
  {
    name: 'a key named twice',
    says: ['bad.yaml:7:46: error: spec.transferKeys[1].secretRef: a is named twice; leave one out'],
    secrets: { 'secrets/a.age': 'open:c2VjcmV0c2VjcmV0c2VjcmV0' },
    file: server({ transferKeys: '[{secretRef: a}, {secretRef: a}]' }),
  },
  {
    name: 'a key that is none',
    says: [
      'bad.yaml:7:30: error: spec.transferKeys[0].secretRef: the secret a is no key in base64 of 12 octets or more; make one with: tsig-keygen | sed -n \'s/.*secret "\\(.*\\)".*/\\1/p\'',
    ],
    secrets: { 'secrets/a.age': 'open:short";' },
    file: server({ transferKeys: '[{secretRef: a}]' }),
  },
  {
    name: 'who updates a zone that nobody may update',
    says: ['bad.yaml:15:13: error: spec.updaters: updaters mean nothing without mode: Dynamic; set mode: Dynamic, or leave them out'],
    adds: ['NameServer/ns'],
    secrets: { 'secrets/a.age': 'open:c2VjcmV0c2VjcmV0c2VjcmV0' },
    file: zone(www, { updaters: '[{secretRef: a}]' }),
  },
  {
    name: 'who updates a zone, twice',
    says: ['bad.yaml:16:42: error: spec.updaters[1].secretRef: a is named twice; give it one line with all its types'],
    adds: ['NameServer/ns'],
    secrets: { 'secrets/a.age': 'open:c2VjcmV0c2VjcmV0c2VjcmV0' },
    file: zone(www, { mode: 'Dynamic', updaters: '[{secretRef: a}, {secretRef: a, types: [A]}]' }),
  },
  {
    name: 'who updates a zone with a key that is none',
    says: [
      'bad.yaml:16:26: error: spec.updaters[0].secretRef: the secret a is no key in base64 of 12 octets or more; make one with: tsig-keygen | sed -n \'s/.*secret "\\(.*\\)".*/\\1/p\'',
    ],
    adds: ['NameServer/ns'],
    secrets: { 'secrets/a.age': 'open:short";' },
    file: zone(www, { mode: 'Dynamic', updaters: '[{secretRef: a}]' }),
  },
  {
    name: 'who updates names that are elsewhere',
    says: ['bad.yaml:16:36: error: spec.updaters[0].below: dyn.example.org. is not below example.com.'],
    adds: ['NameServer/ns'],
    secrets: { 'secrets/a.age': 'open:c2VjcmV0c2VjcmV0c2VjcmV0' },
    file: zone(www, { mode: 'Dynamic', updaters: '[{secretRef: a, below: dyn.example.org.}]' }),
  },
  {
    name: 'who updates a type that is none',
    says: [
      'bad.yaml:16:47: error: spec.updaters[0].types[2]: the SOA is written by spec.soa',
      'bad.yaml:16:52: error: spec.updaters[0].types[3]: type NONE is not known; write TYPE and its number, with its data in hexadecimal',
    ],
    adds: ['NameServer/ns'],
    secrets: { 'secrets/a.age': 'open:c2VjcmV0c2VjcmV0c2VjcmV0' },
    file: zone(www, { mode: 'Dynamic', updaters: '[{secretRef: a, types: [A, DHCID, SOA, NONE]}]' }),
  },
  {
    name: 'more sets than a dynamic zone takes',
    says: [
      'bad.yaml:14:12: error: spec.records: 5002 sets of records; 5000 can be in a Dynamic zone; make a zone of a part of it, or set mode: Static',
    ],
    adds: ['NameServer/ns'],
    file: zone(Array.from({ length: 5000 }, (_, index) => `{name: h${index}, type: A, values: [192.0.2.1]}`).join(', '), {
      mode: 'Dynamic',
    }),
  },
  {
    name: 'a zone of a catalog that would be retained',
    says: [
      'bad.yaml:16:16: error: spec.secondaries: secondaries know it by the catalog of ns, which it leaves with its manifest: its deletionPolicy cannot be Retain; set deletionPolicy: Delete',
    ],
    adds: ['NameServer/ns', 'NameServer/ns2'],
    file: `${zone(www, { secondaries: '[ns2]' }).replace('address: 192.0.2.10', 'address: 192.0.2.10\n  secondaryVia: Catalog')}---\n${manifest('NameServer', { target: '{container: web}' }, '{name: ns2}')}`,
  },
  {
    name: 'what is not validated where nothing is resolved',
    says: ['bad.yaml:7:47: error: spec.recursion.validateExcept: validateExcept means nothing without enabled: true'],
    file: server({ recursion: '{enabled: false, validateExcept: [lan]}' }),
  },
  {
    name: 'a domain that is not validated and none',
    says: ['bad.yaml:7:77: error: spec.recursion.validateExcept[1]: "a..b" is no domain: labels of 1 to 63 characters'],
    file: server({ recursion: '{enabled: true, allowFrom: [10.0.0.0/8], validateExcept: [lan, a..b]}' }),
  },
  {
    name: 'a counter that goes back',
    says: ['bad.yaml:16:16: error: spec.serialReset: a counter has nothing to come back to; set serial: dateserial or unixtime'],
    adds: ['NameServer/ns'],
    file: zone(www, { serial: 'counter', serialReset: 'true' }),
  },
  {
    name: 'a serial that goes back where others copy the zone',
    says: [
      'bad.yaml:15:16: error: spec.serialReset: servers of others (alsoNotify) cannot be seen to follow; leave them out until it is done',
    ],
    adds: ['NameServer/ns'],
    file: zone(www, { serialReset: 'true', alsoNotify: '[192.0.2.53]' }),
  },
  {
    name: 'a serial that goes back and is not ours',
    says: ['bad.yaml:15:16: error: spec.serialReset: BIND counts the serial of a signed or Dynamic zone itself; leave serialReset out'],
    adds: ['NameServer/ns'],
    file: zone(www, { serialReset: 'true', dnssec: '{policy: default}' }),
  },
]
