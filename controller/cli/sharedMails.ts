import type { Claims, Mailer } from '../mail/mailer.ts'
import type { Mail } from '../model/mail.ts'
import { reasonOf } from '../model/reason.ts'
import type { Replica } from '../replicas/ports.ts'
import type { Logger } from '../report/log.ts'
import { wholeFleet } from './sharedAlerting.ts'

/** Mails that wait where all replicas see them. Whoever is in charge of what they are about sends them, one at a time under a claim. */
export interface SharedMails {
  readonly claims: Claims
  /** Hands on what is ours to send. What waits in the spool already is not taken twice. */
  offer(mailer: Mailer | undefined): void
}

interface Waiting {
  readonly slice: string
  readonly mail: Mail
}

export function createSharedMails(replica: Replica, log: Logger): SharedMails {
  const offered = new Set<string>()
  /** Over for us, and perhaps still to be seen in etcd. */
  const settled = new Set<string>()
  /** By this one, in this moment. */
  const claimed = new Set<string>()

  function waitingOf(id: string): Waiting | undefined {
    const entry = replica.picture.entries.get(keyOf(id))
    return entry === undefined ? undefined : readWaiting(entry.value, id)
  }

  /** What nobody is in charge of any more is sent by whoever tells of the whole fleet. */
  function isOurs(slice: string): boolean {
    return replica.isHolder(slice) || (replica.isHolder(wholeFleet) && !replica.picture.owners.has(slice))
  }

  async function take({ id }: Mail): Promise<'send' | 'drop' | 'wait'> {
    if (settled.has(id)) return 'drop'
    // Before the first look nobody can tell.
    if (replica.picture.revision === 0 || replica.uncertainty() !== undefined) return 'wait'
    const waiting = waitingOf(id)
    if (waiting === undefined) return 'drop'
    if (!isOurs(waiting.slice)) {
      offered.delete(id)
      await release(id)
      return 'drop'
    }
    try {
      if (!(await replica.claim(claimOf(id), keyOf(id)))) return 'wait'
      claimed.add(id)
      return replica.uncertainty() === undefined ? 'send' : 'wait'
    } catch (error) {
      log.debug({ component: 'replicas', mail: id, err: error }, `a mail cannot be claimed now: ${reasonOf(error)}`)
      return 'wait'
    }
  }

  /** Its heir could not claim it as long as this one lives. */
  async function release(id: string): Promise<void> {
    if (!claimed.delete(id) && replica.picture.entries.get(claimOf(id))?.value !== replica.lease) return
    await replica.change([{ delete: claimOf(id) }]).catch((error: unknown) => {
      log.warn({ component: 'replicas', mail: id, err: error }, 'a mail that is not sent now stays claimed until it is tried again')
    })
  }

  async function forget(id: string): Promise<void> {
    await replica.change([{ delete: keyOf(id) }, { delete: claimOf(id) }]).catch((error: unknown) => {
      log.warn({ component: 'replicas', mail: id, err: error }, 'a mail that is over cannot be taken out of etcd yet')
    })
  }

  return {
    claims: {
      take,
      release: ({ id }) => release(id),
      async settle({ id }) {
        settled.add(id)
        claimed.delete(id)
        await forget(id)
      },
    },
    offer(mailer) {
      for (const id of settled) if (!replica.picture.entries.has(keyOf(id))) settled.delete(id)
      if (mailer === undefined || replica.uncertainty() !== undefined) return
      for (const key of replica.picture.entries.keys()) {
        const id = key.startsWith('mails/') ? key.slice('mails/'.length) : undefined
        if (id === undefined) continue
        if (settled.has(id)) void forget(id)
        else if (!offered.has(id)) offerOne(mailer, id)
      }
      for (const id of offered) if (!replica.picture.entries.has(keyOf(id))) offered.delete(id)
    },
  }

  function offerOne(mailer: Mailer, id: string): void {
    const waiting = waitingOf(id)
    if (waiting === undefined || !isOurs(waiting.slice)) return
    offered.add(id)
    void mailer.submit({ ...waiting.mail, isShared: true }).catch((error: unknown) => {
      offered.delete(id)
      log.error({ component: 'mail', mail: id, err: error }, 'a mail cannot be spooled; it is tried again')
    })
  }
}

const keyOf = (id: string): string => `mails/${id}`
const claimOf = (id: string): string => `claims/${id}`

/** What another replica wrote, or whoever else may write there. */
function readWaiting(text: string, id: string): Waiting | undefined {
  try {
    const { slice, mail } = JSON.parse(text) as Partial<Waiting>
    const isMail = mail?.id === id && typeof mail.subject === 'string' && typeof mail.text === 'string' && Array.isArray(mail.references)
    return typeof slice === 'string' && isMail && /^[A-Za-z0-9.-]{1,100}$/.test(id) ? { slice, mail } : undefined
  } catch {
    return undefined
  }
}
