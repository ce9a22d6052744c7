import type { Transaction } from '../../model/plan.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { alone } from './alone.ts'
import { canEnter, shellInside } from './inside.ts'
import { journalOf } from './paths.ts'
import { turnFunction } from './turn.ts'

/** Longest time that a job may take: a debootstrap on a slow disk, with room. */
const jobSeconds = 4 * 3600

/**
 * The script of a job: one transaction in a journal of its own, outside the host's lock. It writes no ledger; the next plan records what it made.
 * Verbs: `run` · `recover` (undo of an interrupted run).
 */
export function jobScript(transaction: Transaction, jobId: string): Script {
  return joinScripts([
    sh`set -u
umask 077
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
J=${journalOf(jobId)}`,
    turnFunction,
    shellFunction(
      'reeve_enter',
      sh`${canEnter(transaction.target)}
${alone(0, jobSeconds, sh`${shellInside(transaction.target, jobSeconds)} "$1" <"$J/tx-0" 8>&-`)}`,
    ),
    sh`reeve_close() { printf '%s\n' "$1" >"$J/state-0"; reeve_turn 'job ended'; printf 'closed\n' >"$J/state"; sync "$J"/* "$J" 2>/dev/null || :; }
reeve_main() {
  exec >/dev/null 2>"$J/err" </dev/null
  exec 8>>"$J/lock"
  flock 8
  : >"$J/started"
  # Ended already: a recovery took a slow start for an interruption, and one of the two came late. What was done stays, what was undone is planned anew.
  # A state that a power cut tore is none.
  if [ -s "$J/state" ] && read -r reeve_is <"$J/state"; then return 0; fi
  reeve_turn 'job begun'
  if [ "$1" = run ]; then reeve_enter do >"$J/out-0" 2>"$J/err-0"; reeve_code=$?
  else reeve_code=13; fi
  case "$reeve_code" in
    0) reeve_close done ;;
    10) reeve_close refused ;;
    11) reeve_close failed ;;
    12) reeve_close 'failed dirty' ;;
    *) if reeve_enter undo >>"$J/out-0" 2>>"$J/err-0"; then reeve_close "undone cut $reeve_code"; else reeve_close 'failed dirty'; fi ;;
  esac
}
reeve_main "$@"`,
  ])
}
