import { rendezvous } from './rendezvous.ts'

/**
 * What a replica says of its way to a hypervisor. `cut`: it cannot reach it · `open`: another one's is cut, and it was let in itself.
 * Who says nothing was not asked, has not tried yet, or found something else than a host that lets it in.
 */
export interface Said {
  readonly is: 'cut' | 'open'
  /** Why it is cut, for people; empty where it is open. */
  readonly because: string
  /** Seconds since the epoch. */
  readonly sinceSeconds: number
}

/** By hypervisor, and then by replica. */
export type Ways = ReadonlyMap<string, ReadonlyMap<string, Said>>

type Saying = ReadonlyMap<string, Pick<Said, 'is'>>
const nobodySaid: Saying = new Map()

export interface Choice {
  readonly hypervisor: string
  readonly members: readonly string[]
  /** What replicas say of their ways there; what one says that is no member means nothing. */
  readonly said?: Saying | undefined
  /** Who is in charge now, if anybody is. */
  readonly owner?: string | undefined
}

/**
 * Who should be in charge of a hypervisor: whom the plain rendezvous names, as long as nobody's way there is cut. Else whoever has it, unless its own way is cut, so that no answer moves more
 * than it must; otherwise the rendezvous among those whose way is open, or among all where nobody's is. Undefined where there is no member.
 */
export function chooseOwner({ hypervisor, members, said = nobodySaid, owner }: Choice): string | undefined {
  if (!isCutForSome(members, said)) return rendezvous(hypervisor, members)
  if (owner !== undefined && members.includes(owner) && said.get(owner)?.is !== 'cut') return owner
  const open = members.filter((member) => said.get(member)?.is === 'open')
  return rendezvous(hypervisor, open.length > 0 ? open : members)
}

/** Whether the way of one of them is cut, `but` for one's own. */
export function isCutForSome(members: Iterable<string>, said: Saying = nobodySaid, but?: string): boolean {
  for (const member of members) if (member !== but && said.get(member)?.is === 'cut') return true
  return false
}
