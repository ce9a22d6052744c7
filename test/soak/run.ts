import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { damageOf, type Look } from '../faults/native/inventory.ts'
import { atFirst } from './deeds.ts'
import type { HostSort } from './hosts.ts'
import { openJournal, readJournal } from './journal.ts'
import { accountMails } from './mailAccount.ts'
import { play } from './player.ts'
import { type Act, hostNames, killShare, scheduleOf } from './schedule.ts'
import { rest, type Stage, startStage, statusNow, troubleOf, until } from './stage.ts'
import { startWatchers } from './watchers.ts'
import { createSoakWorld } from './world.ts'

export interface SoakOptions {
  readonly seed: number
  readonly minutes: number
  readonly hosts: HostSort
  /** File of the journal. */
  readonly journal: string
  /** Whether a person asked for an end: what is in hand is finished, and what was played is looked at. */
  isStopped(): boolean
}

const root = join(import.meta.dirname, '../..')
const nowSeconds = (): number => Date.now() / 1000

/** Plays a whole run; all that it came to stands in the journal. */
export async function runSoak(options: SoakOptions): Promise<void> {
  const { seed, minutes, hosts } = options
  const journal = openJournal(options.journal, nowSeconds)
  await using world = await createSoakWorld(hosts, journal)
  await using watchers = startWatchers(world, journal)
  const stage = startStage({ world, watchers, journal, nowSeconds })
  const looks = await settle(stage)
  journal.note({ type: 'begin', seed, minutes, hosts, commit: commitOfTree(), load: loadNow(), machine: machineNow() })
  await playAll(stage, options)
  journal.note({ type: 'played', load: loadNow() })
  await finish(stage, options.journal, looks)
}

/** Each host as it is come to from its other state, where nothing disturbs it. */
async function settle(stage: Stage): Promise<readonly Look[]> {
  const { world } = stage
  for (const variant of ['one', 'two', 'one'] as const) {
    for (const name of hostNames) stage.wanted[name] = { ...atFirst, variant }
    await world.commit(stage.wanted)
    if (!(await inForce(stage))) throw new Error(`the hosts do not converge before the soak: ${await open(stage)}`)
  }
  return Promise.all(hostNames.map((name) => world.look(name)))
}

async function playAll(stage: Stage, { seed, minutes, isStopped }: SoakOptions): Promise<void> {
  const began = nowSeconds()
  const share = (): number => (nowSeconds() - began) / (60 * minutes)
  for (const act of scheduleOf(seed, minutes)) {
    await sleep(act.pauseSeconds * 1000)
    if (share() >= 1 || isStopped()) return
    await playOne(stage, act, share())
  }
  // A quick machine has its rest.
  while (share() < 1 && !isStopped()) await sleep(1000)
}

async function playOne(stage: Stage, act: Act, share: number): Promise<void> {
  const { journal } = stage
  if (act.type === 'fault' && act.sort === 'kill -9 of the controller' && share > killShare)
    return journal.note({ type: 'skipped', what: act.sort, because: 'the run was slow: its memory is measured from here on' })
  await play(stage, act).catch((error: Error) => journal.note({ type: 'trouble', text: `${act.type} ${act.sort}: ${error.message}` }))
}

/** Back to where it began, so that each host can be held against what it was. */
async function finish(stage: Stage, file: string, looks: readonly Look[]): Promise<void> {
  const { world, journal } = stage
  for (const name of hostNames) stage.wanted[name] = atFirst
  await world.commit(stage.wanted)
  await inForce(stage)
  // A mail that waited for its server, and the end of what was told of last.
  await until(async () => accountMails(readJournal(file)).lost.length === 0)
  for (const [index, name] of hostNames.entries()) {
    const damage = await settledDamage(stage, name, looks[index] ?? {})
    journal.note({ type: 'look', host: name, ...damage })
  }
  journal.note({ type: 'end', load: loadNow(), open: await open(stage) })
}

async function settledDamage({ world }: Stage, name: (typeof hostNames)[number], wanted: Look): Promise<ReturnType<typeof damageOf>> {
  for (const endMs = performance.now() + 60_000; ; await sleep(1000)) {
    const damage = damageOf(await world.look(name), wanted)
    if (Object.values(damage).every((all) => all.length === 0) || performance.now() > endMs) return damage
  }
}

async function inForce(stage: Stage): Promise<boolean> {
  const head = await stage.world.repository.head()
  const isRead = await until(async () => (await statusNow(stage))?.commit?.hash === head)
  // The first look may have been begun before the commit was read.
  return isRead && (await rest(stage)) && (await rest(stage))
}

async function open(stage: Stage): Promise<readonly string[]> {
  const status = await statusNow(stage)
  return status === undefined ? ['the controller does not answer'] : troubleOf(status, await stage.world.repository.head())
}

function commitOfTree(): string {
  const git = (...words: readonly string[]): string => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()
  return `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`
}

function loadNow(): number {
  return loadavg()[0] ?? Number.NaN
}

function machineNow(): string {
  const all = cpus()
  return `${all.length} × ${all[0]?.model ?? 'processor'}, Linux ${release()}, Node ${process.versions.node}`
}
