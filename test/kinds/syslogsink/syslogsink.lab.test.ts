import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reading, Vital } from '../../../controller/model/kind.ts'
import type { LedgerEntry } from '../../../controller/model/ledger.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import { bootMachine, connect, type Machine } from '../../machine/machine.ts'
import type { Run } from '../../machine/shell.ts'
import { carryOut, contextOf, type Item, known, stepsFor } from '../../machine/transaction.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'

// Debian's own rsyslog under a real systemd on two machines with a cable between them.
let sink: Machine
let sender: Machine
let times = 0

beforeAll(async () => {
  ;[sink, sender] = await Promise.all([bootMachine(), bootMachine()])
  await connect(sink, sender)
  for (const { run } of [sink, sender]) await run('hostname testhost; systemctl start rsyslog; systemctl is-active rsyslog')
  await sink.run('systemd-run -q --unit squatter python3 -m http.server -b 0.0.0.0 9090')
})
afterAll(() => Promise.all([sink, sender].map((machine) => machine[Symbol.asyncDispose]())))

const host = (name: string, address: string) => `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: ${name}}
spec:
  address: ${address}
  hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ2dXQ0cW1xcnN0dXZ3eHl6MDEyMzQ1Njc4OWFiY2Rl"]
---
`
function yamlOf(server: string, client: string): string {
  return `${host('he1', '10.77.0.1')}${host('he2', '10.77.0.2')}apiVersion: reeve.dev/v1
kind: SyslogSink
metadata: {name: central}
spec:
  server: {target: {hypervisor: he1}, ${server}}
  clients: [{targets: [{hypervisor: he2}], ${client}}]
`
}

const tcp = yamlOf('listeners: [{protocol: tcp}, {protocol: udp}, {protocol: relp}]', 'forward: [{selector: "*.notice"}]')

function itemsOf(yaml: string, role: 'sink' | 'sender'): readonly Item[] {
  const fleet = fleetOf(yaml)
  expect(complaints(fleet, 'SyslogSink')).toEqual([])
  const kind = kindOf('SyslogSink')
  const specs = fleet.all('SyslogSink').flatMap((one) =>
    kind
      .place(one, fleet)
      .filter((at) => at.role === role)
      .flatMap((at) => kind.compile(one, at, fleet)),
  )
  return specs.filter(({ type }) => type !== 'package').map((spec) => ({ primitive: primitiveOf(spec.type), spec }))
}

function primitiveOf(type: string) {
  const primitive = primitives.find((one) => one.type === type)
  if (!primitive) throw new Error(`no primitive ${type}`)
  return primitive
}

async function apply(yaml: string, role: 'sink' | 'sender') {
  const { run } = role === 'sink' ? sink : sender
  const steps = await stepsFor(itemsOf(yaml, role), run)
  return { steps, result: await carryOut(steps, `/var/lib/reeve/before-${++times}`, run) }
}

async function nothingToDo(yaml: string): Promise<void> {
  for (const [role, run] of [['sink', sink.run] as const, ['sender', sender.run] as const])
    for (const { primitive, spec } of itemsOf(yaml, role))
      expect(primitive.diff(spec, await known(primitive, spec, run), undefined), `${spec.id} of the ${role}`).toEqual({ status: 'same' })
}

function eventually<T>(read: () => Promise<T>, seconds = 20) {
  return expect.poll(read, { timeout: seconds * 1000, interval: 250 })
}

async function text(run: Run, script: string): Promise<string> {
  return (await run(script)).stdout.trim()
}

function vital(yaml: string, role: 'sink' | 'sender'): Vital {
  const fleet = fleetOf(yaml)
  const [one] = fleet.all('SyslogSink')
  const kind = kindOf('SyslogSink')
  const at = one && kind.place(one, fleet).find((placement) => placement.role === role)
  const [found] = (one && at && kind.vitals?.(one, at, fleet)) ?? []
  if (found === undefined) throw new Error(`no vital of the ${role}`)
  return found
}

async function read({ probe }: Vital, run: Run): Promise<Reading> {
  const { code, stdout, stderr } =
    'text' in probe ? await run(`probe() {\n${probe.text}\n}\nprobe </dev/null`) : { code: 1, stdout: '', stderr: '' }
  return { status: code === 0 ? 'read' : 'unknown', stdout, reason: stderr }
}

const kept = '/var/log/remote/10.77.0.2/testhost.log'
const countLines = (mark: string) => text(sink.run, `grep -c ${mark} ${kept} 2>/dev/null || :`)

