import { vi } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { parseLedger } from '../../controller/engine/ledger.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import type { HypervisorName, ManifestId } from '../../controller/model/ids.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { filePrimitive } from '../../controller/primitives/file/index.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { textOf } from './disk.ts'
import { createHost } from './host.ts'
import { cutPower, noteWhatIsFlushed } from './power.ts'
import { type Process, signal } from './shell/process.ts'
import { openWay, type Way } from './way.ts'

/** What happens at the n-th command that the host runs. */
export interface Fault {
  readonly at: number
  readonly type: 'power' | 'kill' | 'line' | 'controller'
  readonly kept: number
  readonly torn: number
}

/** Commits that two controllers of one fleet apply side by side, and what goes wrong meanwhile. */
export interface Story {
  /** For each commit: which version of each file is wanted (0: none). */
  readonly commits: readonly (readonly number[])[]
  readonly faults: readonly Fault[]
  /** What the commit probe of the last file says. */
  readonly answer: boolean | undefined
  /** Chooses who goes on when. */
  readonly pace: number
  readonly isPaired: boolean
}

const folder = '/etc/model'
export const names = ['a', 'b', 'c', 'guarded'] as const
const hypervisor = 'he1' as HypervisorName
const modes = ['', '0644', '0600', '0640']
const contentOf = (name: string, version: number): string => `# ${name} ${version}\n${'option = value\n'.repeat(version)}`

