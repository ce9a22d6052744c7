import { describe, expect, it } from 'vitest'
import type { Fleet } from '../../../controller/model/fleet.ts'
import type { Manifest } from '../../../controller/model/manifest.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import type { BlockSpec } from '../../../controller/primitives/block/spec.ts'
import type { DnsZoneSpec } from '../../../controller/primitives/dnsZone/spec.ts'
import type { FileSpec } from '../../../controller/primitives/file/spec.ts'
import type { TreeSpec } from '../../../controller/primitives/tree/spec.ts'
import { reveal, Secret } from '../../../controller/shell/secret.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'
import { servers, zoneOf } from '../zone/fleets.ts'

const records = '[{name: www, type: A, values: [192.0.2.1]}]'

function fleet(more = '', edit = (text: string) => text): Fleet {
  return {
    ...fleetOf(edit(servers) + zoneOf(records) + more),
    secret: (name: string) => new Secret(`c2VjcmV0c2VjcmV0c2Vj${name.padEnd(4, '0').slice(0, 4)}`),
  }
}

/** Specs of one manifest in one of its roles. */
function specs(fleet: Fleet, kind: 'NameServer' | 'Zone', name: string, role: string): readonly Spec[] {
  const manifest = fleet.get(kind, name) as Manifest
  const at = kindOf(kind)
    .place(manifest, fleet)
    .find((one) => one.role === role)
  return at === undefined ? [] : kindOf(kind).compile(manifest, at, fleet)
}

function find<S extends Spec>(all: readonly Spec[], type: string): S {
  return all.find((spec) => spec.type === type) as S
}

function filesOf(fleet: Fleet, name: string): Readonly<Record<string, string>> {
  const tree = find<TreeSpec>(specs(fleet, 'NameServer', name, 'server'), 'tree')
  return Object.fromEntries(
    Object.entries(tree.files).map(([file, { content }]) => [file, content instanceof Secret ? reveal(content) : String(content)]),
  )
}

const withSpec = (name: string, lines: string) => (text: string) =>
  text.replace(new RegExp(`(metadata: \\{name: ${name}\\}\nspec:\n)(  target: \\{container)`), `$1${lines}$2`)

