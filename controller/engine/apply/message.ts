import { createHash } from 'node:crypto'
import type { Ledger } from '../../model/ledger.ts'
import type { Plan } from '../../model/plan.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { compactLedger } from '../ledger.ts'
import { enteredLine } from './inside.ts'
import { jobScript } from './job-script.ts'
import { launchFunction } from './launch.ts'
import { jobOf, journalOf, journalPath, ledgerPath, outcomeLockOf, runtimePath } from './paths.ts'
import { type ApplyTerms, planScript } from './plan-script.ts'
import { transactionScript } from './transaction-script.ts'

/** A file of a journal, as it is delivered. */
interface Delivered {
  readonly path: string
  readonly text: string
}

/**
 * The message that carries out a plan: delivers its scripts with their sha256 into 0600 files, starts them only when every sum is right, and waits until they end or await a verdict.
 * A message that was cut on its way never runs: the shell sees an unfinished compound command.
 */
export function applyMessage(plan: Plan, terms: ApplyTerms, ledger: Ledger | undefined, marker: string, waitSeconds: number): Script {
  const files = journalFiles(plan, terms, ledger)
  const journal = journalOf(plan.id)
  const directories = [...new Set(files.map((file) => file.path.slice(0, file.path.lastIndexOf('/'))))]
  const sums = files.map((file) => `${createHash('sha256').update(file.text).digest('hex')}  ${arrival(file)}`)
  return joinScripts([
    launchFunction,
    sh`reeve_deliver() {
  ( umask 077
  { [ -d ${journalPath} ] && [ -d ${runtimePath} ]; } || mkdir -p ${journalPath} ${runtimePath} || { echo 'refused: the journal cannot be made'; exit 1; }
  exec 9>>${deliverLockPath}
  flock -w 30 9 || { echo 'refused: another delivery does not end'; exit ${deliveryOfAnother}; }
  for reeve_d in ${{ text: journalPath }}/*/; do [ -e "$reeve_d/apply" ] || [ ! -e "$reeve_d" ] || rm -rf "$reeve_d"; done
  if [ -e ${journal} ]; then echo ${takenMessage}; exit ${deliveryOfAnother}; fi
  mkdir ${directories} || { echo 'refused: the journal cannot be made'; exit 1; }
  [ -e ${ledgerPath} ] || : >>${ledgerPath}`,
    ...files.map((file) => writeFile(file, marker)),
    sh`  printf '%s\n' ${sums} | sha256sum -c --status - || { echo 'refused: the plan arrived damaged, or the disk is full'; exit 1; }
  sync ${files.map(arrival)} ${directories} || { echo 'refused: the journal cannot be flushed'; exit 1; }`,
    ...files.filter(isMain).map((file) => sh`  mv ${arrival(file)} ${file.path} || exit 1`),
    sh`  sync ${directories} ) 2>&1
}
${holdOutcome(plan.id)}
reeve_deliver; reeve_rc=$?
if [ "$reeve_rc" = 0 ]; then
  if reeve_launch ${journal} run; then echo ${launchedMessage}; ${waitFor(journal, 'lock', waitSeconds)}
  else echo 'refused: the apply cannot be started'; head -c 2000 ${`${journal}/launch`} 2>/dev/null; fi
elif [ "$reeve_rc" != ${deliveryOfAnother} ]; then rm -rf ${directories} ${outcomeLockOf(plan.id)}; fi`,
  ])
}

/** Exit status of a delivery that met the journal of another controller: nothing of it may be touched. */
const deliveryOfAnother = 3
const deliverLockPath = `${runtimePath}/deliver.lock`

/** What the host says where another controller carries out this very plan. */
export const takenMessage = 'refused busy: this plan is being carried out already'

/** What the host says once the apply holds its lock. */
export const launchedMessage = 'launched'

/** From here to the end of the message nobody else recovers or discards this journal. Where /run is full it goes without. */
export function holdOutcome(planId: string): Script {
  return sh`[ -d ${runtimePath} ] || mkdir -p ${runtimePath}; { command exec 6>>${outcomeLockOf(planId)}; } 2>/dev/null && flock -s 6 && reeve_reads=${planId}`
}

/** The end of that, in every message: nothing where nothing is held. */
export const releaseOutcome: Script = sh`reeve_reads=; exec 6>&-`

/** A journal counts from the moment its `apply` has its name: what a power cut left half delivered has none, and is swept away. */
function isMain(file: Delivered): boolean {
  return file.path.endsWith('/apply')
}

function arrival(file: Delivered): string {
  return isMain(file) ? `${file.path}.new` : file.path
}

/** Waits until the script of a journal let go of a lock: `lock` when it ends or awaits a verdict, `lock-run` when it ends. */
export function waitFor(journal: string, lock: 'lock' | 'lock-run', seconds: number): Script {
  return sh`flock -w ${seconds} ${`${journal}/${lock}`} true || echo ${`still running after ${seconds} s`}`
}

function journalFiles(plan: Plan, terms: ApplyTerms, ledger: Ledger | undefined): readonly Delivered[] {
  const journal = journalOf(plan.id)
  const main = { path: `${journal}/apply`, text: `${planScript(plan, terms).text}\n` }
  const compacted = terms.rewritesLedger && ledger ? [{ path: `${journal}/ledger`, text: compactLedger(ledger) }] : []
  const entered = [...new Set(plan.transactions.flatMap(({ target }) => (target.inside === undefined ? [] : [enteredLine(target)])))]
  const inside = entered.length > 0 ? [{ path: `${journal}/inside`, text: entered.join('') }] : []
  return [main, ...inside, ...compacted, ...plan.transactions.flatMap((_, position) => transactionFiles(plan, position))]
}

function transactionFiles(plan: Plan, position: number): readonly Delivered[] {
  const transaction = plan.transactions[position]
  if (transaction === undefined) return []
  if (!transaction.isJob)
    return [{ path: `${journalOf(plan.id)}/tx-${position}`, text: `${transactionScript(transaction, plan.id, position).text}\n` }]
  const jobId = jobOf(plan.id, position)
  const items = transaction.changes
    .map((change) => `${transaction.ledger.done.find((entry) => entry.id === change.id)?.target ?? ''} ${change.id}\n`)
    .join('')
  return [
    { path: `${journalOf(jobId)}/tx-0`, text: `${transactionScript(transaction, jobId, 0).text}\n` },
    { path: `${journalOf(jobId)}/apply`, text: `${jobScript(transaction, jobId).text}\n` },
    { path: `${journalOf(jobId)}/items`, text: items },
  ]
}

/** The marker is random, so that no content can end the here-document before its time. */
function writeFile(file: Delivered, marker: string): Script {
  return { text: `cat >${sh`${arrival(file)}`.text} <<'${marker}'\n${file.text}${marker}` }
}
