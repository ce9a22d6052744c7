import type { Transaction } from '../../model/plan.ts'
import type { Step } from '../../model/primitive.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { journalOf } from './paths.ts'

/**
 * The script of one transaction. It stands alone, so that it can run in the container that it changes, and speaks these verbs:
 * `do` all steps (up to the verdict, where there is one) · `settle` what follows a confirmation · `undo` whatever was begun · `discard` the before-images.
 * Its exit status is 0 done, 10 refused, 11 failed, 12 undo failed; any other means that it was cut (killed, container gone), and recovery undoes it.
 * Each step prints `step INDEX STATUS EXIT` to stdout; what its commands say goes to stderr.
 */
export function transactionScript(transaction: Transaction, planId: string, position: number): Script {
  const { steps, verdict } = transaction
  const settling = verdict === undefined ? steps.length : firstSettling(steps)
  return joinScripts([
    prelude(`${journalOf(planId)}/before-${position}`),
    ...steps.flatMap(stepFunctions),
    undoFunction(steps),
    runnerFunction,
    shellFunction(
      'reeve_do',
      joinScripts([
        sh`mkdir -p -m 700 "$REEVE_BEFORE" && : >"$REEVE_BEFORE/step" || exit 11`,
        ...callSteps(steps, 0, settling),
        ...lasting(transaction, settling),
      ]),
    ),
    shellFunction('reeve_settle', joinScripts([...callSteps(steps, settling, steps.length), ...lasting(transaction, steps.length)])),
    mainFunction(steps.length),
    sh`reeve_main "$@" </dev/null`,
  ])
}

function firstSettling(steps: readonly Step[]): number {
  const index = steps.findIndex((step) => step.phase === 'settle')
  return index === -1 ? steps.length : index
}

function prelude(before: string): Script {
  return sh`set -u
umask 022
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LVM_SUPPRESS_FD_WARNINGS=1
REEVE_BEFORE=${before}
export LC_ALL PATH LVM_SUPPRESS_FD_WARNINGS REEVE_BEFORE`
}

function stepFunctions(step: Step, index: number): readonly Script[] {
  return [
    ...(step.guard ? [shellFunction(`reeve_guard_${index}`, step.guard)] : []),
    shellFunction(`reeve_run_${index}`, step.run),
    ...(step.check ? [shellFunction(`reeve_check_${index}`, step.check)] : []),
    ...(step.undo ? [shellFunction(`reeve_undo_${index}`, step.undo)] : []),
  ]
}

/** Undoes from the given step down to the first. Every undo is tried, also after one that failed. */
function undoFunction(steps: readonly Step[]): Script {
  const undos = steps.flatMap((step, index) =>
    step.undo
      ? [
          sh`if [ "$1" -ge ${index} ]; then
  ( set -eu; ${{ text: `reeve_undo_${index}` }} ) 5>&-; reeve_rc=$?
  if [ "$reeve_rc" != 0 ]; then echo step ${index} undo-failed "$reeve_rc"; reeve_bad=1; fi
fi`,
        ]
      : [],
  )
  return shellFunction('reeve_undo_from', joinScripts([sh`reeve_bad=0`, ...undos.reverse(), sh`return "$reeve_bad"`]))
}

/** The parts run in subshells under `set -eu`, without the lock of the transaction (alone.ts); they must be plain commands here, since a shell ignores `set -e` inside a condition (POSIX XCU 2.8.1). */
const runnerFunction = joinScripts([
  sh`reeve_end() {
  reeve_code=$2
  reeve_undo_from "$1" || reeve_code=12
  exit "$reeve_code"
}`,
  sh`reeve_step() {
  printf '%s\n' "$1" >"$REEVE_BEFORE/step" || exit 11
  if [ "$2" = guarded ]; then
    ( set -eu; "reeve_guard_$1" ) 5>&-; reeve_rc=$?
    if [ "$reeve_rc" != 0 ]; then echo "step $1 refused $reeve_rc"; reeve_end "$(($1 - 1))" 10; fi
  fi
  ( set -eu; "reeve_run_$1" ) 5>&-; reeve_rc=$?
  if [ "$reeve_rc" != 0 ]; then echo "step $1 failed $reeve_rc"; reeve_end "$1" 11; fi
  if [ "$3" = checked ]; then
    ( set -eu; "reeve_check_$1" ) 5>&-; reeve_rc=$?
    if [ "$reeve_rc" != 0 ]; then echo "step $1 unproven $reeve_rc"; reeve_end "$1" 11; fi
  fi
  echo "step $1 done 0"
}`,
])

function callSteps(steps: readonly Step[], from: number, to: number): readonly Script[] {
  const barrier = steps.findIndex((step) => isLive(step))
  return steps.flatMap((step, index) => {
    if (index < from || index >= to) return []
    const call = sh`reeve_step ${index} ${step.guard ? 'guarded' : 'free'} ${step.check ? 'checked' : 'trusted'}`
    return index === barrier ? [flush(steps.slice(0, index)), call] : [call]
  })
}

/** From this phase on the world sees what we do: what is staged and what was before must be on the disk by then. */
function isLive(step: Step): boolean {
  return step.phase === undefined || step.phase === 'change' || step.phase === 'load'
}

function flush(staged: readonly Step[]): Script {
  const files = staged.flatMap((step) => step.sync ?? [])
  return sh`sync "$REEVE_BEFORE" "$REEVE_BEFORE"/* ${files} || { echo 'cannot flush what is staged to the disk' >&2; echo 'step 0 failed 1'; reeve_end ${staged.length - 1} 11; }`
}

/**
 * The ledger's `done` must not outlive a power cut that its deeds did not: they would look like drift. On the hypervisor the ledger is flushed after
 * them to the same journal of the filesystem; a container has a filesystem of its own, and a file that is written after them and flushed takes them along.
 */
function lasting({ target }: Transaction, steps: number): readonly Script[] {
  if (target.inside === undefined) return []
  return [sh`printf '%s\n' ${steps - 1} >"$REEVE_BEFORE/step" && sync "$REEVE_BEFORE/step" || :`]
}

function mainFunction(count: number): Script {
  return sh`reeve_main() {
  case "$1" in
    do) reeve_do ;;
    settle) reeve_settle ;;
    undo)
      [ -d "$REEVE_BEFORE" ] || return 0
      reeve_at=${count - 1}
      [ ! -s "$REEVE_BEFORE/step" ] || read -r reeve_at <"$REEVE_BEFORE/step" || reeve_at=${count - 1}
      reeve_undo_from "$reeve_at" || return 12
      ;;
    discard)
      rm -rf "$REEVE_BEFORE"
      rmdir "\${REEVE_BEFORE%/*}" /var/lib/reeve/journal 2>/dev/null || :
      ;;
    *) return 2 ;;
  esac
}`
}
