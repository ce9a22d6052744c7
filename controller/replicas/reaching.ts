import type { Attempt } from '../model/attempt.ts'
import type { Log } from '../model/log.ts'
import { reasonOf } from '../model/reason.ts'
import type { Change, Put } from './etcd.ts'
import { wayKey } from './picture.ts'
import type { Replica } from './ports.ts'
import { afterAll, afterCycle, afterTry, isNothing, type Moment, nothingKnown, type Reach } from './reach.ts'
import { isCutForSome } from './ways.ts'

export interface ReachingDeps {
  readonly replica: Pick<Replica, 'picture' | 'change' | 'lease' | 'ownedSince' | 'uncertainty'>
  /** Of this replica. */
  readonly name: string
  readonly handOverMs: number
  readonly log: Log
  nowSeconds(): number
  monotonicMs(): number
  /** A connection of its own that changes nothing; never rejects. */
  tryWay(hypervisor: string): Promise<Attempt>
}

/** Keeps what this replica says of its ways to hypervisors as it is: says it under its lease, and tries a way when that is due. */
export interface Reaching {
  /** Hypervisors of the commit in force. */
  follow(hypervisors: readonly string[]): void
  /** A cycle ended so of one that this replica is in charge of. */
  tried(hypervisor: string, attempt: Attempt): void
  /** To be called every second, and after each change of what the others say. */
  tick(): void
  /** For a new life of this replica in etcd. */
  readonly said: readonly Put[]
  /** How many hypervisors it finds its way cut to. */
  readonly cutCount: number
}

/** Ways that are tried at once: a rack that is down must not fill this machine with connections. */
const mostTries = 8
/** etcd takes 128 operations a transaction. */
const mostPuts = 100

export function createReaching(deps: ReachingDeps): Reaching {
  const { replica, name: me, handOverMs, log } = deps
  const reaches = new Map<string, Reach>()
  const trying = new Set<string>()
  let wanted: ReadonlySet<string> = new Set()
  let isSaying = false

  const momentOf = (hypervisor: string): Moment => ({
    nowMs: deps.monotonicMs(),
    handOverMs,
    isOwner: replica.ownedSince(hypervisor) !== undefined,
    isAsked: isCutForSome(replica.picture.members.keys(), replica.picture.ways.get(hypervisor), me),
  })

  function update(hypervisor: string, step: (reach: Reach, moment: Moment) => Reach): Reach {
    const [before, moment] = [reaches.get(hypervisor) ?? nothingKnown, momentOf(hypervisor)]
    const after = afterAll(step(before, moment), moment)
    if (isNothing(after)) reaches.delete(hypervisor)
    else reaches.set(hypervisor, after)
    if (after.says !== before.says) log.info({ component: 'replicas', hypervisor }, wordsOf(hypervisor, before, after, moment))
    return after
  }

  function tick(): void {
    // Who is not certain of etcd sees what was, and can say nothing.
    if (replica.uncertainty() !== undefined) return
    for (const hypervisor of new Set([...reaches.keys(), ...replica.picture.ways.keys()])) {
      if (!wanted.has(hypervisor)) reaches.delete(hypervisor)
      else if (isDue(update(hypervisor, (reach) => reach)) && !trying.has(hypervisor) && trying.size < mostTries) void tryOne(hypervisor)
    }
    void say()
  }

  const isDue = ({ tryMs }: Reach): boolean => tryMs !== undefined && tryMs <= deps.monotonicMs()

  async function tryOne(hypervisor: string): Promise<void> {
    trying.add(hypervisor)
    const attempt = await deps.tryWay(hypervisor)
    trying.delete(hypervisor)
    if (attempt.status === 'denied')
      log.warn({ component: 'replicas', hypervisor }, `${hypervisor} was tried from here, and cannot be worked on: ${attempt.because}`)
    if (wanted.has(hypervisor)) update(hypervisor, (reach, moment) => afterTry(reach, attempt, moment))
    tick()
  }

  /** One transaction at a time; what came to nothing is said again with the next second. */
  async function say(): Promise<void> {
    if (isSaying) return
    isSaying = true
    try {
      const changes = changesNow()
      if (changes.length > 0) await replica.change(changes.slice(0, mostPuts))
    } catch (error) {
      log.debug({ component: 'replicas', err: error }, `what can be reached from here cannot be told now: ${reasonOf(error)}`)
    } finally {
      isSaying = false
    }
  }

  function changesNow(): readonly Change[] {
    const { lease } = replica
    if (lease === undefined) return []
    const known = new Map([...replica.picture.ways].flatMap(([hypervisor, said]) => [[hypervisor, said.get(me)?.is] as const]))
    const gone = [...known].filter(([hypervisor, is]) => is !== undefined && reaches.get(hypervisor)?.says === undefined)
    const news = [...reaches].filter(([hypervisor, { says }]) => says !== undefined && says !== known.get(hypervisor))
    return [
      ...gone.map(([hypervisor]) => ({ delete: wayKey(hypervisor, me) })),
      ...news.map(([hypervisor, reach]) => ({ ...putOf(hypervisor, reach), lease })),
    ]
  }

  function putOf(hypervisor: string, { says, because }: Reach): Put {
    const value = { is: says, because: says === 'cut' ? because : '', sinceSeconds: Math.round(deps.nowSeconds()) }
    return { put: wayKey(hypervisor, me), value: JSON.stringify(value) }
  }

  return {
    follow(hypervisors) {
      wanted = new Set(hypervisors)
    },
    tried(hypervisor, attempt) {
      const before = reaches.get(hypervisor)
      if (before === undefined && attempt.status !== 'unreachable' && !momentOf(hypervisor).isAsked) return
      update(hypervisor, (reach, moment) => afterCycle(reach, attempt, moment))
      void say()
    },
    tick,
    get said() {
      return [...reaches]
        .filter(([, { says }]) => says !== undefined)
        .slice(0, mostPuts)
        .map(([hypervisor, reach]) => putOf(hypervisor, reach))
    },
    get cutCount() {
      return [...reaches.values()].filter(({ says }) => says === 'cut').length
    },
  }
}

function wordsOf(hypervisor: string, before: Reach, { says, because }: Reach, { isOwner }: Moment): string {
  const then = isOwner ? 'a replica that reaches it shall have it' : 'it is left to others'
  if (says === 'cut') return `${hypervisor} cannot be reached from here: ${then} (${because})`
  if (says === 'open')
    return `${hypervisor} is reached from here, and not by another replica${isOwner ? '' : ': this one may take it over'}`
  return before.says === 'cut' ? `${hypervisor} is reached from here again` : `${hypervisor} is reached by all that look for it again`
}