describe('from nothing', () => {
  test('the sink listens and the sender sends, and then there is nothing to do', async () => {
    expect((await apply(tcp, 'sink')).result).toMatchObject({ status: 'done' })
    expect((await apply(tcp, 'sender')).result).toMatchObject({ status: 'done' })
    expect(await text(sink.run, 'ss -Hltnu "( sport = :514 or sport = :2514 )" | wc -l')).toBe('6')
    await nothingToDo(tcp)
  })

  test('what is selected arrives in the file of its sender, what is not does not, and neither is in the log of the sink itself', async () => {
    await sender.run('logger -p authpriv.notice "login failed"; logger -p user.info "not selected"; logger -p kern.err "of nobody"')
    await eventually(() => countLines('"login failed"')).toBe('1')
    expect(await countLines('"not selected"')).toBe('0')
    expect(
      await text(sink.run, 'grep -rl "login failed" /var/log --include=syslog --include=auth.log --include=user.log || echo none'),
    ).toBe('none')
    expect(await text(sink.run, `stat -c '%a %G' ${kept} /var/log/remote/10.77.0.2`)).toBe('640 adm\n750 adm')
  })
})

describe('the way is proven', () => {
  test('by lines of the sender that the sink hears by its own clock, and that lie in nobody’s log', async () => {
    const [sent, heard] = [vital(tcp, 'sender'), vital(tcp, 'sink')]
    expect(heard.assess(await read(heard, sink.run))).toMatchObject({ healthy: 'unknown', reason: 'Awaited', unread: ['he2'] })
    expect(sent.assess(await read(sent, sender.run))).toMatchObject({ healthy: true, reason: 'Sending' })
    await eventually(async () => heard.assess(await read(heard, sink.run)).reason).toBe('Receiving')
    const { samples } = heard.assess(await read(heard, sink.run))
    expect(samples.map(({ metric, labels }) => [metric, labels])).toEqual([
      ['syslog_sink_free_bytes', undefined],
      ['syslog_sender_last_heard_timestamp_seconds', { sender: 'he2' }],
    ])
    expect(await countLines('reeve-probe')).toBe('0')
  })

  test('a sender that says nothing for three intervals is told, and one whose unselected messages arrive too', async () => {
    const heard = vital(tcp, 'sink')
    const reading = await read(heard, sink.run)
    const later = (seconds: number) => ({
      ...reading,
      stdout: reading.stdout.replace(/^now (\d+)$/m, (_, now) => `now ${Number(now) + seconds}`),
    })
    expect(heard.assess(later(1000))).toMatchObject({
      healthy: false,
      reason: 'SenderSilent',
      alarms: [{ condition: 'SenderSilent', subject: 'he2' }],
    })
    const since = reading.stdout.replace(/^since \d+$/m, 'since 1')
    const [, at = ''] = /^heard (\d+) he2 selected$/m.exec(reading.stdout) ?? []
    expect(heard.assess({ ...reading, stdout: `${since}heard ${at} he2 below\n` })).toMatchObject({
      healthy: false,
      reason: 'UnselectedArrives',
    })
  })
})

describe('a sink that is not there', () => {
  const send = (mark: string, from: number, to: number) =>
    sender.run(`for i in $(seq ${from} ${to}); do echo "<13>${mark} line $i"; done | logger --prio-prefix -t counted`)
  const distinct = (mark: string) => async () => Number(await text(sink.run, `grep -o "${mark} line [0-9]*" ${kept} | sort -u | wc -l`))

  test.each([
    ['tcp', tcp],
    ['relp', tcp.replace('{targets', '{protocol: relp, targets')],
  ])(
    'loses nothing by %s: of 1,000 lines, half of them while it is down, 1,000 arrive',
    async (protocol, yaml) => {
      expect((await apply(yaml, 'sender')).result).toMatchObject({ status: 'done' })
      const count = distinct(protocol)
      await send(protocol, 1, 500)
      // What plain TCP took when the other end goes is nobody's any more; RELP answers for each line.
      if (protocol === 'tcp') await eventually(count, 60).toBe(500)
      await sink.run('systemctl stop rsyslog syslog.socket')
      await send(protocol, 501, 1000)
      expect(vital(yaml, 'sender').assess(await read(vital(yaml, 'sender'), sender.run))).toMatchObject({ healthy: true })
      await sink.run('systemctl start rsyslog')
      await eventually(count, 60).toBe(1000)
    },
    150_000,
  )

  test('is sent to by tcp again where the manifest says so', async () => {
    await apply(tcp, 'sender')
    await nothingToDo(tcp)
  })

  test('a queue that has filled most of its disk is told before anything is lost', () => {
    const sent = vital(tcp, 'sender')
    const stdout = `queued ${Math.floor(0.5 * 2 ** 28)}\nqueued ${Math.floor(0.4 * 2 ** 28)}\n`
    expect(sent.assess({ status: 'read', stdout, reason: '' })).toMatchObject({ healthy: false, reason: 'QueueFilling' })
  })
})

