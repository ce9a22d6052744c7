import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Cycle } from '../../../controller/engine/cycle.ts'
import { reconcile } from '../../../controller/engine/reconcile.ts'
import type { NetworkProbe, Spec } from '../../../controller/model/primitive.ts'
import type { TreeSpec } from '../../../controller/primitives/tree/spec.ts'
import { depsOf, desired } from '../../conformance/engine.ts'
import { type SshPlace, sshPlace } from '../../conformance/ssh-place.ts'
import { type NativeHost, startNativeHost } from '../../lab/nspawn.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { machines, routeOf } from './fleets.ts'
import { connectClient, rcpt } from './postfix.ts'

// What Postfix says to be well and is not (success codes that lie): Reeve believes none of it.
const address = '192.168.9.22'
const gateways = `[{target: {hypervisor: he1}, hostname: plpa.example.net, addresses: [${address}]}]`
const domainOf = (name: string) => `{name: ${name}, target: {host: 192.168.9.24}, recipients: {addresses: [alice, postmaster, abuse]}}`
const good = { gateways, domains: `[${domainOf('example.com')}]` }
const other = { gateways, domains: `[${domainOf('example.com')}, ${domainOf('example.org')}]` }

let host: NativeHost
let place: SshPlace
beforeAll(async () => {
  host = await startNativeHost()
  place = sshPlace(host)
  await place.run(`systemctl stop postfix; ip addr add ${address}/32 dev lo
postconf -e inet_protocols=ipv4 mydestination=localhost; cp -a /etc/postfix /root/before`)
  expect((await cycle(compiled(good).specs)).status).toBe('converged')
})
afterAll(async () => {
  await place?.host[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
})
beforeEach(() => place.run('cp -p /root/before/master.cf /etc/postfix/master.cf; rm -f /var/lib/reeve/stamps/*'))

function compiled(fields: Readonly<Record<string, string>>) {
  const fleet = fleetOf(machines + routeOf(fields))
  const kind = kindOf('MailRoute')
  const [route] = fleet.manifests.filter((one) => one.kind === 'MailRoute')
  const placement = route && kind.place(route, fleet)[0]
  if (route === undefined || placement === undefined) throw new Error('no placement')
  return { specs: kind.compile(route, placement, fleet), vitals: kind.vitals?.(route, placement, fleet) ?? [] }
}

const cycle = (specs: readonly Spec[]): Promise<Cycle> => reconcile(desired(specs), depsOf(place))

/** The tree with other bytes for one of its maps. */
function spoiled(specs: readonly Spec[], map: string, change: (text: string) => string): readonly Spec[] {
  return specs.map((spec) => {
    if (spec.type !== 'tree') return spec
    const tree = spec as TreeSpec
    const before = tree.files[map]
    return { ...tree, files: { ...tree.files, ...(before ? { [map]: { ...before, content: change(String(before.content)) } } : {}) } }
  })
}

const live = () => place.run('cat /etc/postfix/reeve/*; postconf -n')

interface Lies {
  readonly name: string
  /** What a person does by hand. */
  readonly by?: string
  /** Postfix' own word that all is well: each command succeeds. */
  readonly says: string
  readonly wanted?: () => readonly Spec[]
  /** Why Reeve undoes its change. */
  readonly told: readonly RegExp[]
  readonly heal?: string
}

const lies: readonly Lies[] = [
  {
    name: 'a map of others that does not exist, restrictions in master.cf by which smtpd dies, a transport that it does not have',
    by: `postconf -e 'virtual_alias_maps=texthash:/etc/postfix/reeve/virtual, hash:/etc/postfix/nosuch'
postconf -P smtp/inet/smtpd_relay_restrictions=permit_mynetworks
postconf -MX relay/unix`,
    says: 'postfix check; postfix reload; systemctl is-active postfix@-',
    told: [
      /virtual_alias_maps: .*nosuch/s,
      /master\.cf: smtp\/inet\/smtpd_relay_restrictions would make this an open relay/,
      /transport \\"relay\\" is not defined in master\.cf/,
    ],
    heal: 'postconf -e virtual_alias_maps=texthash:/etc/postfix/reeve/virtual',
  },
  {
    name: 'a map in which a line stands twice, and one with a line that has no value',
    says: "printf 'a b\\na c\\nbroken\\n' >/tmp/bad; postmap -q a texthash:/tmp/bad",
    wanted: () => {
      const twice = spoiled(compiled(other).specs, 'transport', (text) => `${text}example.com relay:[192.0.2.1]:25\n`)
      return spoiled(twice, 'relay_domains', (text) => text.replace('example.org relay', 'example.org'))
    },
    told: [/duplicate entry: \\"example\.com\\"/, /relay_domains: .*expected format: key whitespace value/s],
  },
  {
    name: 'an entry that is gone, a domain that is local here, one that a map of others makes local, and their relayed domains without recipients',
    by: `printf 'example.com x\\n' >/etc/postfix/theirs; postconf -e 'mydestination=localhost,Example.ORG, texthash:/etc/postfix/theirs'
postconf -e 'relay_domains=texthash:/etc/postfix/reeve/relay_domains, own.example'`,
    says: 'postfix check; postfix reload',
    wanted: () => spoiled(compiled(other).specs, 'transport', (text) => text.replace(/example\.org .*\n/, '')),
    told: [
      /transport holds 1 entries as Postfix reads it, not 2/,
      /example\.org is local here \(mydestination\); a domain is either local or relayed/,
      /example\.com is local here \(mydestination: texthash:\/etc\/postfix\/theirs\)/,
      /relay_domains has own\.example beside this route/,
    ],
    heal: 'postconf -e mydestination=localhost relay_domains=texthash:/etc/postfix/reeve/relay_domains; rm /etc/postfix/theirs',
  },
]

test.each(lies)('$name: Postfix says that all is well, and the change is undone', async ({ by = ':', says, wanted, told, heal = ':' }) => {
  await place.run(`set -e; ${by}; ${says}`)
  const before = await live()
  const { applied } = await cycle(wanted?.() ?? compiled(other).specs)
  const outcome = applied.at(-1)?.outcome
  expect(outcome).toMatchObject({ undone: true })
  for (const one of told) expect(JSON.stringify(outcome)).toMatch(one)
  expect(await live()).toBe(before)
  await place.run(heal)
})

test('after all this the gateway serves what it served', async () => {
  await place.run('postfix reload')
  using client = await connectClient(place, address)
  const answers: string[] = []
  for (const one of ['alice@example.com', 'alice@example.org', 'x@example.com']) answers.push(await rcpt(client, one))
  expect(answers).toEqual(['250 2.1.5', '554 5.7.1', '550 5.1.1'])
  expect((await cycle(compiled(good).specs)).status).toMatch(/noop|converged/)
})

test.each([
  ['a map that cannot be opened', 'postconf -P smtp/inet/relay_recipient_maps=texthash:/nosuch', /451 4\.3\.0/],
  [
    'restrictions without which smtpd does not start',
    'postconf -P smtp/inet/smtpd_relay_restrictions=permit_mynetworks',
    /does not greet|closed the connection/,
  ],
])('%s makes the gateway unhealthy, though its unit is active', async (_name, by, told) => {
  await place.run(`${by}; postfix check; postfix reload; systemctl is-active postfix@-`)
  const vital = compiled(good).vitals.find(({ id }) => id.startsWith('smtp-'))
  const { message } = await place.host.ask(vital?.probe as NetworkProbe, 4000)
  expect(message).toMatch(told)
  expect(vital?.assess({ status: 'read', stdout: message, reason: '' })).toMatchObject({ healthy: false, reason: 'GatewayFailing' })
})
