import { type BadInput, manifest } from './repository.ts'

/** A zone with this text beside an address. It stays in force: what mail thinks of a record is no business of name servers. */
function zone(name: string, values: readonly string[]): string {
  const server = manifest('NameServer', { target: '{hypervisor: he1}', address: '192.0.2.10' }, '{name: ns}')
  const records = `[{name: www, type: A, values: [192.0.2.1]}, {name: ${JSON.stringify(name)}, type: TXT, values: ${JSON.stringify(values)}}]`
  return `${server}---\n${manifest('Zone', { name: 'example.com', primary: 'ns', records })}`
}

const adds = ['NameServer/ns', 'Zone/bad']

/** Mistakes in SPF, DMARC and DKIM, which receivers of mail answer by ignoring the record. */
export const zoneMailCases: readonly BadInput[] = [
  {
    name: 'two SPF records of one name',
    says: [
      'bad.yaml:14:102: warning: spec.records[1].values[1]: @ has two SPF records: receivers use neither (RFC 7208 4.5); make them one',
    ],
    adds,
    file: zone('@', ['v=spf1 -all', 'v=spf1 mx -all']),
  },
  {
    name: 'an SPF record of another version',
    says: [
      'bad.yaml:14:88: warning: spec.records[1].values[0]: not an SPF record: it must begin with "v=spf1" and a space (RFC 7208 4.5); write v=spf1 mx -all',
    ],
    adds,
    file: zone('@', ['v=spf1;mx -all']),
  },
  {
    name: 'an SPF term that nobody knows',
    says: [
      'bad.yaml:14:88: warning: spec.records[1].values[0]: SPF term "ip:192.0.2.1" is not known: receivers take the whole record for an error; known are include, a, mx, ptr, exists, all, ip4, ip6',
    ],
    adds,
    file: zone('@', ['v=spf1 ip:192.0.2.1 -all']),
  },
  {
    name: 'an SPF term without an IPv4 address',
    says: [
      'bad.yaml:14:88: warning: spec.records[1].values[0]: SPF term "ip4:mail.example.com" has no IPv4 address: receivers take the whole record for an error',
    ],
    adds,
    file: zone('@', ['v=spf1 ip4:mail.example.com -all']),
  },
  {
    name: 'an SPF record of eleven lookups',
    says: [
      'bad.yaml:14:88: warning: spec.records[1].values[0]: SPF needs 11 lookups, limit 10, and those of its includes besides (RFC 7208 4.6.4); name networks by ip4 and ip6',
    ],
    adds,
    file: zone('@', [
      'v=spf1 mx a include:a.example.org include:b.example.org include:c.example.org include:d.example.org include:e.example.org include:f.example.org include:g.example.org include:h.example.org include:i.example.org -all',
    ]),
  },
  {
    name: 'an SPF record that lets everybody send',
    says: ['bad.yaml:14:88: warning: spec.records[1].values[0]: SPF lets everybody send: +all; end it with -all or ~all'],
    adds,
    file: zone('@', ['v=spf1 mx +all']),
  },
  {
    name: 'an SPF record without an end',
    says: ['bad.yaml:14:88: warning: spec.records[1].values[0]: SPF says nothing of all other senders; end it with -all or ~all'],
    adds,
    file: zone('@', ['v=spf1 mx']),
  },
  {
    name: 'an SPF term behind the end',
    says: ['bad.yaml:14:88: warning: spec.records[1].values[0]: SPF ends at -all: "mx" after it is never read (RFC 7208 5.1)'],
    adds,
    file: zone('@', ['v=spf1 -all mx']),
  },
  {
    name: 'two DMARC records',
    says: [
      'bad.yaml:14:112: warning: spec.records[1].values[1]: _dmarc has two DMARC records: receivers use neither (RFC 7489 6.6.3); make them one',
    ],
    adds,
    file: zone('_dmarc', ['v=DMARC1; p=none', 'v=DMARC1; p=reject']),
  },
  {
    name: 'a DMARC record at the zone itself',
    says: ['bad.yaml:14:88: warning: spec.records[1].values[0]: a DMARC record is looked for at _dmarc only; set name: _dmarc'],
    adds,
    file: zone('@', ['v=DMARC1; p=none']),
  },
  {
    name: 'another text where DMARC is looked for',
    says: [
      'bad.yaml:14:93: warning: spec.records[1].values[0]: not a DMARC record: it must begin with "v=DMARC1;"; write v=DMARC1; p=none',
    ],
    adds,
    file: zone('_dmarc', ['p=none']),
  },
  {
    name: 'a DMARC record without its policy',
    says: [
      'bad.yaml:14:93: warning: spec.records[1].values[0]: DMARC has no p= after v=DMARC1: receivers ignore it; write v=DMARC1; p=none or quarantine or reject',
    ],
    adds,
    file: zone('_dmarc', ['v=DMARC1; rua=mailto:a@example.com']),
  },
  {
    name: 'a DMARC policy that is none',
    says: ['bad.yaml:14:93: warning: spec.records[1].values[0]: DMARC policy "block" is none of none, quarantine, reject'],
    adds,
    file: zone('_dmarc', ['v=DMARC1; p=block']),
  },
  {
    name: 'a DMARC report to no address',
    says: [
      'bad.yaml:14:93: warning: spec.records[1].values[0]: DMARC reports cannot be sent to "rua=a@example.com"; write rua=mailto:NAME@DOMAIN',
    ],
    adds,
    file: zone('_dmarc', ['v=DMARC1; p=none; rua=a@example.com']),
  },
  {
    name: 'a DKIM record without a key',
    says: ['bad.yaml:14:100: warning: spec.records[1].values[0]: DKIM has no p=: it holds no key'],
    adds,
    file: zone('k1._domainkey', ['v=DKIM1; k=rsa']),
  },
  {
    name: 'a DKIM key that is none',
    says: ['bad.yaml:14:100: warning: spec.records[1].values[0]: DKIM key after p= is not base64'],
    adds,
    file: zone('k1._domainkey', ['v=DKIM1; p=MIIB…']),
  },
]
