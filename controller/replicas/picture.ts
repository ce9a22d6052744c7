import type { WatchNews } from './answers.ts'
import type { Entry, Page } from './entry.ts'
import type { Said, Ways } from './ways.ts'

/** Another replica, or this one. */
export interface Member {
  readonly name: string
  /** Where people reach it; empty where it does not say. */
  readonly url: string
  /** The lease that it lives by: another one is another life of it. */
  readonly lease: string
  readonly sinceSeconds: number
}

/** Who is in charge of a hypervisor. */
export interface Owner {
  readonly member: string
  readonly lease: string
  /** Revision at which it took charge. */
  readonly createRevision: number
}

/** All keys of a fleet as etcd told them last. */
export interface Picture {
  /** The next watch begins after this one. */
  readonly revision: number
  readonly members: ReadonlyMap<string, Member>
  readonly owners: ReadonlyMap<string, Owner>
  readonly ways: Ways
  /** What whoever has this lease is in charge of, by the revision since which; the same map as long as no owner moves: it is asked for far more often than that. */
  ownedUnder(lease: string): ReadonlyMap<string, number>
  /** All keys, without the prefix of the fleet. */
  readonly entries: ReadonlyMap<string, Entry>
  /** Takes over a fresh read; answers the keys that are not as before. */
  replace(page: Page): readonly string[]
  /** Takes over news; answers the keys that are not as before. Old news change nothing. */
  learn(news: WatchNews): readonly string[]
}

export const memberKey = (name: string): string => `members/${name}`
export const ownerKey = (hypervisor: string): string => `owners/${hypervisor}`
export const wayKey = (hypervisor: string, member: string): string => `ways/${hypervisor}/${member}`

/** Of what others write a person is shown no more. */
const mostWords = 300

export function createPicture(prefix: string): Picture {
  const entries = new Map<string, Entry>()
  const members = new Map<string, Member>()
  const owners = new Map<string, Owner>()
  const ways = new Map<string, Map<string, Said>>()
  let revision = 0
  let owned: { readonly lease: string; readonly since: ReadonlyMap<string, number> } | undefined

  function put(key: string, entry: Entry): void {
    entries.set(key, entry)
    const [sort, name] = split(key)
    if (sort === 'members') setOrDelete(members, name, memberOf(name, entry))
    if (sort === 'owners') own(name, ownerOf(entry))
    if (sort === 'ways') say(name, saidOf(entry))
  }

  function drop(key: string): void {
    entries.delete(key)
    const [sort, name] = split(key)
    if (sort === 'members') members.delete(name)
    if (sort === 'owners') own(name, undefined)
    if (sort === 'ways') say(name, undefined)
  }

  function own(name: string, owner: Owner | undefined): void {
    const before = owners.get(name)
    setOrDelete(owners, name, owner)
    // What moves among the others leaves our own as it is.
    if (before?.lease === owned?.lease || owner?.lease === owned?.lease) owned = undefined
  }

  function say(name: string, said: Said | undefined): void {
    const [hypervisor, member] = split(name)
    const all = ways.get(hypervisor) ?? new Map<string, Said>()
    setOrDelete(all, member, said)
    setOrDelete(ways, hypervisor, all.size === 0 ? undefined : all)
  }

  return {
    get revision() {
      return revision
    },
    members,
    owners,
    ways,
    entries,
    ownedUnder(lease) {
      if (owned?.lease !== lease) {
        const since = [...owners].flatMap(([name, owner]) => (owner.lease === lease ? [[name, owner.createRevision] as const] : []))
        owned = { lease, since: new Map(since) }
      }
      return owned.since
    },
    replace(page) {
      const fresh = new Map(page.entries.map((entry) => [entry.key.slice(prefix.length), entry]))
      const gone = [...entries.keys()].filter((key) => !fresh.has(key))
      // Of an etcd that was made anew the same number stands for another word.
      const isAnother = page.revision < revision
      const changed = [...fresh].filter(([key, entry]) => isAnother || entries.get(key)?.modRevision !== entry.modRevision)
      for (const key of gone) drop(key)
      for (const [key, entry] of changed) put(key, entry)
      revision = page.revision
      return [...gone, ...changed.map(([key]) => key)]
    },
    learn({ events }) {
      const changed: string[] = []
      for (const event of events) {
        const at = event.type === 'put' ? event.entry.modRevision : event.modRevision
        const key = (event.type === 'put' ? event.entry.key : event.key).slice(prefix.length)
        // After a fresh read a watch may tell what it had in hand.
        if (at <= revision && (entries.get(key)?.modRevision ?? revision) >= at) continue
        if (event.type === 'put') put(key, event.entry)
        else drop(key)
        changed.push(key)
      }
      revision = Math.max(revision, ...events.map((event) => (event.type === 'put' ? event.entry.modRevision : event.modRevision)))
      return changed
    },
  }
}

function split(key: string): readonly [sort: string, name: string] {
  const at = key.indexOf('/')
  return [key.slice(0, at), key.slice(at + 1)]
}

function setOrDelete<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name)
  else map.set(name, value)
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function memberOf(name: string, { value }: Entry): Member | undefined {
  const { url, lease, sinceSeconds } = fieldsOf(value)
  if (typeof lease !== 'string') return undefined
  const isUrl = typeof url === 'string' && /^https?:\/\/[^\s<>"']{1,255}$/.test(url)
  return { name, lease, url: isUrl ? url : '', sinceSeconds: typeof sinceSeconds === 'number' ? sinceSeconds : 0 }
}

/** A key that nobody can read still has an owner: nobody else may take it. */
function ownerOf({ value, createRevision }: Entry): Owner {
  const { member, lease } = fieldsOf(value)
  return { member: typeof member === 'string' ? member : '', lease: typeof lease === 'string' ? lease : '', createRevision }
}

/** What cannot be read was not said. */
function saidOf({ value }: Entry): Said | undefined {
  const { is, because, sinceSeconds } = fieldsOf(value)
  if (is !== 'cut' && is !== 'open') return undefined
  return {
    is,
    because: typeof because === 'string' ? because.slice(0, mostWords) : '',
    sinceSeconds: typeof sinceSeconds === 'number' ? sinceSeconds : 0,
  }
}
