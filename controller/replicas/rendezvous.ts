import { hash } from 'node:crypto'

/**
 * The member that should have this name: the one with the highest random weight (Thaler and Ravishankar, 1998). All who know the same members choose the same,
 * and when one comes or goes no name moves between two that stay. Undefined where there is nobody.
 */
export function rendezvous(name: string, members: Iterable<string>): string | undefined {
  let winner: string | undefined
  let most = ''
  for (const member of members) {
    const weight = hash('sha256', `${member}\n${name}`, 'hex')
    if (weight > most) {
      most = weight
      winner = member
    }
  }
  return winner
}
