// The lock-out proofs on a Debian 12 host with systemd, sshd and nftables 1.0.6, reached as the controller reaches it.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Known } from '../../../controller/model/observation.ts'
import { noPeers, type Primitive, phases, type Step } from '../../../controller/model/primitive.ts'
import { nftTablePrimitive } from '../../../controller/primitives/nftTable/index.ts'
import type { NftState } from '../../../controller/primitives/nftTable/probe.ts'
import { type NftTableSpec, nftTableId } from '../../../controller/primitives/nftTable/spec.ts'
import { mainWith, tableOf } from '../../kinds/firewall/fleet.ts'
import { type NativeHost, startNativeHost } from '../../lab/nspawn.ts'

const primitive = nftTablePrimitive as unknown as Primitive<NftTableSpec, NftState>
const context = { fleet: 'prod', owners: ['Firewall/main'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }
const ssh = '{name: ssh, chain: input, protocol: tcp, ports: [22], action: accept}'
const good = tableOf(mainWith(`policy: {input: drop}\nrules: [${ssh}]`))
const deaf = tableOf(mainWith('policy: {input: drop}\nestablished: false\nunsafeAllowLockout: true'))
const closed = tableOf(mainWith('policy: {input: drop}\nunsafeAllowLockout: true'))
const other = tableOf(
  mainWith(`policy: {input: drop}\nrules: [${ssh}, {name: web, chain: input, protocol: tcp, ports: [80], action: accept}]`),
)
let host: NativeHost

beforeAll(async () => {
  host = await startNativeHost()
}, 300_000)
beforeEach(() => host.reset(), 60_000)
afterAll(() => host?.[Symbol.asyncDispose]())

async function observe(spec: NftTableSpec): Promise<Known<NftState>> {
  const subjects = [{ id: nftTableId, spec }]
  const observed = primitive.parse(await host.must(primitive.probe(subjects, 'prod').text), subjects).items.get(nftTableId)
  if (observed === undefined || observed.status === 'unknown') throw new Error(`unknown: ${observed?.reason}`)
  return observed
}

/**
 * Starts the steps detached on the host, as the engine's protocol does: undone by the host itself unless `/root/confirmed` is there in time,
 * or at once where {@link expire} says that its time is over: a slow machine asks its questions late.
 */
async function start(spec: NftTableSpec, withinSeconds: number): Promise<void> {
  const observed = await observe(spec)
  const difference = primitive.diff(spec, observed, undefined)
  if (difference.status !== 'change') throw new Error(difference.status)
  const script = scriptOf(primitive.steps(spec, difference.change, observed, context), withinSeconds)
  await host.must(
    'rm -rf /root/confirmed /root/expired /root/outcome /root/state /root/before; mkdir /root/before; cat >/root/apply; systemd-run --quiet --collect sh /root/apply',
    {
      stdin: script,
    },
  )
  await until(async () => (await reads('/root/state')) === 'waiting')
}

function scriptOf(steps: readonly Step[], withinSeconds: number): string {
  const ordered = phases.flatMap((phase) => steps.filter((step) => step.phase === phase))
  const inShell = (text: string) => `( set -eu\n${text}\n) </dev/null`
  const run = (step: Step) => [step.guard, step.run, step.check].flatMap((script) => (script ? [`${inShell(script.text)} || fail`] : []))
  const undo = ordered.toReversed().flatMap((step) => (step.undo ? [inShell(step.undo.text)] : []))
  return `export REEVE_BEFORE=/root/before
fail() { undo; echo failed >/root/outcome; exit 1; }
undo() {
${undo.join('\n')}
}
${ordered
  .filter((step) => step.phase !== 'settle')
  .flatMap(run)
  .join('\n')}
echo waiting >/root/state
left=${withinSeconds * 10}
while [ ! -e /root/confirmed ] && [ ! -e /root/expired ] && [ $left -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
[ -e /root/confirmed ] || { undo; echo undone >/root/outcome; exit 0; }
${ordered
  .filter((step) => step.phase === 'settle')
  .flatMap(run)
  .join('\n')}
echo done >/root/outcome
`
}

const expire = () => host.must('touch /root/expired')

/** A file of the host, read past its network: proofs must not rest on the connection that they are about. */
async function reads(path: string): Promise<string> {
  return (await host.exec(`cat ${path}`, { timeoutMs: 3_000 })).stdout.trim()
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 30_000
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error('it never came to be')
    await sleep(200)
  }
}

