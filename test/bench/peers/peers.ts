import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NativeHost, startNativeHost } from '../../lab/nspawn.ts'
import { ensureInstalled } from '../../lab/requirements.ts'
import type { SshTarget } from '../../lab/ssh-client.ts'
import { plainSsh, timed } from '../measure.ts'
import type { Row } from '../rows.ts'
import { median } from '../statistics.ts'
import { createCfengine, createPuppet } from './agents.ts'
import { type AnsibleWay, ansibleWays, createAnsible } from './ansible.ts'
import { type Drift, drifts, harm, left, type Places, peerPlaces, reevePlaces } from './drifts.ts'
import { type Figures, type OwnFigures, rowsOf } from './figures.ts'
import { startLateProxy } from './late.ts'
import type { Peer } from './peer.ts'
import { answers, openReeve, type ReevePeer } from './reeve.ts'

/** With 50 ms more to the host and back. */
export const farRoundTripMs = 50

/** Reeve beside other tools on one host. `runs`: how often a run without a change is timed. Needs root, and Debian's packages of these tools. */
export async function benchPeers(runs: number): Promise<readonly Row[]> {
  await ensureInstalled(tools, console.error)
  await using host = await startNativeHost({ name: 'peer1', root: 'peers', progress: console.error })
  const folder = await mkdtemp(join(tmpdir(), 'reeve-peers-'))
  try {
    const reeve = await ofReeve(host, runs * 5)
    const peers: Figures[] = []
    for (const family of families(folder)) peers.push(...(await ofFamily(host, family, runs)))
    return rowsOf(reeve, peers, farRoundTripMs)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const tools = [
  { file: '/usr/bin/ansible-playbook', debianPackage: 'ansible-core' },
  { file: '/usr/lib/python3/dist-packages/ansible_mitogen/strategy.py', debianPackage: 'ansible-mitogen' },
]

/** Of a tool that works over SSH, another one for the same host far away. */
interface Maker {
  make(host: SshTarget): Promise<Peer>
  readonly isRemote: boolean
}

/** Those of one family leave a host alike: what the first of them set up, the others find. */
function families(folder: string): readonly (readonly Maker[])[] {
  let count = 0
  const ansible = (Object.keys(ansibleWays) as AnsibleWay[]).map((way) => ({
    make: (host: SshTarget) => createAnsible(way, join(folder, `${++count}`), host),
    isRemote: true,
  }))
  return [[{ make: createCfengine, isRemote: false }], [{ make: createPuppet, isRemote: false }], ansible]
}

async function fresh(host: NativeHost): Promise<void> {
  await host.reset()
  await host.must('systemctl enable --now postfix named nginx')
}

async function ofFamily(host: NativeHost, family: readonly Maker[], runs: number): Promise<readonly Figures[]> {
  await fresh(host)
  const figures: Figures[] = []
  for (const { make, isRemote } of family) {
    const peer = await make(host)
    console.error(`bench: ${peer.name}`)
    await peer.want(answerNow())
    if (figures.length === 0) await peer.run()
    const near = await measured({ peer, host, places: peerPlaces }, runs)
    figures.push({ ...near, farMs: isRemote ? await far(host, make, runs) : undefined })
    console.error(`bench: ${JSON.stringify(figures.at(-1))}`)
  }
  return figures
}

let turns = 0

/** What the first vhost answers, as it was wanted last; each change is another one. */
function answerNow(): string {
  return `turn ${turns}`
}

interface Act {
  readonly peer: Peer
  readonly host: NativeHost
  readonly places: Places
}

/** What takes long is timed once: a change and a repair do not vary by what they are compared with. */
async function measured({ peer, host, places }: Act, runs: number): Promise<Omit<Figures, 'farMs'>> {
  const noopMs = median(await repeat(runs, () => peer.run()))
  const changes = await repeat(runs, async () => {
    turns++
    await peer.want(answerNow())
    await peer.run()
    await answers(host, answerNow())
  })
  const all = drifts(places)
  const found = new Set<string>()
  const repairs: number[] = []
  for (let turn = 0; turn < runs && isShort(repairs); turn++) {
    await harm(host, all)
    repairs.push(await timed(() => peer.run()))
    await mend(host, await left(host, all), found)
  }
  return { name: peer.name, noopMs, changeMs: median(changes), repairMs: median(repairs), left: [...found] }
}

/** What a tool leaves is put right by hand, so that the next run meets it anew. */
async function mend(host: NativeHost, still: readonly Drift[], found: Set<string>): Promise<void> {
  for (const { name } of still) found.add(name)
  await plainSsh(host, `set -e\n${still.map(({ mend: script }) => script).join('\n')}`)
}

/** A first run that takes long is a figure already: that it had to connect is nothing in it. */
async function far(host: NativeHost, make: Maker['make'], runs: number): Promise<number> {
  await using proxy = await startLateProxy(host, farRoundTripMs)
  const peer = await make({ ...host, address: '127.0.0.1', port: proxy.port })
  await peer.want(answerNow())
  const first = await timed(() => peer.run())
  return isShort([first]) ? median(await repeat(runs, () => peer.run())) : first
}

const longMs = 20_000

/** Whether there is time for one more: what takes long is timed once. */
function isShort(times: readonly number[]): boolean {
  return times.every((ms) => ms < longMs)
}

async function repeat(runs: number, act: (turn: number) => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = []
  for (let turn = 0; turn < runs && isShort(times); turn++) times.push(await timed(() => act(turn)))
  return times
}

async function ofReeve(host: NativeHost, runs: number): Promise<OwnFigures> {
  await fresh(host)
  console.error('bench: Reeve')
  await using reeve = openReeve(host)
  await reeve.want(answerNow())
  await reeve.converge()
  const looks = await looksOf(reeve, host, runs)
  const figures = await measured({ peer: reeve, host, places: reevePlaces }, Math.ceil(runs / 3))
  await using proxy = await startLateProxy(host, farRoundTripMs)
  await using distant = openReeve(host, { ...host, address: '127.0.0.1', port: proxy.port })
  await distant.want(answerNow())
  await distant.converge()
  const own = { ...figures, ...looks, farMs: median(await repeat(runs, () => distant.run())) }
  console.error(`bench: ${JSON.stringify(own)}`)
  return own
}

/** Looks and the floor in turns, so that both meet the same load. */
async function looksOf(
  reeve: ReevePeer,
  host: SshTarget,
  runs: number,
): Promise<Pick<OwnFigures, 'floorMs' | 'cpuSeconds' | 'replyBytes'>> {
  const floors: number[] = []
  const cpu: number[] = []
  for (let turn = 0; turn < runs; turn++) {
    floors.push(await timed(() => reeve.floor(host)))
    const before = process.cpuUsage()
    await reeve.run()
    const { user, system } = process.cpuUsage(before)
    cpu.push((user + system) / 1e6)
  }
  return { floorMs: median(floors), cpuSeconds: median(cpu), replyBytes: reeve.replyBytes() }
}
