import { setTimeout as sleep } from 'node:timers/promises'
import type { CaughtMail } from '../../lab/smtp-catcher.ts'
import type { FaultRecord } from '../faultReport.ts'
import { countMails, unended } from '../mailCount.ts'
import { unclean } from '../mails.ts'
import { record } from '../record.ts'
import { disarm } from './hook.ts'
import { damageOf, look } from './inventory.ts'
import type { NativeWorld } from './world.ts'

/** All mails of a world so far: a thread may go on over several faults. */
const caught = new WeakMap<NativeWorld, CaughtMail[]>()

/** Waits until the fleet is as Git says, compares the host with one that nothing disturbed, counts the mails, and records it all. The answer: what is wrong, none for a fault that did no harm. */
export async function aftermath(world: NativeWorld, what: Pick<FaultRecord, 'class' | 'what'>): Promise<readonly string[]> {
  const failure = await world.converged().then(
    () => undefined,
    (error: Error) => error.message,
  )
  await disarm(world.host)
  const { dataLost, wrongDeletes, different } = await settledDamage(world)
  const left = await leftOpen(world)
  const all = [...(caught.get(world) ?? []), ...world.catcher.mails]
  const { lost, doubled } = countMails(all)
  caught.set(world, all)
  world.catcher.clear()
  const mails = [
    ...left.map((one) => `no end was told of: ${one}`),
    ...lost.map((one) => `lost: ${one}`),
    ...doubled.map((one) => `doubled: ${one}`),
  ]
  const troubles = [...(failure === undefined ? [] : [failure]), ...dataLost, ...wrongDeletes, ...different, ...mails]
  const counts = {
    dataLost: dataLost.length,
    wrongDeletes: wrongDeletes.length,
    mailsLost: left.length + lost.length,
    mailsDoubled: doubled.length,
  }
  record({ ...what, host: 'native', isConverged: failure === undefined && different.length === 0, ...counts, troubles })
  return troubles
}

/** Journals that were reported go without anybody waiting for it, and a daemon may still be starting: they are given some seconds. */
async function settledDamage(world: NativeWorld): Promise<ReturnType<typeof damageOf>> {
  for (const endMs = performance.now() + 20_000; ; await sleep(500)) {
    const damage = damageOf(await look(world.host), world.wanted())
    const count = damage.dataLost.length + damage.wrongDeletes.length + damage.different.length
    if (count === 0 || performance.now() > endMs) return damage
  }
}

async function leftOpen(world: NativeWorld): Promise<readonly string[]> {
  for (const endMs = performance.now() + 60_000; ; await sleep(200)) {
    const left = unended([...(caught.get(world) ?? []), ...world.catcher.mails], (subject) => subject === unclean)
    if (left.length === 0 || performance.now() > endMs) return left
  }
}
