import type { AsyncCommands, CommandResult, Commands } from '../http/source.ts'
import { reasonOf } from '../model/reason.ts'
import type { Silence } from '../model/silence.ts'
import { type Suspension, suspendedSubject } from '../model/suspension.ts'
import type { Change } from '../replicas/etcd.ts'
import type { Replica } from '../replicas/ports.ts'
import type { Logger } from '../report/log.ts'
import type { Store } from '../store/store.ts'

/** What people said, told to all replicas: each copies it into its own store. */
export interface People {
  /** The store, which tells the others what people say to it. */
  readonly store: Store
  /** These keys are not as before. Answers whether people said something new. */
  learn(keys: readonly string[]): boolean
  /** Tells the others what the store was told since. Rejects where they cannot be told. */
  flush(): Promise<void>
}

const began = 'people/began'

export function createPeople(store: Store, replica: () => Pick<Replica, 'picture' | 'change'>, log: Logger): People {
  let waiting: readonly Change[] = []
  /** What is in etcd is what people said; or is not known yet; or this one is about to put there what it knows. */
  let shared: 'known' | 'unknown' | 'brought' = 'unknown'
  const say = (change: Change): void => {
    waiting = [...waiting, change]
  }

  const told: Store = Object.assign(Object.create(store) as Store, {
    ...bound(store),
    approve(hash: string, givenBy: string) {
      store.approve(hash, givenBy)
      say({ put: `people/approval/${hash}`, value: JSON.stringify({ givenBy }) })
    },
    withdraw(hash: string) {
      store.withdraw(hash)
      say({ delete: `people/approval/${hash}` })
      void flush().catch(() => {})
    },
    silence(silence: Silence) {
      store.silence(silence)
      say({ put: `people/silence/${silence.id}`, value: JSON.stringify(silence) })
    },
    endSilence(id: string) {
      const isThere = store.endSilence(id)
      if (isThere) say({ delete: `people/silence/${id}` })
      return isThere
    },
    suspend(suspension: Suspension) {
      store.suspend(suspension)
      say({ put: keyOf(suspension), value: JSON.stringify(suspension) })
    },
    resume(of: Suspension) {
      const isThere = store.resume(of)
      say({ delete: keyOf(of) })
      void flush().catch(() => {})
      return isThere
    },
  })

  async function flush(): Promise<void> {
    const now = waiting
    if (now.length === 0) return
    await replica().change(now)
    waiting = waiting.slice(now.length)
  }

  /** The first of a fleet brings what it has; all others take what is there. */
  function begin(): void {
    if (replica().picture.entries.has(began)) {
      shared = 'known'
      dropUnknown(store, replica().picture)
      return
    }
    shared = 'brought'
    const all: readonly Change[] = [
      ...store.suspensions().map((one) => ({ put: keyOf(one), value: JSON.stringify(one) })),
      ...store.silences().map((one) => ({ put: `people/silence/${one.id}`, value: JSON.stringify(one) })),
      ...store.approvals().map(({ hash, givenBy }) => ({ put: `people/approval/${hash}`, value: JSON.stringify({ givenBy }) })),
    ]
    const brought = new Set<Change>([...all.slice(0, 100), { put: began, value: '1' }])
    waiting = [...brought, ...waiting]
    void flush().catch((error: unknown) => {
      shared = 'unknown'
      waiting = waiting.filter((change) => !brought.has(change))
      log.warn({ component: 'replicas', err: error }, 'what people said cannot be shared yet')
    })
  }

  return {
    store: told,
    flush,
    learn(keys) {
      const { entries, revision } = replica().picture
      if (shared === 'brought' && entries.has(began)) shared = 'known'
      // Keys that were deleted, an etcd that was made anew: nobody took back what people said.
      else if (shared === 'known' && !entries.has(began)) shared = 'unknown'
      // Before the first look nobody knows what the others have.
      if (shared === 'unknown' && revision > 0) begin()
      const said = keys.filter((key) => key.startsWith('people/') && key !== began && (shared === 'known' || entries.has(key)))
      for (const key of said) copy(store, key, entries.get(key)?.value)
      return said.length > 0
    },
  }
}

function bound(store: Store): Partial<Store> {
  const names = ['loadState', 'saveState', 'seeDrift', 'approvals', 'silences', 'suspensions', 'record', 'history', 'sweep'] as const
  return Object.fromEntries(names.map((name) => [name, (store[name] as (...words: readonly unknown[]) => unknown).bind(store)]))
}

function keyOf(of: Parameters<Store['resume']>[0]): string {
  return `people/suspension/${suspendedSubject(of)}`
}

function dropUnknown(store: Store, { entries }: Replica['picture']): void {
  for (const { hash } of store.approvals()) if (!entries.has(`people/approval/${hash}`)) store.withdraw(hash)
  for (const { id } of store.silences()) if (!entries.has(`people/silence/${id}`)) store.endSilence(id)
  for (const one of store.suspensions()) if (!entries.has(keyOf(one))) store.resume(one)
}

/** Into our own store; what cannot be read there is left alone. */
function copy(store: Store, key: string, value: string | undefined): void {
  const [, sort, ...rest] = key.split('/')
  const name = rest.join('/')
  const said = value === undefined ? undefined : fieldsOf(value)
  if (sort === 'approval' && value === undefined) store.withdraw(name)
  else if (sort === 'approval' && typeof said?.['givenBy'] === 'string') store.approve(name, said['givenBy'])
  else if (sort === 'silence' && value === undefined) store.endSilence(name)
  else if (sort === 'silence' && isTimed(said)) store.silence(said as unknown as Silence)
  else if (sort === 'suspension' && value === undefined) dropSuspension(store, name)
  else if (sort === 'suspension' && isTimed(said)) store.suspend(said as unknown as Suspension)
}

function dropSuspension(store: Store, subject: string): void {
  for (const one of store.suspensions()) if (suspendedSubject(one) === subject) store.resume(one)
}

function isTimed(said: Readonly<Record<string, unknown>> | undefined): boolean {
  return Number.isFinite(said?.['fromSeconds']) && Number.isFinite(said?.['untilSeconds']) && typeof said?.['reason'] === 'string'
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The same commands, which are answered only when all replicas will hear of them. */
export function shareCommands(
  commands: Commands,
  people: People,
  wakeOthers: (hypervisor: string | undefined) => Promise<unknown>,
): AsyncCommands {
  async function told(result: CommandResult | Promise<CommandResult>): Promise<CommandResult> {
    try {
      await people.flush()
      return await result
    } catch (error) {
      return { ok: false, message: `it holds on this replica alone, for the others cannot be told: ${reasonOf(error)}` }
    }
  }
  return {
    async reconcile(hypervisor, by) {
      const result = commands.reconcile(hypervisor, by)
      if (result.ok) await wakeOthers(hypervisor).catch(() => {})
      return result
    },
    async approve(hash, by) {
      const result = commands.approve(hash, by)
      if (result.ok) return told(result)
      // What another replica holds back is not known here.
      people.store.approve(hash, by)
      people.store.record('approval', hash, { by })
      return told({ ok: true, message: `approved ${hash}; nothing that this replica is in charge of asks for it, the others look now` })
    },
    silence: (request) => told(commands.silence(request)),
    endSilence: (id, by) => told(commands.endSilence(id, by)),
    suspend: (request) => told(commands.suspend(request)),
    resume: (of, by) => told(commands.resume(of, by)),
  }
}
