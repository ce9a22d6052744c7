import { setTimeout as sleep } from 'node:timers/promises'
import { countMails, unended } from '../mailCount.ts'
import { unclean } from '../mails.ts'
import { record } from '../record.ts'
import type { Fault } from './faults.ts'
import type { CheapWorld } from './world.ts'

let words = 0

/** Does the fault, lets drift and a commit come meanwhile and afterwards, ends it; what is wrong. */
export async function endure(world: CheapWorld, fault: Fault): Promise<readonly string[]> {
  const began = world.catcher.mails.length
  const before = await world.look()
  const cure = await fault.strike(world)
  const word = `word${++words}`
  const bad = fault.class.startsWith('Git') ? undefined : `bad-${word}.yaml`
  const during = async () => ({ meanwhile: await driftMeanwhile(world, fault), isKnown: bad !== undefined && (await alarm(world, bad)) })
  const { meanwhile, isKnown } = await during().finally(cure)
  await world.repository.commit({ ...world.files(word), ...(bad === undefined ? {} : { [bad]: null }) })
  const failure = await world.converged().then(
    () => undefined,
    (error: Error) => error.message,
  )
  const wanted = before.replace(/^\w+$/m, word)
  const after = await settled(world, wanted)
  const mails = await mailTroubles(world, began, isKnown ? bad : undefined)
  const dataLost = after.includes('\nprecious\n') ? [] : [`what a person made is gone: ${after}`]
  const different = after === wanted ? [] : [`the host says ${JSON.stringify(after)}, not ${JSON.stringify(wanted)}`]
  const troubles = [...(failure === undefined ? [] : [failure]), ...meanwhile, ...dataLost, ...different, ...mails.lost, ...mails.doubled]
  record({
    class: fault.class,
    what: fault.what,
    host: 'loopback',
    isConverged: failure === undefined && different.length === 0,
    dataLost: dataLost.length,
    wrongDeletes: wanted.split('\n').filter((line) => !after.split('\n').includes(line)).length,
    mailsLost: mails.lost.length,
    mailsDoubled: mails.doubled.length,
    troubles,
  })
  world.forget()
  return troubles
}

/** What Git wanted last is kept up, whatever became of Git, history and mail; and nothing else is taken away. */
async function driftMeanwhile(world: CheapWorld, { goesOn = true }: Fault): Promise<readonly string[]> {
  if (!goesOn) return []
  await world.drift()
  for (const endMs = performance.now() + 30_000; performance.now() < endMs; await sleep(200)) {
    if ((await world.host.run('cat /mnt/kept 2>/dev/null')) === 'As ever\n') return []
  }
  return ['what was removed by hand was not put back while the fault lasted']
}

async function settled(world: CheapWorld, wanted: string): Promise<string> {
  for (const endMs = performance.now() + 10_000; ; await sleep(200)) {
    const found = await world.look()
    if (found === wanted || performance.now() > endMs) return found
  }
}

/** Something that a mail must tell, while the fault lasts. False where the controller does not come to know of it: on a full disk there is no room for a commit. */
async function alarm(world: CheapWorld, name: string): Promise<boolean> {
  await world.repository.commit({ [name]: 'apiVersion: reeve.dev/v1\nkind: Nonsense\nmetadata: {name: bad}\nspec: {}\n' })
  const controller = await world.controller().catch(() => undefined)
  for (const endMs = performance.now() + 30_000; controller !== undefined && performance.now() < endMs; await sleep(200)) {
    if (JSON.stringify((await controller.status())?.errors ?? []).includes(name)) return true
  }
  return false
}

/** The alarm is told once and its end too, and so is all else; a mail that waits for a server is tried again within a minute. */
async function mailTroubles(
  world: CheapWorld,
  began: number,
  bad: string | undefined,
): Promise<{ readonly lost: readonly string[]; readonly doubled: readonly string[] }> {
  const mails = () => world.catcher.mails.slice(began)
  const left = (): readonly string[] => unended(world.mails(), (subject) => subject === unclean || subject.includes('drift corrected'))
  const told = (): number =>
    mails().filter(({ headers, body }) => bad !== undefined && body.includes(bad) && !headers['subject']?.includes('resolved')).length
  const isDone = (): boolean => left().length === 0 && (bad === undefined || told() > 0)
  for (const endMs = performance.now() + 90_000; !isDone() && performance.now() < endMs; ) await sleep(200)
  const { lost, doubled } = countMails(world.mails())
  return {
    lost: [
      ...lost.map((id) => `lost: ${id}`),
      ...left().map((subject) => `no end was told of: ${subject}`),
      ...(isDone() || left().length > 0 ? [] : [`nobody was told of ${bad}`]),
    ],
    doubled: [...doubled.map((id) => `doubled: ${id}`), ...(told() > 1 ? [`${bad} was told ${told()} times`] : [])],
  }
}
