import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Step, StepContext } from '../../model/primitive.ts'
import { sh } from '../../shell/sh.ts'
import { setKeys } from './keys.ts'
import { keptPassword, noteOf } from './notes.ts'
import { type AccountState, isAccountName, isPasswdField } from './spec.ts'
import { putPasswordBack, setAttributes, setGroups } from './steps.ts'

/** What an account was before Reeve. Its password is kept on the host alone. */
interface Previous {
  readonly shell: string
  readonly comment: string
  readonly groups: readonly string[]
}

export function previous(observed: Known<AccountState>): string | undefined {
  if (observed.status === 'absent') return undefined
  const { shell, comment, groups } = observed.state
  const before: Previous = { shell, comment, groups }
  return JSON.stringify(before)
}

/** One that Reeve made may not log in any more, by no way; it and its home stay, for its files would be the next one's with that uid. One that was there before is as it was. */
export function retire(entry: LedgerEntry, observed: Known<AccountState>, context: StepContext): Retirement {
  const name = keyOf(entry.id)
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const { state } = observed
  if (state.keysTrouble !== undefined)
    return { impact: 'none', steps: [], keptBecause: `its authorized_keys cannot be read: ${state.keysTrouble}` }
  const keys = state.keys.length === 0 ? [] : [setKeys(name, [], context.fleet)]
  if (entry.previous === undefined) return { impact: 'none', steps: [shutOut(name, state), ...keys] }
  return { impact: 'none', steps: [...restore(name, readPrevious(entry.previous), state), ...keys] }
}

/** Day 1 of the epoch: sshd(8), PAM and cron(8) refuse an expired account, whatever key or password is shown (shadow(5)). */
function shutOut(name: string, state: AccountState): Step {
  return {
    title: `shut ${name} out (expired; the account and its home stay)`,
    run: sh`usermod -e 1970-01-02 -- ${name}`,
    ...(state.isExpired ? {} : { undo: sh`! getent passwd ${name} >/dev/null || usermod -e '' -- ${name}` }),
  }
}

function restore(name: string, before: Previous, state: AccountState): readonly Step[] {
  const differs = before.shell !== state.shell || before.comment !== state.comment
  return [
    ...(differs ? [setAttributes(name, before, { ...state, isExpired: false })] : []),
    ...setGroups(name, before.groups, state.groups),
    restorePassword(name),
  ]
}

/** Only where Reeve ever changed it. */
function restorePassword(name: string): Step {
  const kept = keptPassword(name)
  const now = noteOf(name, 'shadow')
  return {
    title: `give ${name} the password of before Reeve, where that was changed`,
    run: sh`[ -s ${kept} ] || exit 0
umask 077
getent shadow ${name} > ${now}.part
mv -T -- ${now}.part ${now}
${putPasswordBack(name, sh`${kept}`)}
mv -T -- ${kept} ${now}.kept`,
    undo: sh`[ ! -e ${now}.kept ] || mv -T -- ${now}.kept ${kept}
[ -s ${now} ] || exit 0
${putPasswordBack(name, now)}`,
  }
}

function readPrevious(text: string): Previous {
  const { shell, comment, groups } = JSON.parse(text) as Partial<Previous>
  const isRead =
    [shell, comment].every((one) => typeof one === 'string' && isPasswdField(one)) && Array.isArray(groups) && groups.every(isAccountName)
  if (!isRead || shell === undefined || comment === undefined || groups === undefined)
    throw new Error('the ledger does not say what the account was before; it is left as it is')
  return { shell, comment, groups }
}