/** Whether sshd greets a connection that is new. */
function canConnect(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.address, port: 22 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1_500, () => end(false))
    socket.once('data', () => end(true)).once('error', () => end(false))
  })
}

const listing = () => host.must('nft -s -nn list table inet reeve 2>&1 || :')

async function confirm(spec: NftTableSpec): Promise<void> {
  await start(spec, 60)
  expect(await canConnect()).toBe(true)
  await host.must('touch /root/confirmed')
  await until(async () => (await reads('/root/outcome')) === 'done')
}

describe('a change that locks out', () => {
  it('and cuts every connection undoes itself, and the old table is back byte for byte', async () => {
    await confirm(good)
    const before = await listing()
    const started = start(deaf, 8).catch(() => {})
    await until(async () => !(await canConnect()))
    await until(canConnect)
    await started
    await until(async () => (await reads('/root/outcome')) === 'undone')
    expect(await listing()).toBe(before)
    expect(primitive.diff(good, await observe(good), undefined)).toEqual({ status: 'same' })
  }, 90_000)

  it('but keeps the open connection is still seen to lock out by a new one, and undoes itself', async () => {
    await start(closed, 60)
    expect(await host.must('echo still here')).toBe('still here\n')
    expect(await canConnect()).toBe(false)
    await expire()
    await until(async () => (await reads('/root/outcome')) === 'undone')
    expect(await canConnect()).toBe(true)
    expect(await listing()).toContain('No such file or directory')
    expect(await host.must('ls -A /var/lib/reeve/nft 2>/dev/null || :')).toBe('')
  }, 90_000)
})

describe('a confirmed change', () => {
  it('stays, with its file and unit, and is the same to the next probe', async () => {
    await confirm(good)
    expect(await host.must('systemctl is-enabled reeve-firewall.service')).toBe('enabled\n')
    expect((await host.exec('systemd-analyze verify /etc/systemd/system/reeve-firewall.service')).stderr).toBe('')
    expect(await observe(good)).toMatchObject({ state: { current: 'same', unit: 'same' } })
    expect(primitive.diff(good, await observe(good), undefined)).toEqual({ status: 'same' })
  }, 90_000)

  it('is there again after a boot; one that was not confirmed is not', async () => {
    await confirm(good)
    const before = await listing()
    await start(other, 60)
    expect(await listing()).not.toBe(before)
    await host.powerCycle()
    expect(await listing()).toBe(before)
    expect(await host.must('systemctl is-active reeve-firewall.service')).toBe('active\n')
    expect(primitive.diff(good, await observe(good), undefined)).toEqual({ status: 'same' })
  }, 90_000)

  it('comes back after a restart of nftables.service, which flushes every table', async () => {
    await confirm(good)
    const before = await listing()
    await host.must('systemctl start nftables; systemctl restart nftables')
    await until(async () => (await listing()) === before)
  }, 90_000)

  it('is repaired where the unit was disabled, altered or removed', async () => {
    await confirm(good)
    const breakages = [
      'systemctl disable reeve-firewall',
      'echo >>/etc/systemd/system/reeve-firewall.service',
      'rm /etc/systemd/system/reeve-firewall.service',
    ]
    for (const breakage of breakages) {
      await host.must(breakage)
      expect(primitive.diff(good, await observe(good), undefined)).toMatchObject({
        change: { impact: 'none', fields: [{ field: 'boot unit' }] },
      })
      await confirm(good)
      expect(primitive.diff(good, await observe(good), undefined)).toEqual({ status: 'same' })
    }
  }, 90_000)
})
