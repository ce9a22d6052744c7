import { vi } from 'vitest'
import type { Cycle } from '../../../controller/engine/cycle.ts'
import { reconcile } from '../../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../../controller/engine/run.ts'
import { emptyMemory } from '../../../controller/engine/session.ts'
import { filePrimitive } from '../../../controller/primitives/file/index.ts'
import { depsOf } from '../../engine/deps.ts'
import { createHost, type SimulatedHost } from '../host.ts'
import { cutPower, noteWhatIsFlushed } from '../power.ts'
import { type Process, signal } from '../shell/process.ts'
import { openWay, type Way } from '../way.ts'
import { type Commit, type Fault, folder, type Story, stateOf } from './story.ts'
import { createWitness, type Witness } from './witness.ts'

/** A host, the ways of two controllers to it, and who remembers what they told. */
interface Stage {
  readonly host: SimulatedHost
  readonly ways: readonly Way[]
  readonly witness: Witness
  readonly story: Story
  /** The next number that the story's pace leads to. */
  next(): number
  /** From now on nothing goes wrong, and nobody is held up. */
  calm(): void
}

/** Plays a story on a host in memory with the controller's own scripts; answers what went wrong first, in words. `broken`: a tool that says it did it, and did not. To be run under vi.useFakeTimers. */
export async function playStory(story: Story, broken?: 'sync' | 'flock'): Promise<string | undefined> {
  const complaints: string[] = []
  const host = createHost({ name: 'he1', complain: (message) => complaints.push(message) })
  if (broken !== undefined) Object.assign(host.machine, { tools: new Map([...host.machine.tools, [broken, () => 0]]) })
  await host.run(`mkdir -p ${folder}`)
  noteWhatIsFlushed(host.disk)
  const stage = setStage(host, story)
  const { wrong } = stage.witness
  await untilOver(play(stage), wrong)
  for (const way of stage.ways) way.cut()
  host.powerCycle()
  return wrong[0] ?? complaints[0]
}

/** Its faults come as the commands of the host are counted. */
function setStage(host: SimulatedHost, story: Story): Stage {
  const ways = [openWay(host), openWay(host)]
  const witness = createWitness(host)
  const left = story.faults.toSorted((one, other) => one.at - other.at)
  let [random, commands, isCalm] = [story.pace, 0, false]
  const next = (): number => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31
    return random
  }
  host.machine.pace = () => {
    commands++
    while (left[0] !== undefined && commands >= left[0].at && !isCalm) strike(left.shift() as Fault, { host, ways, witness })
    return !isCalm && story.isPaired && next() % 11 === 0 ? new Promise((resolve) => setTimeout(resolve, random % 47)) : undefined
  }
  const calm = (): void => {
    isCalm = true
  }
  return { host, ways, witness, story, next, calm }
}

function strike({ type, kept, torn }: Fault, { host, ways, witness }: Pick<Stage, 'host' | 'ways' | 'witness'>): void {
  if (type === 'line') ways[torn % ways.length]?.cut()
  if (type === 'kill') kill(host, torn, kept % 2 === 0)
  if (type !== 'power') return
  cutPower(host.disk, kept, torn)
  host.powerCycle()
  for (const way of ways) way.cut()
  witness.check('after a power cut')
  // What systemd does before the network: the unit's own line.
  void host.run(`for a in /var/lib/reeve/journal/*/armed-disk; do [ ! -e "$a" ] || /bin/sh "\${a%/*}/apply" expire "$(cat "$a")"; done`)
}

/** All processes of one apply; or its main one alone, as a lack of memory would. */
function kill({ machine }: SimulatedHost, torn: number, isAlone: boolean): void {
  const detached = [...machine.processes.values()].filter(({ fds }) => fds.has(8) || fds.has(7))
  const chosen = detached[torn % Math.max(1, detached.length)]
  for (const one of machine.processes.values())
    if (chosen !== undefined && (isAlone ? one === chosen : one.group === chosen.group)) signal(one as Process, 'KILL')
}

async function play(stage: Stage): Promise<void> {
  const { ways, story } = stage
  await Promise.all((story.isPaired ? ways : ways.slice(0, 1)).map((way, number) => work(stage, way, number)))
  await settle(stage)
}

/** One controller's work: each commit until it has seen it done, two times at most. */
async function work(stage: Stage, way: Way, number: number): Promise<void> {
  const { story, witness } = stage
  const memory = emptyMemory()
  way.answer = story.answer
  for (const [index, commit] of story.commits.entries())
    for (let tries = 0; tries < 2; tries++) {
      const end = await cycle(stage, way, commit, index, memory)
      if (!story.isPaired && (end?.status === 'converged' || end?.status === 'noop')) witness.tell(commit)
      await pause(300 + number * 170)
    }
}

/** Somebody comes later, who remembers nothing, and brings all to rest. */
async function settle(stage: Stage): Promise<void> {
  const { host, story, witness } = stage
  stage.calm()
  const last = story.commits.at(-1) ?? []
  const way = openWay(host)
  await pause(120_000)
  witness.forgetAll()
  let end: Cycle | undefined
  for (let tries = 0; tries < 8; tries++) {
    end = await cycle(stage, way, last, story.commits.length)
    await pause(3000)
    if (end?.status !== 'noop' || end.recovered.length > 0) continue
    witness.tell(last)
    return witness.checkLeftovers()
  }
  witness.wrong.push(`it does not come to rest: ${end?.status} ${end?.message}`)
}

/** Undefined where the line was cut. */
async function cycle(stage: Stage, way: Way, commit: Commit, index: number, memory = emptyMemory()): Promise<Cycle | undefined> {
  return reconcile(stateOf(commit, index), depsIn(stage, way, memory)).catch(() => undefined)
}

function depsIn({ next, witness }: Stage, way: Way, memory: ReconcileDeps['memory']): ReconcileDeps {
  return depsOf(way, {
    memory,
    primitives: new Map([['file', filePrimitive]]),
    random: () => next().toString(16).padStart(32, '0'),
    observeTimeoutMs: 10_000,
    confirmTimeoutMs: 1500,
    onProgress(event) {
      if (event.type !== 'planned') return
      for (const { id } of event.plan.transactions.flatMap(({ changes }) => changes)) witness.forget(id.slice(id.lastIndexOf('/') + 1))
    },
  })
}

/** Lets the clock run until it is over, or something is wrong. */
async function untilOver(whole: Promise<void>, wrong: string[]): Promise<void> {
  let isOver = false
  const end = (): void => {
    isOver = true
  }
  whole.then(end, (error: unknown) => {
    end()
    wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  })
  for (let turns = 0; !isOver && turns < 20_000 && wrong.length === 0; turns++) await vi.advanceTimersByTimeAsync(turns < 200 ? 50 : 1000)
  if (!isOver && wrong.length === 0) wrong.push('it never ends')
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
