import { setTimeout as sleep } from 'node:timers/promises'
import { random } from '../instants.ts'
import { aftermath } from './aftermath.ts'
import { arm, struckAt } from './hook.ts'
import { afterBoot } from './inventory.ts'
import type { NativeWorld } from './world.ts'

interface Victim {
  readonly class: string
  readonly strike: () => Promise<unknown>
}

const killAll = `systemctl kill --signal=KILL --kill-whom=all 'reeve-[0-9a-f][0-9a-f][0-9a-f]*.service' || :`
/** As the kernel does where memory is short: any one process of the apply. */
const killOne = `set -- $(for u in $(systemctl list-units --plain --no-legend 'reeve-[0-9a-f][0-9a-f][0-9a-f]*.service' | cut -d' ' -f1); do systemctl show -p ControlGroup --value "$u"; done)
for g; do for f in /sys/fs/cgroup$g /sys/fs/cgroup/systemd$g /sys/fs/cgroup/unified$g; do [ -r $f/cgroup.procs ] && cat $f/cgroup.procs; done; done | sort -u | shuf -n 1 | xargs -r kill -s KILL || :`

const victims = (world: NativeWorld): readonly Victim[] => [
  { class: 'kill -9 of an apply at a random instant', strike: () => world.host.exec(killAll) },
  { class: 'kill -9 of the controller at a random instant', strike: () => world.kill() },
  { class: 'kill -9 of one process of an apply at a random instant (as out of memory)', strike: () => world.host.exec(killOne) },
  {
    class: 'kill -9 of controller and apply at a random instant',
    strike: () => Promise.all([world.kill(), world.host.exec(killAll)]),
  },
]

/** All at once, with its files kept; what was not flushed is lost in the lab's emulated machines. */
const reboot = (world: NativeWorld): Victim => ({
  class: 'reboot of the host in the middle of an apply',
  strike: async () => {
    await world.host.powerCycle()
    await world.host.must(afterBoot)
  },
})

/** Apply and controller by turns, one in eight of another sort; every twentieth time the host itself. */
function victimOf(world: NativeWorld, turn: number): Victim {
  const all = victims(world)
  if (turn % 20 === 19) return reboot(world)
  const usual = turn % 8 === 6 ? 2 : turn % 8 === 7 ? 3 : turn % 2
  return all[usual] ?? reboot(world)
}

/** Strikes at some instant of the apply of a commit; what is wrong afterwards. */
export async function strikeOnce(world: NativeWorld, turn: number): Promise<readonly string[]> {
  const victim = victimOf(world, turn)
  const [at, laterMs] = [1 + Math.floor(random() * 165), Math.floor(random() * 150)]
  await arm(world.host, at, 'note')
  await world.turn()
  const struck = await struckAt(
    world.host,
    world.converged().catch(() => {}),
  )
  await sleep(laterMs)
  await victim.strike()
  const what = `${laterMs} ms after ${at}, ${struck ?? 'the end'}`
  const troubles = await aftermath(world, { class: victim.class, what })
  return troubles.map((trouble) => `${turn} ${victim.class}, ${what}: ${trouble}`)
}
