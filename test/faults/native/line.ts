import { setTimeout as sleep } from 'node:timers/promises'
import type { ProxyMode } from '../../lab/tcp-proxy.ts'
import { aftermath } from './aftermath.ts'
import { arm, letGo, struckAt } from './hook.ts'
import type { NativeWorld } from './world.ts'

/** Given up soon: a line that is dead for good costs a test what these are. */
export const hasty = { timeouts: { connect: '3s', observe: '8s', apply: '30s', confirm: '10s' } }

/** What happens to the line, and how long it stays so. */
const sorts = {
  'is cut once': { mode: { kind: 'pass' }, isCut: true, forMs: 0 },
  'is reset, and each new one': { mode: { kind: 'refuse' }, isCut: true, forMs: 4_000 },
  'is a black hole': { mode: { kind: 'blackhole' }, isCut: false, forMs: 12_000 },
  'carries 1 kB a second': { mode: { kind: 'throttle', bytesPerSecond: 1_000 }, isCut: false, forMs: 12_000 },
} as const satisfies Record<string, { readonly mode: ProxyMode; readonly isCut: boolean; readonly forMs: number }>
export type Sort = keyof typeof sorts
export const lineSorts = Object.keys(sorts) as readonly Sort[]

const passed = ({ way }: NativeWorld): number => way.passedBytes.toTarget

/** Resolves once so many bytes more went to the host. */
async function sent(world: NativeWorld, bytes: number): Promise<void> {
  const from = passed(world)
  for (const endMs = performance.now() + 30_000; passed(world) < from + bytes && performance.now() < endMs; ) await sleep(1)
}

/** Commits, and comes back when things are as far as that; a hook may hold the apply there. */
const phases: Readonly<Record<string, (world: NativeWorld) => Promise<unknown>>> = {
  'while it connects': async (world) => {
    world.way.setMode({ kind: 'refuse' })
    world.way.cut()
    await world.turn()
    await sleep(1_500)
    const before = world.way.acceptedCount
    world.way.setMode({ kind: 'pass' })
    for (const endMs = performance.now() + 30_000; world.way.acceptedCount === before && performance.now() < endMs; ) await sleep(1)
  },
  'while it looks': async (world) => {
    await world.turn()
    await sent(world, 1)
  },
  'while a plan is delivered': async (world) => {
    await world.turn()
    await sent(world, 20_000)
  },
  'while a step runs': (world) => at(world, 'begun *-3 *'),
  'while a verdict is awaited': (world) => at(world, 'state * awaiting'),
  'when the plan is closed and its outcome on its way': (world) => at(world, 'closed'),
}
export type Phase = keyof typeof phases
export const linePhases = Object.keys(phases) as readonly Phase[]

async function at(world: NativeWorld, pattern: string): Promise<void> {
  await arm(world.host, pattern, 'wait')
  await world.turn()
  await struckAt(world.host, sleep(60_000))
}

/** Does this to the line there; what is wrong afterwards. */
export async function strikeLine(world: NativeWorld, sort: Sort, phase: Phase): Promise<readonly string[]> {
  const { mode, isCut, forMs } = sorts[sort]
  await phases[phase]?.(world)
  world.way.setMode(mode)
  if (isCut) world.way.cut()
  await letGo(world.host)
  await sleep(forMs)
  world.way.setMode({ kind: 'pass' })
  const what = `the line ${sort} ${phase}`
  const troubles = await aftermath(world, { class: `TCP: the line ${sort}`, what })
  return troubles.map((trouble) => `${what}: ${trouble}`)
}
