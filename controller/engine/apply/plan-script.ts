import type { LedgerHeader } from '../../model/ledger.ts'
import type { Plan, Transaction } from '../../model/plan.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { entryLine, headerLine, removedLine } from '../ledger.ts'
import { alone } from './alone.ts'
import { closingFunction } from './closing.ts'
import { fencedFunction } from './fence.ts'
import { canEnter, shellInside } from './inside.ts'
import { launchFunction } from './launch.ts'
import { mendFunction } from './mend.ts'
import { hostLockPath, jobOf, journalOf, journalPath, ledgerPath } from './paths.ts'
import { turnFunction } from './turn.ts'
import { verdictFunctions } from './verdict-script.ts'

export interface ApplyTerms {
  /** The header that this apply writes first: generation is that of the plan plus one. */
  readonly header: LedgerHeader
  /** True where the ledger is delivered anew, compacted, in the journal's file `ledger`. */
  readonly rewritesLedger: boolean
  /** True where a person's hold was seen and had expired. */
  readonly ignoresHold: boolean
  /** Longest time of one transaction inside a container. */
  readonly insideSeconds: number
  /** Seconds after which whoever finds the apply still running tells a person. */
  readonly withinSeconds: number
  /** Who applies, in words for the people who wait for it. */
  readonly by: string
}

/**
 * The script that carries out a plan, detached from the connection. Verbs: `run` · `recover` an interrupted run · `expire N` the undo of an unanswered verdict.
 * States of a transaction (file `state-N`): open, begun, awaiting, confirmed, then one of done, started, skipped, refused, failed, undone, stuck. The file `state` is written last of all: what it is missing from is an open journal.
 */
export function planScript(plan: Plan, terms: ApplyTerms): Script {
  return joinScripts([
    prelude(plan.id),
    checkFunction(plan, terms),
    ledgerFunctions(plan, terms.header),
    ...plan.transactions.map((transaction, position) => enterFunction(transaction, position, terms.insideSeconds)),
    launchFunction,
    verdictFunctions(plan),
    transactionFunction,
    shellFunction('reeve_all', joinScripts(plan.transactions.map((transaction, position) => callTransaction(plan, transaction, position)))),
    recoverFunction(plan.transactions.length),
    closingFunction(plan.transactions, terms.insideSeconds),
    mainFunction(terms),
    sh`reeve_main "$@"`,
  ])
}

function prelude(planId: string): Script {
  return sh`set -u
umask 077
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
reeve_verb=\${1:-} L=${ledgerPath} J=${journalOf(planId)}
${turnFunction}
${fencedFunction}
reeve_state() { printf '%s\n' "$2" >"$J/state-$1"; }
# A file without a whole line: the power was lost before its text had reached the disk. Nothing is written there before a transaction begins.
reeve_read_state() {
  reeve_is=open
  [ ! -e "$J/state-$1" ] || read -r reeve_is reeve_why <"$J/state-$1" || reeve_is=begun
}
# Closed, or gone altogether: a journal that was removed while this waited for its lock. A state that a power cut tore is none.
reeve_is_over() {
  [ -e "$J/apply" ] || return 0
  [ -s "$J/state" ] && read -r reeve_is <"$J/state"
}
${mendFunction}
# The turn comes before the state: whoever sees the journal closed must have seen the turn move since.
reeve_close() { sync "$J"/* "$L" 2>/dev/null || :; reeve_turn "$reeve_verb ended"; printf '%s\n' "$1" >"$J/state"; sync "$J/state" "$J" 2>/dev/null || :; }`
}

/**
 * Stale plan, foreign fleet, older controller, hold: all are refused here, on the host, under its lock. So is what comes while another apply lies open that had begun:
 * it may have been killed before its header was in the ledger, and its recovery tells the ledger what was before it.
 */
function checkFunction(plan: Plan, terms: ApplyTerms): Script {
  const hold = terms.ignoresHold ? sh`:` : sh`if [ -e /etc/reeve/hold ]; then reeve_close 'refused hold'; return 1; fi`
  return shellFunction(
    'reeve_check',
    sh`${hold}
if reeve_fenced ${terms.header.epoch}; then reeve_close "refused epoch: the host is at $reeve_epoch, the plan was made at "${terms.header.epoch}; return 1; fi
if [ "\${reeve_generation:-0}" != ${plan.ledgerGeneration} ]; then reeve_close "refused stale: the ledger is at generation \${reeve_generation:-0}, the plan was made at "${plan.ledgerGeneration}; return 1; fi
for reeve_j in ${{ text: journalPath }}/*/; do
  if [ ! -e "$reeve_j/begun" ] || [ ! -e "$reeve_j/apply" ]; then continue; fi
  if [ -s "$reeve_j/state" ] && read -r reeve_is <"$reeve_j/state"; then continue; fi
  reeve_close "refused stale: $reeve_j was interrupted, and is recovered first"; return 1
done`,
  )
}

