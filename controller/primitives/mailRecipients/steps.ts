import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Staged, Step, StepContext } from '../../model/primitive.ts'
import { putBack, remember } from '../../shell/beforeImage.ts'
import { withoutMark } from '../../shell/markedLine.ts'
import { printPayload } from '../../shell/payload.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { markExpression } from '../file/spec.ts'
import { seenCopy, wantedText } from './diff.ts'
import type { CopyState, MailRecipientsState } from './probe.ts'
import { type MailRecipientsSpec, subjectOf } from './spec.ts'

export function stagedAt({ role }: MailRecipientsSpec): Staged | undefined {
  return role.type === 'copy' ? { live: role.path, staged: `${role.path}.reeve-new` } : undefined
}

export function steps({ role }: MailRecipientsSpec, observed: Known<MailRecipientsState>, { peers }: StepContext): readonly Step[] {
  if (role.type === 'source') return []
  const seen = seenCopy(observed)
  const text = wantedText(role, observed, peers)
  const lines = text.split('\n').length - 3
  return [stage(role.path, text, seen), goLive(role.path, seen, `write ${role.path} with ${lines} recipients`)]
}

/** Postfix takes a text file of the last second for one that is still being written, and waits at each lookup. */
function stage(path: string, text: string, seen: CopyState | undefined): Step {
  const staged = `${path}.reeve-new`
  return {
    title: `stage ${path}`,
    phase: 'stage',
    guard: isAsSeen(path, seen),
    run: sh`rm -f -- ${staged}
(umask 077; set -C
{ ${printPayload(text)}
} > ${staged})
chown root:root -- ${staged}
chmod 0644 -- ${staged}
touch -d '3 seconds ago' -- ${staged}`,
    undo: sh`rm -f -- ${staged}`,
    sync: [staged],
  }
}

function isAsSeen(path: string, seen: CopyState | undefined): Script {
  const changed = sh`{ printf '%s changed meanwhile: it is not what the plan saw\n' ${path} >&2; exit 1; }`
  if (seen === undefined) return sh`{ [ ! -e ${path} ] && [ ! -L ${path} ]; } || ${changed}`
  return sh`{ [ -f ${path} ] && [ ! -L ${path} ] && case $(sha256sum < ${path}) in ${seen.sha256}*) ;; *) false ;; esac; } || ${changed}`
}

function goLive(path: string, seen: CopyState | undefined, title: string): Step {
  return {
    title,
    phase: 'change',
    guard: isAsSeen(path, seen),
    run: sh`${remember(path)}
mv -T -- ${`${path}.reeve-new`} ${path}`,
    undo: putBack(path),
  }
}

/** The map goes, after the setting that names it (the next pass). What it was made from is on another machine. */
export function retire({ id }: LedgerEntry, observed: Known<MailRecipientsState>): Retirement {
  const subject = subjectOf(id)
  if (!('path' in subject)) return { impact: 'none', steps: [{ title: `ask no more who is in ${subject.domain}`, run: sh`:` }] }
  const seen = seenCopy(observed)
  if (seen === undefined) return { impact: 'none', steps: [] }
  if (seen.isNamed) return { impact: 'none', steps: [], keptBecause: 'main.cf names it' }
  const { path } = subject
  const run = sh`${remember(path)}
rm -f -- ${path}`
  return { impact: 'none', steps: [{ title: `remove ${path}`, phase: 'change', guard: isAsSeen(path, seen), run, undo: putBack(path) }] }
}

/** The map stays, with what is in it. */
export function release({ id }: LedgerEntry, observed: Known<MailRecipientsState>, { fleet }: StepContext): readonly Step[] {
  if (seenCopy(observed) === undefined) return []
  return [{ title: `leave ${keyOf(id)} as it is, without Reeve's line`, ...withoutMark(keyOf(id), [markExpression(fleet)]) }]
}
