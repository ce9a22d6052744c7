import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cycle } from '../../../controller/engine/cycle.ts'
import { reconcile } from '../../../controller/engine/reconcile.ts'
import type { Vital } from '../../../controller/model/kind.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import { file } from '../../../controller/primitives/file/spec.ts'
import { depsOf, desired, primitiveOf } from '../../conformance/engine.ts'
import { type SshPlace, sshPlace } from '../../conformance/ssh-place.ts'
import { type NativeHost, startNativeHost } from '../../lab/nspawn.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { machines, routeOf } from './fleets.ts'
import { byHand, connectClient, type Instance, rcpt, sendMail, startInstance } from './postfix.ts'

// Gateway A is the host's own Postfix, converged by the engine; gateway B and the users' server stand beside it, each with an address.
const [a, b, users, elsewhere] = ['192.168.9.12', '192.168.9.13', '192.168.9.14', '192.168.9.15']
const gateways = `[{target: {hypervisor: he1}, hostname: plpa.example.net, addresses: [${a}]}, {target: {hypervisor: he2}, hostname: plpb.example.net, addresses: [${b}]}]`
const domains = `[{name: example.com, target: {host: ${users}}, recipients: {addresses: [alice, bob, postmaster, abuse]}, tls: {level: may}},
    {name: asked.example, target: {host: ${users}}, recipients: {mode: Verify}, tls: {level: may}},
    {name: redirect.example, redirectOnly: true}]`
const redirects = `[{from: info@example.com, to: [alice@example.com]}, {from: both@example.com, to: [alice@example.com, bob@example.com]},
    {from: all@redirect.example, to: [bob@example.com]}]`
const routes = `[{address: vip@example.com, target: {host: ${elsewhere}}}]`
const whole = { gateways, domains, redirects, routes }

const isLong = process.env['REEVE_TEST_LONG'] === '1'

let host: NativeHost
let place: SshPlace
let maila: Instance
let plpb: Instance

/** Postfix as a person set it up before Reeve: a map of their own. */
const theirs = `printf 'own.example relay:[192.0.2.99]\\n' >/etc/postfix/transport; postmap /etc/postfix/transport
postconf -e transport_maps=hash:/etc/postfix/transport 'mydestination=localhost' inet_protocols=ipv4 smtp_bind_address=${a} minimal_backoff_time=3000s queue_run_delay=3000s`
const userServer = `postconf -e myhostname=maila.example.net mydestination=example.com,asked.example,localhost home_mailbox=Maildir/ alias_maps= 'smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination'`

beforeAll(async () => {
  host = await startNativeHost()
  place = sshPlace(host)
  await place.run(`systemctl stop postfix; ip addr add ${a}/32 dev lo
for user in alice bob postmaster abuse vip; do useradd -m "$user"; done`)
  maila = await startInstance(place, { name: 'maila', address: users, configure: userServer })
  await startInstance(place, {
    name: 'vips',
    address: elsewhere,
    configure: userServer.replace('maila.', 'vips.').replace('Maildir/', 'Vip/'),
  })
  plpb = await startInstance(place, { name: 'plpb', address: b, configure: byHand(specsOf(whole, 1)) })
  await place.run(`${theirs}; cp -a /etc/postfix /root/before`)
})
afterAll(async () => {
  await place?.host[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
})

function specsOf(fields: Readonly<Record<string, string>>, at = 0): readonly Spec[] {
  const fleet = fleetOf(machines + routeOf(fields))
  const kind = kindOf('MailRoute')
  const [route] = fleet.manifests.filter((one) => one.kind === 'MailRoute')
  const placement = route && kind.place(route, fleet)[at]
  if (route === undefined || placement === undefined) throw new Error('no placement')
  return kind.compile(route, placement, fleet)
}

function queueVital(): Vital {
  const fleet = fleetOf(machines + routeOf(whole))
  const kind = kindOf('MailRoute')
  const [route] = fleet.manifests.filter((one) => one.kind === 'MailRoute')
  const placement = route && kind.place(route, fleet)[0]
  const found = route && placement && kind.vitals?.(route, placement, fleet).find(({ id }) => id.startsWith('queue-'))
  if (found === undefined) throw new Error('no vital')
  return found
}

async function fingerprint(run: (script: string) => Promise<string>): Promise<number | undefined> {
  const { probe, assess } = queueVital()
  const { samples } = assess({ status: 'read', stdout: await run('text' in probe ? probe.text : ''), reason: '' })
  return samples.find(({ metric }) => metric === 'mail_gateway_fingerprint')?.value
}

const cycle = (specs: readonly Spec[]): Promise<Cycle> => reconcile(desired(specs), depsOf(place))
const outcomeOf = ({ status, message, applied }: Cycle): string => `${status} ${message} ${JSON.stringify(applied.at(-1)?.outcome)}`
const delivered = (user: string) => place.run(`ls /home/${user}/Maildir/new 2>/dev/null | wc -l`).then(Number)
const queued = async () => Number(await place.run('postqueue -j | wc -l')) + Number(await plpb.run('postqueue -j | wc -l'))

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let times = 0; times < 100; times++) {
    if (await what()) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('it did not come to pass')
}

