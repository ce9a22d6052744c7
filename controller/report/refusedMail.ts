import type { RefusedCommit, RefusedCommits } from '../model/refusedCommits.ts'
import { maxListed, oneLine, printable, type Rendered, renderMail, utc, wrap } from './mails.ts'

/** The mail about commits that do not come into force. */
export function renderRefusedCommits(refused: RefusedCommits, sinceSeconds: number): Rendered {
  const { head, inForce, because, commits, count, todo } = refused
  const more = count > commits.length ? [`[${count - commits.length} more]`] : []
  return renderMail(
    `commits refused: ${subjects[refused.reason]}`,
    [
      ['What', printable(because)],
      ['Since', utc(sinceSeconds)],
      ['Newest', `${head.slice(0, 12)}, and all between`],
      ['In force', inForce === undefined ? 'nothing: no commit was let in yet' : inForce.slice(0, 12)],
      ['Reeve', 'applies nothing of it, and keeps the hosts at the commit in force: drift is still put right'],
    ],
    [...commits.slice(0, maxListed).map(lineOf), ...more],
    todo,
  )
}

const subjects: Readonly<Record<RefusedCommits['reason'], string>> = {
  unsigned: 'one is not signed',
  unknownKey: 'one is signed by nobody known',
  badSignature: 'a signature does not fit',
  expiredKey: 'one is signed by an expired key',
  revokedKey: 'one is signed by a REVOKED key',
  unreadableSignature: 'a signature cannot be checked',
  older: 'the branch went back',
  rewritten: 'the branch was rewritten',
  emptied: 'no manifest is left',
  tooMany: 'too many at once',
  signers: 'the allowed signers cannot be read',
}

function lineOf({ commit, author, subject, because }: RefusedCommit): string {
  return wrap(`${commit} by ${oneLine(author)}: ${oneLine(subject)}: ${because}`, '  ')
}