function ledgerFunctions(plan: Plan, header: LedgerHeader): Script {
  const begun = [
    headerLine(header),
    ...plan.transactions.flatMap((transaction) => transaction.ledger.begun.map(entryLine)),
    ...plan.records.map(entryLine),
    ...plan.forgotten.map(({ target, id }) => removedLine(target, id)),
  ]
  const cases = plan.transactions.map(
    (
      transaction,
      position,
    ) => sh`${position}-done) ${append([...transaction.ledger.done.map(entryLine), ...transaction.ledger.removed.map(({ target, id }) => removedLine(target, id))])} ;;
${position}-undone) ${append(undoneLines(transaction))} ;;`,
  )
  return joinScripts([
    // The mark is on the disk before the first line: without it nothing was told to the ledger, and others may have begun since.
    shellFunction('reeve_ledger_begin', sh`printf 'begun\\n' >"$J/begun" && sync "$J" && ${append(begun)} && sync "$L"`),
    shellFunction(
      'reeve_ledger',
      joinScripts([
        // Without its header (lost, or not begun) a ledger cannot be read: what it does not hold needs no line. An apply that never began has told it nothing to take back.
        sh`[ -s "$L" ] && [ -e "$J/begun" ] || return 0
case "$1-$2" in`,
        ...cases,
        sh`*) : ;;
esac`,
      ]),
    ),
    sh`reeve_bump() {
  reeve_header=$(sed -n '/^{"reeve"/p' "$L" | tail -n 1)
  reeve_generation=\${reeve_header#*'"generation":'}
  reeve_generation=\${reeve_generation%%,*}
  [ -z "$reeve_header" ] || printf '%s\n' "\${reeve_header%%'"generation":'*}\"generation\":$((reeve_generation + 1)),\${reeve_header#*'"generation":'*,}" >>"$L"
  sync "$L"
}`,
  ])
}

/** An undone creation was never ours, nor what an undone retirement would have left; an undone change is what the ledger said before. */
function undoneLines({ ledger: { begun, done, undone } }: Transaction): readonly string[] {
  const before = new Set(undone.map((entry) => entry.id))
  const made = new Map([...begun, ...done].filter(({ id }) => !before.has(id)).map((entry) => [entry.id, entry]))
  return [...undone.map(entryLine), ...[...made.values()].map(({ target, id }) => removedLine(target, id))]
}

function append(lines: readonly string[]): Script {
  return lines.length === 0 ? sh`:` : sh`printf '%s\n' ${lines} >>"$L"`
}

/** The host's lock is closed for the steps, so that no daemon that they start can inherit it. */
function enterFunction(transaction: Transaction, position: number, insideSeconds: number): Script {
  const script = { text: `"$J/tx-${position}"` }
  return shellFunction(
    `reeve_enter_${position}`,
    sh`${canEnter(transaction.target)}
${alone(position, insideSeconds, sh`${shellInside(transaction.target, insideSeconds)} "$1" <${script} 7>&- 8>&- 9>&-`)}`,
  )
}

const transactionFunction = sh`reeve_needs_met() {
  reeve_n=$1; shift
  for reeve_need in "$@"; do
    reeve_read_state "$reeve_need"
    if [ "$reeve_is" != done ]; then
      reeve_state "$reeve_n" "skipped $reeve_need"
      reeve_ledger "$reeve_n" undone
      return 1
    fi
  done
}
reeve_conclude() {
  case "$2" in
    0) reeve_ledger "$1" done; reeve_state "$1" done ;;
    10) reeve_ledger "$1" undone; reeve_state "$1" refused ;;
    11) reeve_ledger "$1" undone; reeve_state "$1" failed ;;
    69) reeve_ledger "$1" undone; reeve_state "$1" 'failed unreachable' ;;
    12) reeve_ledger "$1" undone; reeve_state "$1" 'failed dirty' ;;
    *) reeve_undo "$1" "failed cut $2" "$2" ;;
  esac
}
# From outside. A container that does not run any more cannot be put back: what is left in it is observed when it runs again, and planned anew.
reeve_undo() {
  "reeve_enter_$1" undo >>"$J/out-$1" 2>>"$J/err-$1"; reeve_code=$?
  case "$reeve_code" in
    0) reeve_ledger "$1" undone; reeve_state "$1" "$2" ;;
    69) reeve_ledger "$1" undone; reeve_state "$1" 'failed left' ;;
    *) reeve_state "$1" "stuck $3"; reeve_stuck=1 ;;
  esac
}
reeve_transaction() {
  reeve_needs_met "$@" || return 0
  reeve_state "$1" begun
  # What is not known to have begun is not undone after a power cut.
  sync "$J/state-$1" "$J" 2>/dev/null || :
  "reeve_enter_$1" do >"$J/out-$1" 2>"$J/err-$1"
  reeve_conclude "$1" "$?"
}`