describe('what a sender chooses cannot leave its place', () => {
  test.each([
    ['a host name that climbs', '<13>1 2026-01-01T00:00:00Z ../../../evil app - - - climbed', '.._.._.._evil.log'],
    ['a host name of two dots', '<13>1 2026-01-01T00:00:00Z .. app - - - dotted', undefined],
  ])('%s', async (_name, datagram, file) => {
    await sender.run(`bash -c 'printf %s "$1" >/dev/udp/10.77.0.1/514' bash '${datagram}'`)
    const word = datagram.split(' ').at(-1) ?? ''
    await eventually(() => text(sink.run, `grep -rl ${word} /var/log/remote | head -1`)).not.toBe('')
    const found = await text(sink.run, `grep -rl ${word} / --include='*.log' 2>/dev/null --exclude-dir=proc --exclude-dir=sys | head -3`)
    expect(found).toMatch(/^\/var\/log\/remote\/10\.77\.0\.2\/[^/]+\.log$/)
    if (file !== undefined) expect(found).toBe(`/var/log/remote/10.77.0.2/${file}`)
  })
})

describe('a daemon that says success', () => {
  const mainProcess = () => text(sink.run, 'systemctl show -p MainPID --value rsyslog')
  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['a port of another program', 'listeners: [{protocol: tcp, port: 9090}]', /tcp port 9090 is held by python3/],
    [
      'certificates that are not there',
      'listeners: [{protocol: tcp}], tls: {certificate: /etc/ssl/a.crt, key: /etc/ssl/a.key, ca: /etc/ssl/ca.crt, permittedPeers: [a.test]}',
      /\/etc\/ssl\/a\.crt is not there/,
    ],
  ]
  test.each(bad)('%s is told before anything is loaded, and the old one goes on', async (_name, server, says) => {
    const before = await mainProcess()
    const client = server.includes('tls') ? 'tls: {certificate: /a, key: /b, ca: /c, peer: a.test}' : 'forward: [{selector: "*.notice"}]'
    const { result } = await apply(yamlOf(server, client), 'sink')
    expect(result).toMatchObject({ status: 'failed', stderr: expect.stringMatching(says) as string })
    expect(await mainProcess()).toBe(before)
    await nothingToDo(tcp)
  })

  test('a selector that rsyslogd drops when it starts is told before anything is loaded', async () => {
    const spoil = (item: Item): Item => {
      const spec = item.spec as Spec & { readonly path?: string; readonly content?: unknown }
      if (spec.path !== '/etc/rsyslog.d/20-reeve-sink.conf') return item
      return { ...item, spec: { ...spec, content: `${String(spec.content)}*.crti /var/log/never\n` } as Spec }
    }
    const items = itemsOf(yamlOf('listeners: [{protocol: tcp}], directory: /var/log/others', 'forward: [{selector: "*.notice"}]'), 'sink')
    const before = await mainProcess()
    const result = await carryOut(await stepsFor(items.map(spoil), sink.run), `/var/lib/reeve/before-${++times}`, sink.run)
    expect(result).toMatchObject({ status: 'failed', stderr: expect.stringMatching(/crti/) as string })
    expect(await mainProcess()).toBe(before)
    // By itself it starts, is active, and leaves the line out.
    const word = await sink.run(
      "echo '*.crti /var/log/never' >/etc/rsyslog.d/90-mine.conf; systemctl restart rsyslog && systemctl is-active rsyslog",
    )
    expect(word).toMatchObject({ code: 0, stdout: 'active\n' })
    await sink.run('rm /etc/rsyslog.d/90-mine.conf; systemctl restart rsyslog')
    await nothingToDo(tcp)
  })

  test('a module that the host loads by itself is told with rsyslogd’s own words, and taken where the manifest says so', async () => {
    await sink.run(`echo 'module(load="imudp")' >/etc/rsyslog.d/05-mine.conf`)
    const more = 'listeners: [{protocol: tcp}, {protocol: udp}], directory: /var/log/others'
    expect((await apply(yamlOf(more, 'forward: [{selector: "*.notice"}]'), 'sink')).result).toMatchObject({
      status: 'failed',
      stderr: expect.stringMatching(/imudp.*already/) as string,
    })
    const aware = yamlOf(`${more}, loadedElsewhere: [imudp]`, 'forward: [{selector: "*.notice"}]')
    expect((await apply(aware, 'sink')).result).toMatchObject({ status: 'done' })
    await sink.run('rm /etc/rsyslog.d/05-mine.conf')
    expect((await apply(tcp, 'sink')).result).toMatchObject({ status: 'done' })
  })

  test('a configuration that was edited and only told by HUP is not in force, and is put right by a restart', async () => {
    await sender.run(
      `sed -i 's/notice/debug/' /etc/rsyslog.d/30-reeve-central.conf; systemctl kill -s HUP rsyslog; sleep 1; logger -p user.info "after a HUP"`,
    )
    const { steps, result } = await apply(tcp, 'sender')
    expect(result).toMatchObject({ status: 'done' })
    expect(steps.map(({ title }) => title)).toContain('restart rsyslog.service, or start it')
    expect(await countLines('"after a HUP"')).toBe('0')
    await nothingToDo(tcp)
  })
})

