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
  /** Members that have come only just, and may be gone again. */
  readonly newcomers?: ReadonlySet<string>
}

const nobody: ReadonlySet<string> = new Set()

/**
 * Nothing is taken from anybody: what another one has is waited for. Whoever is no member moves nothing. A newcomer takes what nobody has, and is given nothing yet: one whose lease ran out
 * because all is overloaded would else make thousands move twice, which is what overloads it.
 */
export function decideMoves({ me, members, owners, wanted, ways, newcomers = nobody }: Situation): Moves {
  if (!members.has(me.name)) return { take: [], give: [] }
  const names = [...members.keys()].sort()
  const heirOf = (hypervisor: string, owner?: string): string | undefined =>
    chooseOwner({ hypervisor, members: names, said: ways.get(hypervisor), owner })
  const isToStay = (hypervisor: string): boolean => {
    const heir = heirOf(hypervisor, me.name)
    return heir === me.name || (newcomers.has(heir ?? '') && !ways.has(hypervisor))
  }
  const take = [...wanted].filter((name) => !owners.has(name) && heirOf(name) === me.name)
  const give = [...owners]
    .filter(([, owner]) => owner.lease === me.lease)
    .filter(([name]) => !wanted.has(name) || !isToStay(name))
    .map(([name]) => name)
  return { take, give }
}
