import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileFleet } from '../../../controller/engine/compile.ts'
import { kinds } from '../../../controller/kinds/registry.ts'
import type { Reading, Vital } from '../../../controller/model/kind.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { machines, routeOf } from './fleets.ts'

function vitalsOf(fields: Readonly<Record<string, string>> = {}, at = 0): readonly Vital[] {
  const fleet = fleetOf(machines + routeOf(fields))
  const [route] = fleet.manifests.filter((one) => one.kind === 'MailRoute')
  const kind = kindOf('MailRoute')
  const placement = route && kind.place(route, fleet)[at]
  return route && placement ? (kind.vitals?.(route, placement, fleet) ?? []) : []
}

function vitalOf(name: string, fields: Readonly<Record<string, string>> = {}): Vital {
  const found = vitalsOf(fields).find(({ id }) => id.startsWith(name))
  if (found === undefined) throw new Error(`no vital ${name}`)
  return found
}

const read = (stdout: string): Reading => ({ status: 'read', stdout, reason: '' })
const unread: Reading = { status: 'unknown', stdout: '', reason: 'no connection' }

// postqueue -j of Postfix 3.7.11 on Debian 12, with a reason that a stranger's server chose.
const message = (queue: string, arrival: number, reason: string): string =>
  `{"queue_name": "${queue}", "queue_id": "4dVxyz0Q2Kz1", "arrival_time": ${arrival}, "message_size": 329, "forced_expire": false, "sender": "a\\"queue_name\\": \\"hold@x.test", "recipients": [{"address": "bob@example.com", "delay_reason": "${reason}"}]}`