describe('a name server', () => {
  it('makes a catalog of its zones for each of its secondaries, which then need no statement of any', () => {
    const all = fleet('', withSpec('ns1', '  secondaryVia: Catalog\n  transferKeys: [{secretRef: xfer}]\n'))
    const made = specs(all, 'NameServer', 'ns1', 'server')
    const data = find<DnsZoneSpec>(made, 'dnsZone')
    expect(data.zone).toBe('ns2.ns1.catalog.invalid.')
    expect(data.role).toMatchObject({
      after: expect.stringMatching(/\n[0-9a-f]{32}\.zones\.\S+ 60 IN PTR example\.com\.\nversion\.\S+ 60 IN TXT "2"\n$/),
    })
    expect(made.some((spec) => spec.type === 'block' && (spec as BlockSpec).name === 'catalog-ns2')).toBe(true)
    const files = filesOf(all, 'ns2')
    expect(files['options.conf']).toContain(
      'catalog-zones { zone "ns2.ns1.catalog.invalid" default-primaries { 192.168.100.2 key "xfer"; } zone-directory "/var/cache/bind" in-memory no min-update-interval 1; };',
    )
    expect(files['server.conf']).toContain('zone "ns2.ns1.catalog.invalid" { type secondary;')
    expect(specs(all, 'Zone', 'zone', 'secondary').map(({ type }) => type)).toEqual(['service', 'dnsZone'])
  })

  it('resolves for nobody and opens nothing, unless it is told to', () => {
    expect(filesOf(fleet(), 'ns1')).toEqual({
      'options.conf':
        '# Managed by Reeve, fleet testfleet, NameServer/ns1\nrecursion no;\nallow-query { any; };\nallow-transfer { none; };\n',
      'server.conf': '# Managed by Reeve, fleet testfleet, NameServer/ns1\n',
    })
  })

  it("says for whom it resolves and by whom, beside a person's own options", () => {
    const more =
      '  exposure: internal\n  listen: [192.168.100.2]\n  recursion: {enabled: true, allowFrom: [192.168.100.0/24], forwarders: [192.168.100.1], policy: only}\n'
    const files = filesOf(fleet('', withSpec('ns1', more)), 'ns1')
    expect(files['options.conf']).toContain(`recursion yes;
allow-recursion { localhost; 192.168.100.0/24; };
allow-query { localhost; localnets; 192.168.100.0/24; };
allow-transfer { none; };
listen-on { 127.0.0.1; 192.168.100.2; };
`)
    expect(files['server.conf']).toContain('zone "." { type forward; forward only; forwarders { 192.168.100.1; }; };\n')
  })

  it('has its own keys and those of its primaries, by the names of their secrets', () => {
    const keyed = fleet('', withSpec('ns1', '  transferKeys: [{secretRef: new}, {secretRef: old, algorithm: hmac-sha512}]\n'))
    const keys =
      '# Managed by Reeve, fleet testfleet, NameServer/NAME\nkey "new" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2Vjnew0"; };\nkey "old" { algorithm hmac-sha512; secret "c2VjcmV0c2VjcmV0c2Vjold0"; };\n'
    expect(filesOf(keyed, 'ns1')['keys.conf']).toBe(keys.replace('NAME', 'ns1'))
    expect(filesOf(keyed, 'ns2')['keys.conf']).toBe(keys.replace('NAME', 'ns2'))
    const [one, two] = ['primary', 'secondary'].map((role) => find<BlockSpec>(specs(keyed, 'Zone', 'zone', role), 'block').content)
    expect(one).toContain('allow-transfer { key "new"; key "old"; };')
    expect(two).toContain('primaries { 192.168.100.2 key "new"; };')
  })

  it('a key that is named twice is refused', () => {
    const twice = fleet('', withSpec('ns1', '  transferKeys: [{secretRef: a}, {secretRef: a}]\n'))
    expect(complaints(twice, 'NameServer')).toContain('spec.transferKeys[1].secretRef: a is named twice')
  })

  it.each(['short', 'c2VjcmV0c2VjcmV0c2VjcmV0"; }; options { recursion yes; };', '', 'c2VjcmV0c2VjcmV0 c2VjcmV0'])(
    'a secret that is no key is refused, and not shown: %j',
    (value) => {
      const keyed = { ...fleet('', withSpec('ns1', '  transferKeys: [{secretRef: xfer}]\n')), secret: () => new Secret(value) }
      expect(complaints(keyed, 'NameServer')).toContain(
        'spec.transferKeys[0].secretRef: the secret xfer is no key in base64 of 12 octets or more',
      )
    },
  )

  it('writes the resolver of its clients, and zones their hosts', () => {
    const clients =
      '  clients: [{target: {container: nowhere}, search: [example.com], nameservers: [ns1, ns2, 192.0.2.53], hosts: fromZone}]\n'
    const all = fleet('', withSpec('ns1', clients))
    const { path, content } = find<FileSpec>(specs(all, 'NameServer', 'ns1', 'client'), 'file')
    const marked = '# Managed by Reeve, fleet testfleet, NameServer/ns1\n'
    expect([path, content]).toEqual([
      '/etc/resolv.conf',
      `${marked}search example.com\nnameserver 192.168.100.2\nnameserver 192.168.100.3\nnameserver 192.0.2.53\n`,
    ])
    expect(find<BlockSpec>(specs(all, 'Zone', 'zone', 'client'), 'block')).toMatchObject({
      path: '/etc/hosts',
      content: '192.0.2.1 www.example.com\n192.168.100.2 ns1.example.com\n192.168.100.3 ns2.example.com\n',
    })
  })

  it('is asked from the controller for its zones by name', () => {
    const all = fleet(zoneOf(records, '', 'bücher.example', 'books'))
    const server = all.get('NameServer', 'ns2') as Manifest
    const [at] = kindOf('NameServer').place(server, all)
    const vitals = at ? (kindOf('NameServer').vitals?.(server, at, all) ?? []) : []
    expect(vitals.map(({ probe }) => probe)).toEqual([
      { type: 'dns', host: '192.168.100.3', port: 53, zone: 'example.com.' },
      { type: 'dns', host: '192.168.100.3', port: 53, zone: 'xn--bcher-kva.example.' },
    ])
    expect(vitals[0]?.assess({ status: 'read', stdout: 'REFUSED', reason: '' })).toMatchObject({ healthy: false, reason: 'Silent' })
    expect(vitals[0]?.assess({ status: 'read', stdout: 'ok', reason: '' })).toMatchObject({ healthy: true })
  })
})