function callTransaction(plan: Plan, transaction: Transaction, position: number): Script {
  const words = [position, ...transaction.needs]
  const journal = journalOf(jobOf(plan.id, position))
  if (transaction.isJob)
    return sh`if reeve_needs_met ${words}; then reeve_state ${position} started; reeve_launch ${journal} run || cat ${`${journal}/launch`} >>${`${journal}/err-0`}; fi`
  if (transaction.verdict)
    return sh`reeve_awaited ${Math.ceil(transaction.verdict.withinMs / 1000)} ${transaction.verdict.lockOut ?? 'none'} ${words}`
  return sh`reeve_transaction ${words}`
}

/** Undoes what was begun, finishes what was confirmed; what was done whole stays. Moves the generation, so that no plan from before can follow. */
function recoverFunction(count: number): Script {
  return sh`reeve_recover() {
  reeve_n=$((${count} - 1))
  while [ "$reeve_n" -ge 0 ]; do
    reeve_read_state "$reeve_n"
    # The word was said, and whoever waited for it died before it was heard.
    if [ "$reeve_is" = awaiting ] && [ -e "$J/confirmed" ]; then reeve_is=confirmed; fi
    case "$reeve_is" in
      # What the ledger was told of it may not have reached the disk where its state has.
      done) reeve_ledger "$reeve_n" done ;;
      skipped|refused|failed|undone) reeve_ledger "$reeve_n" undone ;;
      started) : ;;
      open) reeve_ledger "$reeve_n" undone; reeve_state "$reeve_n" 'skipped interrupted' ;;
      confirmed)
        "reeve_enter_$reeve_n" settle >>"$J/out-$reeve_n" 2>>"$J/err-$reeve_n"; reeve_code=$?
        # Not entered: the change is live in it, the rest is owed like any other drift.
        if [ "$reeve_code" = 69 ]; then reeve_ledger "$reeve_n" undone; reeve_state "$reeve_n" 'failed left'; else reeve_conclude "$reeve_n" "$reeve_code"; fi ;;
      *) reeve_undo "$reeve_n" 'undone interrupted' recovery ;;
    esac
    reeve_n=$((reeve_n - 1))
  done
}`
}

function mainFunction(terms: ApplyTerms): Script {
  const rewrite = terms.rewritesLedger
    ? sh`mv "$J/ledger" "$L" || { reeve_close 'refused ledger: it cannot be replaced'; return 1; }`
    : sh`:`
  return sh`reeve_main() {
  exec >/dev/null 2>"$J/err" </dev/null
  exec 8>>"$J/lock" 7>>"$J/lock-run"
  if [ "$1" = expire ]; then reeve_expire "$2"; return; fi
  flock 7; flock 8
  read -r reeve_up reeve_rest </proc/uptime
  printf '%s %s %s %s\n' "\${reeve_up%%.*}" "$(date +%s)" ${terms.withinSeconds} ${terms.by} >"$J/started"
  # Another recovery was faster, or was taken for one while this was slow to start: what it left is not undone, and nothing begins under a closed journal.
  if reeve_is_over; then return 0; fi
  exec 9>>${hostLockPath}
  reeve_stuck=0
  case "$1" in
    run)
      flock -n 9 || { reeve_close 'refused busy'; return 1; }
      reeve_turn 'run begun'
      reeve_mend || { reeve_close 'refused ledger: its torn last line cannot be cut off'; return 1; }
      reeve_check || return 1
      ${rewrite}
      reeve_ledger_begin || { reeve_close 'refused ledger: it cannot be written'; return 1; }
      reeve_all
      reeve_closing
      [ "$reeve_stuck" != 0 ] || reeve_close closed ;;
    recover)
      flock -w 60 9 || return 1
      # Asked for by a controller that is not in charge any more: whoever is does it.
      if [ -n "\${2:-}" ] && reeve_fenced "$2"; then return 1; fi
      reeve_turn 'recover begun'
      reeve_mend || return 1
      reeve_recover
      reeve_closing
      reeve_disarm
      reeve_bump
      [ "$reeve_stuck" != 0 ] || reeve_close recovered ;;
  esac
  [ "$reeve_stuck" = 0 ] || reeve_turn "$1 ended"
}`
}
