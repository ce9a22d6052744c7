import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Written } from '../fleet/fleet.ts'
import { residentMiB } from './commit.ts'
import { cpuSecondsOf } from './processor.ts'
import { type Replicas, startReplicas } from './replicas.ts'
import { figure, type Row } from './rows.ts'
import { median, quantile } from './statistics.ts'

export interface ReplicasBench {
  readonly hosts: number
  /** How long commits are made while all is looked at. */
  readonly minutes: number
}

const names = ['a', 'b', 'c', 'd']
const resources = 5
/** Two cores cannot look at so many in a minute. */
const resyncSeconds = 600
const longestMs = 3_600_000
const scrapeMs = 15_000

/** Four real controllers over one etcd and one simulated fleet: from bare hosts, under commits, and when one of them is killed. */
export async function benchReplicas({ hosts, minutes }: ReplicasBench): Promise<readonly Row[]> {
  console.error(`bench: ${hosts} simulated hypervisors with ${resources} resources, ${names.length} controllers`)
  await using replicas = await startReplicas({ hosts, names, resources, resync: `${resyncSeconds}s`, lease: '5s' })
  const seconds = await fromBare(replicas)
  const rows = [figure(`${hosts} hypervisors, ${names.length} replicas: from bare hosts until each is as Git says`, seconds, 's', null)]
  rows.push(...(await underCommits(replicas, minutes)), ...(await killed(replicas)))
  return [...rows, figure('… generations of a ledger that two have written', doubled(await replicas.written()), '', 0)]
}

async function fromBare({ ways, first, provenAtMs }: Replicas): Promise<number> {
  return secondsUntil(() => Promise.resolve(ways.length - provenAtMs(first).size), 'are not yet as Git says')
}

async function underCommits(replicas: Replicas, minutes: number): Promise<readonly Row[]> {
  const pids = [...replicas.controllers.values()].map(({ pid }) => pid)
  const cpuSeconds = async () => (await Promise.all(pids.map((pid) => cpuSecondsOf(pid)))).reduce((sum, each) => sum + each, 0)
  const cycles = async () => [...(await noopsOf(replicas)).values()].reduce((sum, each) => sum + each, 0)
  const [cyclesBefore, cpuBefore, began] = [await cycles(), await cpuSeconds(), performance.now()]
  const times: number[] = []
  for (let turn = 0; performance.now() - began < minutes * 60_000; turn++) times.push(await commitTo(replicas, turn))
  const tookSeconds = (performance.now() - began) / 1000
  const cpu = (await cpuSeconds()) - cpuBefore
  const each = ((await cycles()) - cyclesBefore) / replicas.ways.length / tookSeconds
  const resident = await Promise.all(pids.map(residentMiB))
  return [
    figure(`… cycles a host and resync of ${resyncSeconds} s (at least 0.9)`, each * resyncSeconds, '', null),
    figure('… processor time of all controllers, of one core', (100 * cpu) / tookSeconds, '%', null),
    figure('… resident memory of the largest controller', Math.max(...resident), 'MiB', 512),
    figure(`… commit → verified on its one host, median of ${times.length}`, median(times), 'ms', null),
    figure('… commit → verified on its one host, p99', quantile(times, 0.99), 'ms', 3000),
  ]
}

/** Milliseconds from the moment that the branch moved until it is verified on the one host that it is for. */
async function commitTo({ ways, repository, fill, provenAtMs }: Replicas, turn: number): Promise<number> {
  const way = ways[(turn * 7919) % ways.length] as (typeof ways)[number]
  await fill(way, `commit ${turn}`)
  const commit = await repository.commit('A change')
  const { mtimeMs } = await stat(join(repository.bare, 'refs/heads/main'))
  await secondsUntil(() => Promise.resolve(provenAtMs(commit).has(way.name) ? 0 : 1), 'does not have its commit')
  return (provenAtMs(commit).get(way.name) ?? Number.NaN) - mtimeMs
}

/** kill -9 of one, until all of its hosts have another owner, and until that one has looked at each. */
async function killed(replicas: Replicas): Promise<readonly Row[]> {
  const [name = '', victim] = [...replicas.controllers][0] ?? []
  const theirs = [...(await replicas.owners())].filter(([, owner]) => owner === name).map(([hypervisor]) => hypervisor)
  const before = await noopsOf(replicas, name)
  process.kill(victim?.pid ?? 0, 'SIGKILL')
  const ownedSeconds = await secondsUntil(async () => {
    const owners = await replicas.owners()
    return theirs.filter((each) => (owners.get(each) ?? name) === name).length
  }, 'are in nobody’s charge')
  const looks = async () => {
    const now = await noopsOf(replicas, name)
    return theirs.filter((each) => (now.get(each) ?? 0) <= (before.get(each) ?? 0)).length
  }
  // Metrics of thousands of hosts are megabytes: asked for more often than Prometheus does, they would be what is measured.
  const seenSeconds = ownedSeconds + (await secondsUntil(looks, 'were not looked at by their heirs', scrapeMs))
  return [
    figure(`… one is killed: until its ${theirs.length} are in the charge of the others`, ownedSeconds, 's', 10),
    figure('… … until these have looked at each of them', seenSeconds, 's', null),
  ]
}

/** Cycles without anything to do so far, by hypervisor, of all controllers but one. */
async function noopsOf({ controllers }: Replicas, without?: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const [name, { url }] of controllers) {
    if (name === without) continue
    const text = await (await fetch(`${url}/metrics`)).text()
    for (const [, labels = '', value] of text.matchAll(/^reeve_reconcile_total\{(.*result="noop".*)\} (\d+)/gm)) {
      const hypervisor = /hypervisor="([^"]*)"/.exec(labels)?.[1] ?? ''
      counts.set(hypervisor, (counts.get(hypervisor) ?? 0) + Number(value))
    }
  }
  return counts
}

/** How many times a ledger of one host came to the same generation again. */
function doubled(written: readonly Written[]): number {
  const seen = new Set<string>()
  const ledgers = written.filter(({ what }) => what === 'ledger')
  for (const { host, generation } of ledgers) seen.add(`${host} ${generation}`)
  return ledgers.length - seen.size
}

async function secondsUntil(left: () => Promise<number>, message: string, paceMs = 50): Promise<number> {
  const began = performance.now()
  for (let told = began; ; await sleep(paceMs)) {
    const count = await left()
    const now = performance.now()
    if (count === 0) return (now - began) / 1000
    if (now - began > longestMs) throw new Error(`${count} ${message}`)
    if (now - told < 30_000) continue
    told = now
    console.error(`bench: ${count} hypervisors ${message}`)
  }
}