test('a gateway is converged from a bare Postfix, and a second cycle changes nothing', async () => {
  const first = await cycle(specsOf(whole))
  expect(outcomeOf(first)).toMatch(/^converged {2}/)
  expect(await cycle(specsOf(whole))).toMatchObject({ status: 'noop', drift: [] })
  expect(await place.run('postconf -h transport_maps; postmap -q own.example hash:/etc/postfix/transport')).toBe(
    'texthash:/etc/postfix/reeve/transport, hash:/etc/postfix/transport\nrelay:[192.0.2.99]\n',
  )
})

test.each([
  ['the one that the engine made', a],
  ['the one beside it', b],
])('%s takes who is known, and refuses who is not, whoever else asks', async (_name, address) => {
  using client = await connectClient(place, address)
  const asked = [
    'alice@example.com',
    'INFO@Example.COM',
    'all@redirect.example',
    'nobody@example.com',
    'x@redirect.example',
    'x@outside.example',
    'x%outside.example@example.com',
    '@example.com:x@outside.example',
  ]
  const answers: string[] = []
  for (const one of asked) answers.push(`${one} ${await rcpt(client, one)}`)
  expect(answers.map((one) => one.replace(/ (\d)/, ' $1'))).toEqual([
    'alice@example.com 250 2.1.5',
    'INFO@Example.COM 250 2.1.5',
    'all@redirect.example 250 2.1.5',
    'nobody@example.com 550 5.1.1',
    'x@redirect.example 550 5.1.1',
    'x@outside.example 554 5.7.1',
    'x%outside.example@example.com 554 5.7.1',
    '@example.com:x@outside.example 554 5.7.1',
  ])
})

test('of a domain whose users nobody listed the target is asked', async () => {
  using client = await connectClient(place, a)
  // It may answer that it still asks.
  for (const [to, reply] of [
    ['alice@asked.example', '250'],
    ['stranger@asked.example', '550'],
  ] as const)
    await until(async () => (await rcpt(client, to)).startsWith(reply))
})

test('mail goes through either gateway to its users, and where redirects say', async () => {
  for (const address of [a, b]) {
    using client = await connectClient(place, address)
    for (const to of ['alice@example.com', 'both@example.com', 'all@redirect.example']) expect(await sendMail(client, to)).toMatch(/^250 /)
  }
  await until(async () => (await delivered('alice')) === 4 && (await delivered('bob')) === 4)
  expect(await queued()).toBe(0)
})

