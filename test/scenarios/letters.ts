import type { MachineName } from './fleet.ts'
import type { Sent } from './stranger.ts'
import type { World } from './world.ts'

/** What became of mails that a stranger sent. */
export interface Letters {
  /** Message ids, as sent. */
  readonly ids: readonly string[]
  /** By exchange, how many it took. */
  readonly via: Readonly<Record<string, number>>
  readonly refused: readonly string[]
}

/** Sends so many mails, ten at a time, each with a message id of its own. */
export async function sendLetters(world: World, name: string, count: number, to = 'alice@example.com'): Promise<Letters> {
  const ids = Array.from({ length: count }, (_, index) => `${name}-${index}`)
  const sent: Sent[] = []
  const next = ids.values()
  const one = async (): Promise<void> => {
    for (const id of next) sent.push(await world.stranger.mail(to, id))
  }
  await Promise.all(Array.from({ length: 10 }, one))
  const taken = sent.filter(({ reply }) => reply.startsWith('250'))
  const via = Object.groupBy(taken, ({ via }) => via)
  return {
    ids,
    via: Object.fromEntries(Object.entries(via).map(([exchange, all = []]) => [exchange, all.length])),
    refused: sent.filter(({ reply }) => !reply.startsWith('250')).map(({ reply }) => reply),
  }
}

/** What lies in the mailboxes of the users: of these ids, how many there are, how many are missing, how many came twice. */
export async function delivered(world: World, name: string): Promise<{ readonly distinct: number; readonly twice: number }> {
  const said = await world.hosts.maila.must(`grep -rhi '^message-id: <${name}-' /home/alice/Maildir /home/bob/Maildir 2>/dev/null || :`)
  const all = said.split('\n').filter((line) => line !== '')
  const distinct = new Set(all).size
  return { distinct, twice: all.length - distinct }
}

export async function queued(world: World, name: MachineName): Promise<number> {
  return Number(await world.hosts[name].must('postqueue -j | wc -l'))
}
