import { random } from '../instants.ts'
import { aftermath } from './aftermath.ts'
import { arm, type How, struckAt } from './hook.ts'
import type { NativeWorld } from './world.ts'

export interface Kill {
  readonly at: number
  readonly how: How
}

/** With all that the apply runs, at every boundary; and at every third with its shell alone. */
export function everyKill(count: number): readonly Kill[] {
  const every = Array.from({ length: count }, (_, index) => index + 1)
  const alone = every.filter((at) => at % 3 === 0).map((at) => ({ at, how: 'alone' }) as const)
  return [...every.map((at) => ({ at, how: 'unit' }) as const), ...alone]
}

/** One somewhere, as the seed says. */
export function anyKill(count: number): Kill {
  return { at: 1 + Math.floor(random() * count), how: random() < 0.5 ? 'unit' : 'alone' }
}

const said: Partial<Record<How, string>> = { unit: 'all of the apply', alone: 'its shell alone' }

/** Kills the apply of a commit at that boundary; what is wrong afterwards. */
export async function killAt(world: NativeWorld, { at, how }: Kill): Promise<readonly string[]> {
  await arm(world.host, at, how)
  await world.turn()
  const struck = await struckAt(
    world.host,
    world.converged().catch(() => {}),
  )
  // The way back has some boundaries less than the way there.
  if (struck === undefined) return []
  const what = `${said[how]} at ${at}, ${struck}`
  const troubles = await aftermath(world, { class: 'kill -9 of an apply at a step boundary', what })
  return troubles.map((trouble) => `${what}: ${trouble}`)
}
