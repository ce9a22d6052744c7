import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NativeHost, startNativeHost } from '../../lab/nspawn.ts'
import { ensureInstalled } from '../../lab/requirements.ts'
import type { SshTarget } from '../../lab/ssh-client.ts'
import { type BenchHost, openBenchHost } from '../host.ts'
import { floorScript, median, plainSsh, timed } from '../measure.ts'
import { figure, peerRow, type Row, timeByFloor } from '../table.ts'
import { createCfengine, createPuppet } from './agents.ts'
import { type AnsibleWay, ansibleWays, createAnsible } from './ansible.ts'
import { counts, dayManifests, vhostName } from './day.ts'
import { drifts, harm, left, type Places, peerPlaces, reevePlaces } from './drifts.ts'
import { startLateProxy } from './late.ts'
import type { Peer } from './peer.ts'

/** What one tool needs for the same day's work on one and the same host, in milliseconds, and what it does not see. */
interface Figures {
  readonly name: string
  readonly noopMs: number
  readonly changeMs: number
  readonly repairMs: number
  readonly left: readonly string[]
  /** With 50 ms more to the host and back; undefined of an agent, which works where the host is. */
  readonly farMs: number | undefined
}

const farRoundTripMs = 50
const things = Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Reeve beside other tools. `runs`: of each time. Needs root, and Debian's packages of these tools. */
export async function benchPeers(runs: number): Promise<readonly Row[]> {
  await ensureInstalled(tools, console.error)
  await using host = await startNativeHost({ name: 'peer1', root: 'peers', progress: console.error })
  const folder = await mkdtemp(join(tmpdir(), 'reeve-peers-'))
  try {
    const peers: Figures[] = []
    for (const make of makers(folder)) peers.push(await ofPeer(host, make, runs))
    return rowsOf(await ofReeve(host, runs * 5), peers)
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

function makers(folder: string): readonly Maker[] {
  let count = 0
  const ansible = (Object.keys(ansibleWays) as AnsibleWay[]).map((way) => ({
    make: (host: SshTarget) => createAnsible(way, join(folder, `${++count}`), host),
    isRemote: true,
  }))
  return [...ansible, { make: createCfengine, isRemote: false }, { make: createPuppet, isRemote: false }]
}

async function fresh(host: NativeHost): Promise<void> {
  await host.reset()
  await host.must('systemctl enable --now postfix named nginx')
}

async function ofPeer(host: NativeHost, { make, isRemote }: Maker, runs: number): Promise<Figures> {
  await fresh(host)
  const peer = await make(host)
  console.error(`bench: ${peer.name}`)
  await peer.want('first')
  await peer.run()
  const act = { peer, host, places: peerPlaces }
  return { name: peer.name, ...(await measured(act, runs)), farMs: isRemote ? await far(host, make, runs) : undefined }
}

interface Act {
  readonly peer: Peer
  readonly host: NativeHost
  readonly places: Places
}

async function measured({ peer, host, places }: Act, runs: number): Promise<Omit<Figures, 'name' | 'farMs'>> {
  const noop = await repeat(runs, () => peer.run())
  const change = await repeat(runs, async (turn) => {
    await peer.want(`turn ${turn}`)
    await peer.run()
    await answers(host, `turn ${turn}`)
  })
  const all = drifts(places)
  const found = new Set<string>()
  const repair: number[] = []
  for (let turn = 0; turn < runs; turn++) {
    await harm(host, all)
    repair.push(await timed(() => peer.run()))
    for (const name of await left(host, all)) found.add(name)
    await plainSsh(host, 'sysctl -qw net.ipv4.ip_forward=1')
  }
  return { noopMs: median(noop), changeMs: median(change), repairMs: median(repair), left: [...found] }
}

async function far(host: NativeHost, make: Maker['make'], runs: number): Promise<number> {
  await using proxy = await startLateProxy(host, farRoundTripMs)
  const peer = await make({ ...host, address: '127.0.0.1', port: proxy.port })
  await peer.want('first')
  await peer.run()
  return median(await repeat(runs, () => peer.run()))
}

async function repeat(runs: number, act: (turn: number) => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = []
  for (let turn = 0; turn < runs; turn++) times.push(await timed(() => act(turn)))
  return times
}

/** A reload of nginx is over a moment after its command. */
async function answers(host: SshTarget, wanted: string): Promise<void> {
  await plainSsh(host, `until [ "$(curl -s -H 'Host: ${vhostName(0)}' http://127.0.0.1/)" = '${wanted}' ]; do sleep 0.02; done`)
}

/** The engine over one open connection, as the controller holds it. */
async function ofReeve(host: NativeHost, runs: number): Promise<Figures & { readonly floorMs: number }> {
  await fresh(host)
  console.error('bench: Reeve')
  await using reeve = openBenchHost(host)
  const peer = reevePeer(reeve, host)
  await peer.want('first')
  await reeve.converge()
  const floorMs = median(await repeat(runs, () => plainSsh(host, floorScript)))
  const figures = await measured({ peer, host, places: reevePlaces }, runs)
  await using proxy = await startLateProxy(host, farRoundTripMs)
  await using distant = openBenchHost({ ...host, address: '127.0.0.1', port: proxy.port })
  const there = reevePeer(distant, host)
  await there.want(`turn ${runs - 1}`)
  await distant.converge()
  return { name: 'Reeve', ...figures, farMs: median(await repeat(runs, () => there.run())), floorMs }
}

/** One cycle: it applies what differs, and proves it. */
function reevePeer(reeve: BenchHost, host: NativeHost): Peer {
  return {
    name: 'Reeve',
    want: (answer) => reeve.want(dayManifests(host, answer)),
    async run() {
      const { status, message } = await reeve.cycle()
      if (status !== 'noop' && status !== 'converged') throw new Error(`a cycle ended as ${status}: ${message}`)
    },
  }
}

function rowsOf(reeve: Figures & { readonly floorMs: number }, peers: readonly Figures[]): readonly Row[] {
  const of = (what: string, value: (one: Figures) => number | undefined, bar: number | null): readonly Row[] => {
    const own = value(reeve) ?? Number.NaN
    return peers.flatMap((peer) => {
      const theirs = value(peer)
      return theirs === undefined ? [] : [peerRow(`${what}, beside ${peer.name}`, own, theirs, bar)]
    })
  }
  return [
    timeByFloor(`a day's work (${things} things), no change`, reeve.noopMs, reeve.floorMs, 1.3),
    ...of('… no change', (one) => one.noopMs, 150),
    ...of('… one line changed → it answers', (one) => one.changeMs, 400),
    ...of(`… ${drifts(peerPlaces).length} drifts repaired`, (one) => one.repairMs, null),
    ...of(`… no change, ${farRoundTripMs} ms more to the host and back`, (one) => one.farMs, 250),
    ...[reeve, ...peers].map((one) => leftRow(one, one === reeve ? 0 : null)),
  ]
}

function leftRow({ name, left }: Figures, bar: number | null): Row {
  const what = left.length === 0 ? '' : ` (${left.join(', ')})`
  return figure(`… drifts that ${name} leaves${what}`, left.length, '', bar)
}
