import { expect } from 'vitest'
import type { MachineName } from './fleet.ts'
import type { Sent } from './stranger.ts'
import type { World } from './world.ts'

/** What became of mails that a stranger sent. */
export interface Letters {
  /** Beginning of the message ids, which no other letters have. */
  readonly mark: string
  /** Message ids, as sent. */
  readonly ids: readonly string[]
  /** By exchange, how many it took. */
  readonly via: Readonly<Record<string, number>>
  readonly refused: readonly string[]
}

/** A test that is tried again must not find the mails of its first try. */
let times = 0

/** Sends so many mails, ten at a time, each with a message id of its own. */
export async function sendLetters(world: World, name: string, count: number, to = 'alice@example.com'): Promise<Letters> {
  const mark = `${name}-${++times}`
  const ids = Array.from({ length: count }, (_, index) => `${mark}-${index}`)
  const sent: Sent[] = []
  const next = ids.values()
  const one = async (): Promise<void> => {
    for (const id of next) sent.push(await world.stranger.mail(to, id))
  }
  await Promise.all(Array.from({ length: 10 }, one))
  const taken = sent.filter(({ reply }) => reply.startsWith('250'))
  const via = Object.groupBy(taken, ({ via }) => via)
  return {
    mark,
    ids,
    via: Object.fromEntries(Object.entries(via).map(([exchange, all = []]) => [exchange, all.length])),
    refused: sent.filter(({ reply }) => !reply.startsWith('250')).map(({ reply }) => reply),
  }
}

/** How many of these lie in the mailboxes of the users. */
export async function delivered(world: World, ...letters: readonly Letters[]): Promise<number> {
  return new Set(await inMailboxes(world, letters)).size
}

/** Waits until all of them are there; tells how many came twice. */
export async function arrive(world: World, ...letters: readonly Letters[]): Promise<void> {
  const sent = letters.flatMap(({ ids }) => ids).length
  await expect.poll(() => delivered(world, ...letters), { timeout: 60_000, interval: 500 }).toBe(sent)
  const all = await inMailboxes(world, letters)
  console.log(`${letters[0]?.mark}: ${sent} of ${sent} delivered, ${all.length - new Set(all).size} of them twice`)
}

async function inMailboxes(world: World, letters: readonly Letters[]): Promise<readonly string[]> {
  const marks = letters.map(({ mark }) => mark).join('|')
  const said = await world.hosts.maila.must(`grep -rhiE '^message-id: <(${marks})-' /home/alice/Maildir /home/bob/Maildir 2>/dev/null || :`)
  return said.split('\n').filter((line) => line !== '')
}

export async function queued(world: World, name: MachineName): Promise<number> {
  return Number(await world.hosts[name].must('postqueue -j | wc -l'))
}