test('with TLS on both sides a sender of a permitted name is heard, and one of another name is not', async () => {
  const make = (
    name: string,
  ) => `openssl req -newkey rsa:2048 -nodes -subj /CN=${name} -addext subjectAltName=DNS:${name} -keyout ${name}.key -out ${name}.csr 2>/dev/null
printf 'subjectAltName=DNS:${name}' >ext; openssl x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 9 -extfile ext -out ${name}.crt 2>/dev/null`
  const made =
    await sink.run(`cd /etc/ssl; openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=ca -keyout ca.key -out ca.crt 2>/dev/null
${make('sink.test')}\n${make('good.test')}\n${make('evil.example')}\nchmod 644 *.key; tar c ca.crt *.test.* evil.* | base64 -w0`)
  await sender.run(`cd /etc/ssl; echo ${made.stdout} | base64 -d | tar x`)
  const tls = (name: string) =>
    yamlOf(
      'listeners: [{protocol: tcp, port: 6514}], tls: {certificate: /etc/ssl/sink.test.crt, key: /etc/ssl/sink.test.key, ca: /etc/ssl/ca.crt, permittedPeers: ["*.test"]}',
      `tls: {certificate: /etc/ssl/${name}.crt, key: /etc/ssl/${name}.key, ca: /etc/ssl/ca.crt, peer: sink.test}, forward: [{selector: "*.notice"}]`,
    )
  expect((await apply(tls('evil.example'), 'sink')).result).toMatchObject({ status: 'done' })
  expect((await apply(tls('evil.example'), 'sender')).result).toMatchObject({ status: 'done' })
  await sender.run('logger -p user.notice "by another name"')
  await eventually(() => text(sink.run, 'tail -n 300 /var/log/syslog')).toMatch(/peer name not authorized.*evil\.example/)
  expect(await countLines('"by another name"')).toBe('0')
  expect((await apply(tls('good.test'), 'sender')).result).toMatchObject({ status: 'done' })
  await sender.run('logger -p user.notice "by a good name"')
  await eventually(() => countLines('"by a good name"'), 30).toBe('1')
})

test('what went from Git takes Reeve’s files along, and leaves rsyslog running as it did before', async () => {
  const entry = (spec: Spec) =>
    ({
      id: spec.id,
      fields: {},
      previous: spec.type === 'service' ? '{"running":true,"enabled":true}' : undefined,
    }) as unknown as LedgerEntry
  for (const { primitive, spec } of itemsOf(tcp, 'sink')) {
    const steps = primitive.retire?.(entry(spec), await known(primitive, spec, sink.run), contextOf()).steps ?? []
    expect((await carryOut(steps, `/var/lib/reeve/before-${++times}`, sink.run)).status).toBe('done')
  }
  expect(await text(sink.run, 'ls /etc/rsyslog.d /etc/logrotate.d | grep reeve || systemctl is-active rsyslog')).toBe('active')
  await eventually(() => text(sink.run, 'ss -Hltn "sport = :514" | wc -l')).toBe('0')
  expect(await countLines('"login failed"')).toBe('1')
})