/** Runs the real script of the queue, with postqueue and postconf that say this. */
function runQueue(lines: readonly string[], fails = false): string {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-queue-'))
  try {
    writeFileSync(join(folder, 'queue'), lines.map((line) => `${line}\n`).join(''))
    writeFileSync(join(folder, 'postqueue'), `#!/bin/sh\ncat ${folder}/queue\n${fails ? 'exit 69' : ''}\n`, { mode: 0o755 })
    writeFileSync(join(folder, 'date'), '#!/bin/sh\necho now 100000\n', { mode: 0o755 })
    const { probe } = vitalOf('queue-')
    const script = 'text' in probe ? probe.text : ''
    return execFileSync('dash', ['-eu', '-c', script], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const sampleOf = (assessed: ReturnType<Vital['assess']>, metric: string) => assessed.samples.find((one) => one.metric === metric)?.value

describe('the queue', () => {
  test('is counted, with its oldest message and the commonest reason', () => {
    const lines = [
      message('active', 99_000, 'x'),
      message('deferred', 98_000, 'connect to 192.0.2.1: Connection refused'),
      message('deferred', 97_000, 'connect to 192.0.2.1: Connection refused'),
      message('deferred', 99_500, 'host said: 451 \\"try\\" later'),
      message('hold', 1, 'x'),
    ]
    const assessed = vitalOf('queue-').assess(read(runQueue(lines)))
    expect(assessed).toMatchObject({ healthy: true, message: '5 messages wait on he1/plpa, 3 of them deferred', alarms: [] })
    expect(sampleOf(assessed, 'mail_queue_messages')).toBe(5)
    expect(sampleOf(assessed, 'mail_queue_deferred_messages')).toBe(3)
    expect(sampleOf(assessed, 'mail_queue_oldest_seconds')).toBe(3000)
  })

  test('that is empty is so', () => {
    expect(vitalOf('queue-').assess(read(runQueue([])))).toMatchObject({ healthy: true, message: 'nothing waits on he1/plpa', alarms: [] })
  })

  test.each<[string, string, number, number, string, string]>([
    ['long by number', '{}', 101, 99_000, 'MailQueueLong', 'long'],
    ['long by age', '{}', 1, 96_000, 'MailQueueLong', 'long'],
    ['stuck by number', '{}', 1001, 99_999, 'MailQueueStuck', 'stuck'],
    ['stuck by age', '{}', 1, 80_000, 'MailQueueStuck', 'stuck'],
    ['stuck by a limit of its own', '{deferredWarn: 1, deferredCritical: 2}', 3, 99_999, 'MailQueueStuck', 'stuck'],
  ])('is told where it is %s, and makes the gateway not unhealthy', (_name, health, count, arrival, condition, item) => {
    const output = runQueue(Array.from({ length: count }, () => message('deferred', arrival, 'Connection refused')))
    const { healthy, alarms } = vitalOf('queue-', { health }).assess(read(output))
    expect({ healthy, alarms }).toMatchObject({ healthy: true, alarms: [{ condition, items: [item], subject: 'queue of he1/plpa' }] })
    expect(alarms?.[0]?.facts).toContainEqual(['most of them', `${count}: Connection refused`])
  })

  test('at its limits is not told of', () => {
    const output = runQueue(Array.from({ length: 100 }, () => message('deferred', 96_400, 'x')))
    expect(vitalOf('queue-').assess(read(output)).alarms).toEqual([])
  })

  test.each([
    ['was not read', unread],
    ['could not be read by Postfix itself', read(runQueue([message('deferred', 1, 'x')], true))],
    ['was cut on its way', read('now 100000\nqueue deferred 5\n')],
    ['says no time', read('queue deferred 5\nend\n')],
    ['is nonsense', read('\0\0\0')],
  ])('is unknown where it %s, and no alarm is over', (_name, reading) => {
    expect(vitalOf('queue-').assess(reading)).toMatchObject({ healthy: 'unknown', unread: ['queue of he1/plpa'] })
  })

  test('tells what a gateway holds as one number, which any difference changes', () => {
    const holds = (lines: string) => sampleOf(vitalOf('queue-').assess(read(`now 1\nend\n${lines}`)), 'mail_gateway_fingerprint')
    const [one, two] = ['holds main.cf 0123456789ab\n', 'holds texthash:/etc/x ba9876543210\n']
    expect(holds(one + two)).toBe(holds(two + one))
    expect(
      new Set([holds(one), holds(two), holds(one + two), holds(one.replace('ab', 'aa') + two), holds(one + two.replace('/x', '/y'))]).size,
    ).toBe(5)
    expect(Number.isSafeInteger(holds(one + two))).toBe(true)
    expect(holds('')).toBeUndefined()
  })
})

describe('what a gateway answers', () => {
  test('makes it healthy where it is right, and says its words where it is not', () => {
    const vital = vitalOf('smtp-')
    expect(vital.assess(read('ok'))).toMatchObject({ healthy: true, samples: [{ metric: 'mail_gateway_up', value: 1 }] })
    const failing = vital.assess(read('192.168.9.2:25 answers alice@example.com: "451 4.3.0 Temporary lookup failure", wanted 250'))
    expect(failing).toMatchObject({ healthy: false, reason: 'GatewayFailing', message: expect.stringContaining('451 4.3.0') })
    expect(vital.assess(unread)).toMatchObject({ healthy: 'unknown', samples: [] })
  })

  const taken = '192.168.9.2:25 answers user@stranger.reeve.invalid: "250 2.1.5 Ok", wanted 550'
  test.each<[string, Record<string, string>, string, unknown, number]>([
    ['closed', {}, 'ok', true, 0],
    ['open', {}, taken, false, 1],
    ['not to be told, where its hypervisor may send through it', { relayFrom: '[192.168.9.0/24]' }, taken, true, -1],
    ['not to be told, where its hypervisor alone may, by an address that nobody declared', { relayFrom: '[192.168.9.1]' }, taken, true, -1],
    ['open, where others may send through it', { relayFrom: '[192.168.10.0/24]' }, taken, false, 1],
    ['closed all the same, where strangers are refused there too', { relayFrom: '[192.168.9.0/24]' }, 'ok', true, 0],
    ['not to be told, where it does not answer', {}, 'no answer within 5000 ms', true, -1],
  ])('says that the relay is %s', (_name, fields, stdout, healthy, value) => {
    const assessed = vitalOf('relay-', fields).assess(read(stdout))
    expect({ healthy: assessed.healthy, value: sampleOf(assessed, 'mail_open_relay') }).toEqual({ healthy, value })
  })

  test('a server behind that is down is told, and makes nobody ill: its mail waits', () => {
    const vital = vitalOf('hop-')
    expect(vital.assess(read('refused'))).toMatchObject({
      healthy: true,
      reason: 'TargetDown',
      samples: [{ metric: 'mail_target_up', value: 0 }],
    })
    expect(vital.assess(read('ok'))).toMatchObject({ healthy: true, samples: [{ metric: 'mail_target_up', value: 1 }] })
  })

  test('is asked from outside mynetworks for every way to smuggle through a relay', () => {
    const { probe } = vitalOf('relay-')
    const asked = 'asks' in probe ? probe.asks.map(({ recipient }) => recipient.replaceAll(/stranger-g-[0-9a-f]+/g, 'S')) : []
    expect(asked).toEqual([
      'user@S.reeve.invalid',
      'user%S.reeve.invalid@example.com',
      '@example.com:user@S.reeve.invalid',
      '"user@S.reeve.invalid"@example.com',
      'S.reeve.invalid!user@example.com',
    ])
  })
})

describe('another gateway', () => {
  const gateways =
    '[{target: {hypervisor: he1}, hostname: a.example.net, addresses: [192.0.2.10]}, {target: {hypervisor: he2}, hostname: b.example.net, addresses: [192.0.2.11]}]'
  const taken = '192.0.2.11:25 answers user@stranger.reeve.invalid: "250 2.1.5 Ok", wanted 550'

  test('is asked by the hypervisor of each, for every way to relay', () => {
    const [mine, theirs] = [0, 1].map((at) => vitalsOf({ gateways }, at).filter(({ id }) => id.startsWith('peer-')))
    expect(mine).toMatchObject([
      { id: 'peer-he2-from-he1', target: { hypervisor: 'he1' }, probe: { type: 'smtp', host: '192.0.2.11', port: 25 } },
    ])
    expect(theirs).toMatchObject([{ id: 'peer-he1-from-he2', target: { hypervisor: 'he2' }, probe: { host: '192.0.2.10' } }])
    const asks = [...vitalsOf({ gateways }), ...(mine ?? [])].flatMap(({ id, probe }) =>
      /^(relay|peer)-/.test(id) && 'asks' in probe ? [probe.asks] : [],
    )
    expect(asks[1]).toEqual(asks[0])
  })

  test('is not asked where nobody declares its address, which may be that of somebody else over there', () => {
    expect(vitalsOf().filter(({ id }) => id.startsWith('peer-'))).toEqual([])
  })

  test.each<[string, Record<string, string>, string, number, readonly string[] | undefined]>([
    ['closed', {}, 'ok', 0, []],
    ['open, and mailed', {}, taken, 1, ['he2 takes mail from he1 for strangers']],
    ['not to be told, where he1 may send through it', { relayFrom: '[192.0.2.0/24]' }, taken, -1, []],
    ['open, where others may', { relayFrom: '[192.168.10.0/24]' }, taken, 1, ['he2 takes mail from he1 for strangers']],
    ['not to be told, where it does not answer, and nothing is over by that', {}, 'no answer within 5000 ms', -1, undefined],
  ])('is %s, and he1 is no less healthy for it', (_name, fields, stdout, value, alarms) => {
    const assessed = vitalOf('peer-', { gateways, ...fields }).assess(read(stdout))
    const said = {
      healthy: assessed.healthy,
      value: sampleOf(assessed, 'mail_open_relay'),
      alarms: assessed.alarms?.map(({ summary }) => summary),
    }
    expect(said).toEqual({ healthy: true, value, alarms })
    expect(assessed.unread).toEqual(alarms === undefined ? ['relay of he2'] : undefined)
  })
})

test('gateways change one after the other, in the order of the manifest', () => {
  const { rollouts, diagnostics } = compileFleet(fleetOf(machines + routeOf()), kinds, primitives)
  const stages = [...rollouts.values()].flat().map(({ manifest, target }) => `${manifest} ${target.hypervisor}/${target.inside}`)
  expect({ stages, diagnostics }).toEqual({ stages: ['MailRoute/main he1/plpa', 'MailRoute/main he2/plpb'], diagnostics: [] })
})

test('all gateways hold the same maps, and differ in their own names alone', () => {
  const fleet = fleetOf(machines + routeOf())
  const { states } = compileFleet(fleet, kinds, primitives)
  const own = [...states.values()].map((state) =>
    state.items
      .filter(({ owners }) => owners.some((one) => one === 'MailRoute/main'))
      .map(({ spec: { needs: _needs, ...spec } }) => JSON.stringify(spec)),
  )
  const [one, other] = own.map((specs) => specs.filter((spec) => !spec.includes('mailHoldings:') && !spec.includes('"postfix@-.service"')))
  expect(one?.filter((spec) => !other?.includes(spec))).toEqual([expect.stringContaining('plpa.example.net')])
  expect(one?.length).toBe(other?.length)
})