if (isLong) {
  test('a server with a certificate of its own making gets mail by its fingerprint, and with another one it waits', async () => {
    await maila.run(`cd /etc/postfix; openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=own -keyout own.key -out own.crt 2>/dev/null
  postconf -e smtpd_tls_cert_file=/etc/postfix/own.crt smtpd_tls_key_file=/etc/postfix/own.key smtpd_tls_security_level=may; postfix reload 2>/dev/null`)
    const print = /=([0-9A-F:]{95})$/m.exec(await maila.run('openssl x509 -noout -fingerprint -sha256 -in /etc/postfix/own.crt'))?.[1] ?? ''
    const known = (match: string) => domains.replaceAll('{level: may}', `{level: fingerprint, match: ["${match}"]}`)
    const before = await delivered('alice')
    expect(outcomeOf(await cycle(specsOf({ ...whole, domains: known(print) })))).toMatch(/^converged {2}/)
    using client = await connectClient(place, a)
    expect(await sendMail(client, 'alice@example.com')).toMatch(/^250 /)
    await until(async () => (await delivered('alice')) === before + 1)
    await maila.run(
      `cd /etc/postfix; openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=own -keyout own.key -out own.crt 2>/dev/null; postfix reload 2>/dev/null`,
    )
    expect(await sendMail(client, 'alice@example.com', 'held')).toMatch(/^250 /)
    await until(async () => (await place.run('postqueue -j')).includes('Server certificate not verified'))
    await place.run('postsuper -d ALL 2>/dev/null')
    expect(outcomeOf(await cycle(specsOf(whole)))).toMatch(/^converged {2}/)
  })
}

test('one address goes to another server than its domain', async () => {
  using client = await connectClient(place, a)
  expect(await sendMail(client, 'vip@example.com')).toMatch(/^250 /)
  await until(async () => (await place.run('ls /home/vip/Vip/new 2>/dev/null | wc -l')) === '1\n')
})

test('while the user server is down mail waits on both gateways, and all of it is delivered after', async () => {
  const before = await delivered('bob')
  await maila.stop()
  for (const address of [a, b]) {
    using client = await connectClient(place, address)
    for (let count = 0; count < 50; count++) expect(await sendMail(client, 'bob@example.com', String(count))).toMatch(/^250 /)
  }
  await until(async () => (await queued()) === 100)
  const { probe, assess } = queueVital()
  const assessed = assess({ status: 'read', stdout: await place.run('text' in probe ? probe.text : ''), reason: '' })
  expect(assessed).toMatchObject({ healthy: true, message: '50 messages wait on he1, 50 of them deferred' })
  await maila.start()
  // By itself A would wait an hour. That it sends is no drift: nobody moved anything there.
  await until(async () => (await place.run('timeout 5 bash -c "exec 3<>/dev/tcp/192.168.9.14/25; head -c 3 <&3" || :')) === '220')
  expect(await cycle(specsOf(whole))).toMatchObject({ status: 'converged', drift: [], applied: [{ outcome: { status: 'done' } }] })
  await plpb.run('postqueue -f')
  await until(async () => (await delivered('bob')) === before + 100)
  await until(async () => (await queued()) === 0)
})

