import type { Member, Owner } from './picture.ts'
import { chooseOwner, type Ways } from './ways.ts'

/** What this replica does about who is in charge. */
export interface Moves {
  /** Nobody has them, and this one should. */
  readonly take: readonly string[]
  /** This one has them, and another one should, or nobody asks for them any more. */
  readonly give: readonly string[]
}

export interface Situation {
  readonly me: Pick<Member, 'name' | 'lease'>
  readonly members: ReadonlyMap<string, Pick<Member, 'name'>>
  readonly owners: ReadonlyMap<string, Owner>
  /** Hypervisors of the commit that this replica knows. */
  readonly wanted: ReadonlySet<string>
  readonly ways: Ways
}

/** Nothing is taken from anybody: what another one has is waited for. Whoever is no member moves nothing. */
export function decideMoves({ me, members, owners, wanted, ways }: Situation): Moves {
  if (!members.has(me.name)) return { take: [], give: [] }
  const names = [...members.keys()].sort()
  const isOurs = (hypervisor: string, owner?: string): boolean =>
    chooseOwner({ hypervisor, members: names, said: ways.get(hypervisor), owner }) === me.name
  const take = [...wanted].filter((name) => !owners.has(name) && isOurs(name))
  const give = [...owners]
    .filter(([, owner]) => owner.lease === me.lease)
    .filter(([name]) => !wanted.has(name) || !isOurs(name, me.name))
    .map(([name]) => name)
  return { take, give }
}