/** Plays a story on a host in memory with the controller's own scripts; answers what went wrong first, in words. `broken`: a tool that says it did it, and did not. To be run under vi.useFakeTimers. */
export async function playStory(story: Story, broken?: 'sync' | 'flock'): Promise<string | undefined> {
  const wrong: string[] = []
  const complaints: string[] = []
  const host = createHost({ name: 'he1', complain: (message) => complaints.push(message) })
  if (broken !== undefined) Object.assign(host.machine, { tools: new Map([...host.machine.tools, [broken, () => 0]]) })
  await host.run(`mkdir -p ${folder}`)
  noteWhatIsFlushed(host.disk)
  const ways: Way[] = [openWay(host), openWay(host)]
  const told = new Map<string, string | undefined>()
  let random = story.pace
  let commands = 0
  let isPaced = true
  const left = [...story.faults].sort((one, other) => one.at - other.at)

  function next(): number {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31
    return random
  }

  host.machine.pace = () => {
    commands++
    while (left[0] !== undefined && commands >= left[0].at && isPaced) strike(left.shift() as Fault)
    return isPaced && story.isPaired && next() % 11 === 0 ? new Promise((resolve) => setTimeout(resolve, random % 47)) : undefined
  }

  function strike({ type, kept, torn }: Fault): void {
    if (type === 'line') ways[torn % ways.length]?.cut()
    if (type === 'kill') kill(torn)
    if (type !== 'power') return
    cutPower(host.disk, kept, torn)
    host.powerCycle()
    for (const way of ways) way.cut()
    check('after a power cut')
    // What systemd does before the network: the unit's own line.
    void host.run(`for a in /var/lib/reeve/journal/*/armed-disk; do [ ! -e "$a" ] || /bin/sh "\${a%/*}/apply" expire "$(cat "$a")"; done`)
  }

  /** All processes of one apply, as its unit's end would; or one alone. */
  function kill(torn: number): void {
    const detached = [...host.machine.processes.values()].filter(({ fds }) => fds.has(8) || fds.has(7))
    const chosen = detached[torn % Math.max(1, detached.length)]
    for (const one of host.machine.processes.values())
      if (chosen !== undefined && one.group === chosen.group) signal(one as Process, 'KILL')
  }

  function found(name: string): string | undefined {
    const node = host.disk.at(`${folder}/${name}`)
    if (node?.type !== 'file') return undefined
    const version = [1, 2, 3].find((one) => contentOf(name, one) === textOf(node))
    if (version === undefined) return `${JSON.stringify(textOf(node))} of nobody`
    const mode = `0${node.mode.toString(8)}`
    return mode === modes[version] ? String(version) : `${version} with mode ${mode}`
  }

  function entries(): ReadonlyMap<string, LedgerEntry> {
    const node = host.disk.at('/var/lib/reeve/ledger')
    const reading = parseLedger(node?.type === 'file' ? textOf(node) : '')
    if (reading.status === 'unreadable') wrong.push(`the ledger cannot be read: ${reading.reason}`)
    return reading.status === 'read' ? reading.ledger.entries : new Map()
  }

  function check(when: string): void {
    const known = entries()
    for (const [name, version] of told) {
      if (found(name) !== version) wrong.push(`${when} ${name} is ${found(name)}, and was told to be ${version}`)
      const entry = known.get(`he1 file:${folder}/${name}`)
      if (version === undefined ? entry !== undefined : entry?.state !== 'done')
        wrong.push(`${when} the ledger says of ${name}, which is ${version}: ${JSON.stringify(entry)}`)
    }
  }

  function wanted(commit: readonly number[], index: number): DesiredState {
    const specs = names.flatMap((name, at) => {
      const version = commit[at] ?? 0
      if (version === 0) return []
      const spec = file({ path: `${folder}/${name}`, content: contentOf(name, version), mode: modes[version] ?? '', owner: 'root:root' })
      if (name !== 'guarded') return [spec]
      return [
        { ...spec, confirm: { probes: [{ type: 'tcp' as const, host: '127.0.0.1', port: 1 }], withinMs: 2000, lockOut: 'disk' as const } },
      ]
    })
    const items = specs.map((spec) => ({ target: { hypervisor }, spec, owners: ['Note/one' as ManifestId] }))
    return { hypervisor, fleet: 'test', commit: `c${index}`, vitals: [], items }
  }

  function deps(way: Way, memory = emptyMemory()): ReconcileDeps {
    return {
      host: way,
      memory,
      primitives: new Map([['file', filePrimitive]]),
      random: () => next().toString(16).padStart(32, '0'),
      observeTimeoutMs: 10_000,
      maxReplyBytes: 1 << 22,
      policy: { approvals: new Set(), isWindowOpen: () => false, suspendedBecause: () => undefined },
      sourceFile: () => 'one.yaml',
      removalOf: () => ({ status: 'removed' }),
      now: () => Date.now() / 1000,
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      epoch: 1,
      applyTimeoutMs: 20_000,
      confirmTimeoutMs: 1500,
      controller: 'a test',
      onProgress(event) {
        if (event.type === 'planned')
          for (const { id } of event.plan.transactions.flatMap(({ changes }) => changes)) told.delete(id.slice(id.lastIndexOf('/') + 1))
      },
    }
  }

  async function cycle(way: Way, commit: readonly number[], index: number, memory = emptyMemory()): Promise<Cycle | undefined> {
    return reconcile(wanted(commit, index), deps(way, memory)).catch(() => undefined)
  }

  /** One controller's work: each commit until it has seen it done, three times at most. */
  async function work(way: Way, first: number): Promise<void> {
    const memory = emptyMemory()
    way.answer = story.answer
    for (const [index, commit] of story.commits.entries())
      for (let tries = 0; tries < 2; tries++) {
        const end = await cycle(way, commit, index, memory)
        if (!story.isPaired && (end?.status === 'converged' || end?.status === 'noop')) tell(commit)
        await new Promise((resolve) => setTimeout(resolve, 300 + first * 170))
      }
  }

  function tell(commit: readonly number[]): void {
    for (const [at, name] of names.entries()) told.set(name, commit[at] ? String(commit[at]) : undefined)
    check('as it is told')
  }

  async function settle(): Promise<void> {
    isPaced = false
    const last = story.commits.at(-1) ?? []
    const way = openWay(host)
    await new Promise((resolve) => setTimeout(resolve, 120_000))
    told.clear()
    for (let tries = 0; tries < 8; tries++) {
      const end = await cycle(way, last, story.commits.length)
      if (end?.status === 'noop' && end.recovered.length === 0) {
        tell(last)
        return leftovers()
      }
      await new Promise((resolve) => setTimeout(resolve, 3000))
      if (tries === 7) wrong.push(`it does not come to rest: ${end?.status} ${end?.message}`)
    }
  }

  async function leftovers(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const { stdout } = await host.run(
      `ls -A ${folder} /var/lib/reeve/journal; sed -n 's/^{"reeve":1,"generation":\\([0-9]*\\),.*/\\1/p' /var/lib/reeve/ledger`,
    )
    const lines = stdout.split('\n')
    const generations = lines.filter((line) => /^\d+$/.test(line)).map(Number)
    if (generations.some((one, index) => index > 0 && one <= (generations[index - 1] ?? 0))) wrong.push(`generations: ${generations}`)
    const strange = lines.filter((line) => /\.reeve-/.test(line) || /^[0-9a-f]{16}/.test(line))
    if (strange.length > 0) wrong.push(`left behind: ${strange}`)
  }

  const whole = (async () => {
    await Promise.all(story.isPaired ? ways.map(work) : [work(ways[0] as Way, 0)])
    await settle()
  })()
  let isOver = false
  whole.then(
    () => (isOver = true),
    (error: unknown) => {
      isOver = true
      wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    },
  )
  for (let turns = 0; !isOver && turns < 20_000 && wrong.length === 0; turns++) await vi.advanceTimersByTimeAsync(turns < 200 ? 50 : 1000)
  if (!isOver && wrong.length === 0) wrong.push('it never ends')
  for (const way of ways) way.cut()
  host.powerCycle()
  return wrong[0] ?? complaints[0]
}