test('whom the server of the users knows is known on the gateway, also who is new there, and while it is silent', async () => {
  const asked = domains.replace('recipients: {addresses: [alice, bob, postmaster, abuse]}', 'recipients: {mode: FromTarget}')
  const fleet = fleetOf(machines + routeOf({ ...whole, domains: asked.replace(`target: {host: ${users}}`, 'target: {container: maila}') }))
  const kind = kindOf('MailRoute')
  const [route] = fleet.manifests.filter((one) => one.kind === 'MailRoute')
  const places = route ? kind.place(route, fleet) : []
  const compiledAt = (role: string): readonly Spec[] => {
    const placement = places.find((one) => one.role === role)
    return route && placement ? kind.compile(route, placement, fleet) : []
  }
  const source = compiledAt('source')
  const primitive = primitiveOf('mailRecipients')
  const look = async () =>
    primitive.parse(await maila.run(primitive.probe(source, 'f').text), source).items.get(source[0]?.id ?? ('' as never))
  const withPeer = async (fact = look()) => {
    const seen = (await fact) ?? { status: 'unknown' as const, reason: 'nothing' }
    return reconcile(desired(compiledAt('gateway')), { ...depsOf(place), peers: { of: () => seen, isRead: () => true } })
  }
  const unread = Promise.resolve({ status: 'unknown' as const, reason: 'it is stopped' })
  // Before its first answer nothing of the route moves.
  expect((await withPeer(unread)).applied).toEqual([])
  expect(outcomeOf(await withPeer())).toMatch(/^converged {2}/)
  using client = await connectClient(place, a)
  expect(await rcpt(client, 'alice@example.com')).toBe('250 2.1.5')
  expect(await rcpt(client, 'dave@example.com')).toBe('550 5.1.1')
  await place.run('useradd -m dave')
  expect(await withPeer()).toMatchObject({ status: 'converged', drift: [] })
  using again = await connectClient(place, a)
  expect(await rcpt(again, 'dave@example.com')).toBe('250 2.1.5')
  expect(await withPeer(unread)).toMatchObject({ status: 'noop' })
  await place.run('userdel -r dave 2>/dev/null')
  expect(outcomeOf(await cycle(specsOf(whole)))).toMatch(/^converged {2}/)
  expect(await place.run('ls /etc/postfix/reeve-recipients 2>/dev/null || postconf -h relay_recipient_maps')).toBe(
    'texthash:/etc/postfix/reeve/relay_recipients\n',
  )
})

test('one line that a person adds to a map of theirs makes gateways differ, and so tells it', async () => {
  const before = await fingerprint((script) => place.run(script))
  await place.run("printf 'more.example relay:[192.0.2.98]\\n' >>/etc/postfix/transport; postmap /etc/postfix/transport")
  expect(await fingerprint((script) => place.run(script))).not.toBe(before)
  // Told as drift of the second gateway, with the entry, and left as it is.
  const second = specsOf(whole, 1).filter(({ type }) => type === 'mailHoldings')
  const primitive = primitiveOf('mailHoldings')
  const fact = primitive.parse(await plpb.run(primitive.probe(second, 'f').text), second).items.get(second[0]?.id ?? ('' as never))
  const peers = { of: () => fact ?? { status: 'unknown' as const, reason: 'nothing' }, isRead: () => true }
  const here = [...specsOf(whole).filter(({ type }) => type !== 'mailHoldings'), ...second]
  const told = await reconcile(desired(here), { ...depsOf(place), peers })
  expect({ status: told.status, applied: told.applied }).toEqual({ status: 'noop', applied: [] })
  expect(told.drift.flatMap(({ fields }) => fields.map(({ field }) => field))).toContain('main.cf transport_maps')
  await place.run('cp -a /root/before/transport /root/before/transport.db /etc/postfix/')
  expect(await fingerprint((script) => place.run(script))).toBe(before)
  expect(before).toBeGreaterThan(0)
})

test('with one gateway down the other takes its place', async () => {
  await place.run('systemctl stop postfix@-')
  const before = await delivered('alice')
  using client = await connectClient(place, b)
  expect(await sendMail(client, 'alice@example.com')).toMatch(/^250 /)
  await until(async () => (await delivered('alice')) === before + 1)
  const { status, drift } = await cycle(specsOf(whole))
  expect({ status, drift: drift.map(({ id }) => id) }).toEqual({ status: 'converged', drift: ['service:postfix@-.service'] })
})

test('a manifest that goes leaves main.cf as it was, the maps of others, and Postfix stopped as it was', async () => {
  // Beside much else that is owned: all of what one owns at once is not removed without being asked.
  const much = Array.from({ length: 40 }, (_, index) => file({ path: `/etc/much-${index}`, content: '', mode: '0644', owner: 'root:root' }))
  await cycle([...specsOf(whole), ...much])
  expect(outcomeOf(await cycle(much))).toMatch(/^converged {2}/)
  expect(await place.run('diff -r /root/before /etc/postfix && echo same; systemctl is-active postfix@- || :')).toBe('same\ninactive\n')
})