describe('a zone', () => {
  it('looks at its secondaries on its primary, and at its primary on a secondary', () => {
    const [one, two] = ['primary', 'secondary'].map((role) => find<DnsZoneSpec>(specs(fleet(), 'Zone', 'zone', role), 'dnsZone'))
    expect(one?.peers).toMatchObject([{ target: { hypervisor: 'he2', inside: 'plpb' }, id: 'dnsZone:example.com.' }])
    expect(two?.role).toMatchObject({ type: 'secondary', primary: { target: { hypervisor: 'he1', inside: 'plpa' } } })
  })

  it("has a statement and data that are nobody else's, so that a bad one stops itself alone", () => {
    const all = fleet(zoneOf(records, '', 'example.org', 'other'))
    const ids = (name: string) => specs(all, 'Zone', name, 'primary').map(({ id }) => id)
    expect(ids('zone').filter((id) => ids('other').includes(id))).toEqual(['service:named.service'])
  })

  it('makes its reverse from what its zones hold', () => {
    const reverse = zoneOf('[]', '  reverseOf: {zones: [zone], cidr: 192.168.100.0/24}\n', '100.168.192.in-addr.arpa', 'reverse')
    const { role } = find<DnsZoneSpec>(specs(fleet(reverse), 'Zone', 'reverse', 'primary'), 'dnsZone')
    expect('after' in role ? role.after.split('\n').slice(1, -1) : []).toEqual([
      '100.168.192.in-addr.arpa. 3600 IN NS ns1.example.com.',
      '100.168.192.in-addr.arpa. 3600 IN NS ns2.example.com.',
      '2.100.168.192.in-addr.arpa. 3600 IN PTR ns1.example.com.',
      '3.100.168.192.in-addr.arpa. 3600 IN PTR ns2.example.com.',
    ])
  })

  it('has the containers that it is told of, unless a record says otherwise', () => {
    const made = zoneOf(
      '[{name: plpb, type: A, values: [192.0.2.9]}]',
      '  fromContainers: {matchLabels: {role: dns}}\n',
      'example.net',
      'made',
    )
    const { role } = find<DnsZoneSpec>(specs(fleet(made), 'Zone', 'made', 'primary'), 'dnsZone')
    const lines = 'after' in role ? role.after.split('\n').filter((line) => / A /.test(line)) : []
    expect(lines).toEqual([
      'ns1.example.net. 3600 IN A 192.168.100.2',
      'ns2.example.net. 3600 IN A 192.168.100.3',
      'plpa.example.net. 3600 IN A 192.168.100.2',
      'plpb.example.net. 3600 IN A 192.0.2.9',
    ])
  })

  const answers = (own: string, primary: string) =>
    `answer 127.0.0.1 53 6 example.com. ${own}\nanswer 192.168.100.2 53 6 example.com. ${primary}\nend\n`
  it.each([
    ['has caught up', answers('0 1 7 0 1209600 1', '0 1 7 0 - 1'), true, 'Serving'],
    ['is behind', answers('0 1 7 0 1209600 1', '0 1 8 0 - 1'), false, 'SecondaryStale'],
    ['is forgetting it', answers('0 1 7 0 1000 1', '0 1 7 0 - 1'), false, 'ZoneExpires'],
    ['fails', answers('2 0 - 0 - 0', '0 1 7 0 - 1'), false, 'NotServed'],
    ['answers for others', answers('0 0 7 0 - 1', '0 1 7 0 - 1'), false, 'NotServed'],
    [
      'cannot hear its primary',
      'answer 127.0.0.1 53 6 example.com. 0 1 7 0 1209600 1\nsilent 192.168.100.2 53 Connection refused\nend\n',
      true,
      'Serving',
    ],
    ['is down', 'silent 127.0.0.1 53 Connection refused\nanswer 192.168.100.2 53 6 example.com. 0 1 7 0 - 1\nend\n', false, 'NotServed'],
    ['says half of it', 'answer 127.0.0.1 53 6 exam', 'unknown', 'NotRead'],
  ] as const)('is judged on a secondary that %s', (_name, stdout, healthy, reason) => {
    const all = fleet()
    const manifest = all.get('Zone', 'zone') as Manifest
    const [, at] = kindOf('Zone').place(manifest, all)
    const [vital] = at ? (kindOf('Zone').vitals?.(manifest, at, all) ?? []) : []
    expect(vital?.assess({ status: 'read', stdout, reason: '' })).toMatchObject({ healthy, reason })
  })
})
