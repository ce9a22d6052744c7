import { type Script, sh } from '../../shell/sh.ts'

/** A lock-out must end: it is undone also below the feet of something that hangs. */
const lockOutSeconds = 20

/**
 * Runs what enters a target (`enter`: text that feeds a transaction's script to a shell there) while no other run of that transaction is at work. A main process that was killed leaves the shell of
 * its transaction behind, which goes on to its end; what was undone meanwhile it would do again. That shell has the lock as its file descriptor 5, and its steps do not, so that no daemon can keep it.
 * Exit status 75 (EX_TEMPFAIL): the earlier run did not end in so many seconds.
 */
export function alone(position: number, seconds: number, enter: Script): Script {
  return sh`reeve_wait=${seconds}
[ -z "\${reeve_insists:-}" ] || reeve_wait=${lockOutSeconds}
{
  flock -w "$reeve_wait" 5 || [ -n "\${reeve_insists:-}" ] || { echo 'an earlier run of it is still at work' >&2; return 75; }
  ${enter}
} 5>>"$J"/${`lock-${position}`}`
}
