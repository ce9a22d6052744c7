import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StatusView } from '../../controller/model/status.ts'
import { createApi } from '../lab/demo/api.ts'
import { type ControllerProcess, type LogRecord, startController } from '../lab/demo/controller.ts'
import { fillFleet } from '../lab/demo/fleet.ts'
import { type Lab, type Machine, startLab } from '../lab/lab.ts'
import { dig, inside, mailThrough } from '../recipes/clients.ts'
import { common, openReeve, type Reeve } from '../recipes/reeve.ts'
import { beginWatch, writtenSince } from './traces.ts'

// One fleet, one story: each test goes on where the one before it ended.
const example = join(import.meta.dirname, '../../manifests-example')
const containers = { he1: ['plpa', 'web', 'logs'], he2: ['plpb', 'maila'] } as const

let lab: Lab
let reeve: Reeve
let controller: ControllerProcess | undefined
const records: LogRecord[] = []

beforeAll(async () => {
  lab = await startLab({ machines: 2 })
  reeve = await openReeve(lab.machine('he1').identityFile)
  await fillFleet(example, reeve.repository.clone, lab.machines, lab)
  await reeve.repository.commit('The example fleet')
})
afterAll(async () => {
  await controller?.[Symbol.asyncDispose]()
  await reeve?.[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
})

/** An emulated machine has its own idea of a minute. */
const limitMs = 1_800_000

test(
  'the whole example converges from two bare hypervisors by one apply',
  async () => {
    const { code, stdout, stderr } = await reeve.apply()
    expect({ code, stdout }, stderr.slice(-6000)).toEqual({ code: 0, stdout: 'he1: converged\nhe2: converged\n' })
  },
  limitMs,
)

test(
  'the second apply takes no step and writes nothing',
  async () => {
    const ledgers = () =>
      Promise.all(lab.machines.map((machine) => machine.must('sha256sum /var/lib/reeve/ledger; stat -c %Y.%Z /var/lib/reeve/ledger')))
    const before = await ledgers()
    await Promise.all(lab.machines.map((machine) => beginWatch(machine, containersOf(machine))))
    expect(await reeve.apply()).toMatchObject({
      code: 0,
      stdout: 'he1: nothing to do\nhe2: nothing to do\n',
      stderr: expect.not.stringMatching(/to (create|update|remove)/),
    })
    expect(await reeve.plan()).toMatchObject({ code: 0, stdout: 'he1: nothing to do\nhe2: nothing to do\n' })
    const written = await Promise.all(lab.machines.map((machine) => writtenSince(machine, containersOf(machine))))
    expect(written.flat()).toEqual([])
    expect(await ledgers()).toEqual(before)
  },
  limitMs,
)

function containersOf({ name }: Machine): readonly string[] {
  return containers[name as keyof typeof containers]
}

test(
  'every resource becomes Ready and Healthy',
  async () => {
    controller = await startController({
      folder: reeve.folder,
      repositoryUrl: reeve.repository.url,
      identityFile: lab.machine('he1').identityFile,
      smtpPort: 9,
      resync: '5s',
      more: { ...common, logLevel: 'debug' },
      onRecord: (record) => records.push(record),
    })
    const api = createApi(controller.url)
    const status = () => api.status().catch(() => undefined)
    await expect.poll(async () => notWell(await status()), { timeout: limitMs / 2, interval: 2000 }).toEqual([])
    expect((await status())?.resources.length).toBe(18)
  },
  limitMs,
)

/** What is not as it shall be, in words. */
function notWell(status: StatusView | undefined): readonly string[] {
  if (status?.commit == null) return ['the controller has read nothing yet']
  return status.resources.flatMap(({ kind, name, conditions }) =>
    (['Ready', 'Healthy'] as const).flatMap((type) => {
      const found = conditions.find((one) => one.type === type)
      return found?.status === true
        ? []
        : [`${kind}/${name} ${type}: ${found?.status ?? 'not told'} ${found?.reason ?? ''}: ${found?.message ?? ''}`]
    }),
  )
}

test('a cycle without a change is one round trip for each hypervisor', async () => {
  const trips = (name: string) =>
    records.filter(({ status, hypervisor }) => status === 'noop' && hypervisor === name).map(({ roundTrips }) => roundTrips)
  await expect.poll(() => Math.min(trips('he1').length, trips('he2').length), { timeout: 300_000 }).toBeGreaterThanOrEqual(3)
  expect(new Set([...trips('he1'), ...trips('he2')])).toEqual(new Set([1]))
  // A starved machine may leave something unknown for a while; nothing is ever done about that.
  expect(records.filter(({ component }) => component === 'apply')).toEqual([])
})

test('mail comes in by either gateway and reaches the user; who is unknown is refused while the sender can hear it', async () => {
  const subjects: string[] = []
  for (const machine of lab.machines) {
    const subject = `through ${machine.name} ${randomBytes(6).toString('hex')}`
    subjects.push(subject)
    expect(await mailThrough(machine, 'alice@example.com', subject)).toMatch(/^250 2\.0\.0 Ok: queued/)
    expect(await mailThrough(machine, 'nobody@example.com', subject)).toMatch(/^550 5\.1\.1 /)
  }
  const box = () => inside(lab.machine('he2'), 'maila', 'grep "^Subject:" /var/mail/alice || :')
  await expect
    .poll(async () => (await box()).split('\n').toSorted(), { timeout: 120_000, interval: 1000 })
    .toEqual(subjects.map((subject) => `Subject: ${subject}`).toSorted())
})

test('primary and secondary give the same answers, the mail gateways and addresses that other manifests say', async () => {
  const he2 = lab.machine('he2')
  const answers = async (server: string) => ({
    mx: await dig(he2, 'maila', server, 'MX example.com'),
    maila: await dig(he2, 'maila', server, 'A maila.example.com'),
    reverse: await dig(he2, 'maila', server, '-x 192.168.100.4'),
  })
  const expected = {
    mx: ['10 plpa.example.com.', '20 plpb.example.com.'],
    maila: ['192.168.100.4'],
    reverse: ['maila.example.com.'],
  }
  expect(await answers('192.168.100.2')).toEqual(expected)
  expect(await answers('192.168.100.3')).toEqual(expected)
  const [one, other] = [
    await dig(he2, 'maila', '192.168.100.2', 'SOA example.com'),
    await dig(he2, 'maila', '192.168.100.3', 'SOA example.com'),
  ]
  expect(one).toEqual(other)
})

test('what he2 logs lies in the sink on he1, and what nobody selected does not', async () => {
  const word = randomBytes(8).toString('hex')
  await lab.machine('he2').must(`logger -p user.info ${word}below; logger -p user.notice ${word}`)
  const found = () => inside(lab.machine('he1'), 'logs', `grep -rho ${word}[a-z]* /var/log/remote/192.168.100.254 || :`)
  await expect.poll(found, { timeout: 60_000, interval: 1000 }).toBe(word)
})
