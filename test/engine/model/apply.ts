import { compactLedger } from '../../../controller/engine/ledger.ts'
import {
  type Ask,
  holds,
  journalOf,
  ledgerFile,
  type ModelHost,
  type ModelPlan,
  type Process,
  stateOf,
  take,
  turn,
  type Work,
} from './host.ts'
import { appendBegin, bump, isFenced, ledger, mend, refusalOf } from './ledger.ts'
import { conclude, disarm, setState, transaction, undo, undoFrom } from './transaction.ts'

/** `apply run` */
export function* applyRun(host: ModelHost, process: Process): Work {
  const { plan } = process
  const { storage } = host
  yield* take(host, process, `${plan.id} run`)
  yield* take(host, process, `${plan.id} lock`)
  if (isOver(host, plan)) return
  if (host.without !== 'host lock' && !holds(host, process, 'host')) return yield* close(host, plan, 'refused busy')
  turn(host, plan)
  yield* mend(host)
  const refusal = refusalOf(host, plan)
  if (refusal !== undefined) return yield* close(host, plan, refusal)
  if (plan.compacted !== undefined) storage.rename(`${journalOf(plan)}ledger`, ledgerFile)
  yield
  storage.write(`${journalOf(plan)}begun`, 'begun\n')
  storage.sync(`${journalOf(plan)}begun`)
  yield
  appendBegin(host, plan)
  yield
  if (host.without !== 'flush of the begin') storage.sync(ledgerFile)
  host.begun(plan)
  yield
  let isStuck = false
  for (const position of plan.transactions.keys()) isStuck = !(yield* transaction(host, process, position)) || isStuck
  if (isStuck) turn(host, plan)
  else yield* close(host, plan, 'closed')
}

/** `apply recover EPOCH` */
export function* applyRecover(host: ModelHost, process: Process, epoch: number): Work {
  const { plan } = process
  yield* take(host, process, `${plan.id} run`)
  yield* take(host, process, `${plan.id} lock`)
  if (isOver(host, plan)) return
  yield* take(host, process, 'host')
  if (isFenced(host, epoch)) return
  turn(host, plan)
  yield* mend(host)
  let isStuck = false
  for (const position of [...plan.transactions.keys()].reverse()) isStuck = !(yield* recovered(host, process, position)) || isStuck
  disarm(host, plan)
  yield* bump(host)
  if (isStuck) turn(host, plan)
  else yield* close(host, plan, 'recovered')
}

function* recovered(host: ModelHost, process: Process, position: number): Ask<boolean> {
  const { plan } = process
  const { storage } = host
  const [state = ''] = stateOf(host, plan, position).split(' ')
  yield
  if (['done', 'skipped', 'refused', 'failed', 'undone'].includes(state)) {
    // What the ledger was told of it may not have reached the disk, where its state has.
    if (host.without !== 'telling the ledger again') yield* ledger(host, plan, position, state === 'done' ? 'done' : 'undone')
    return true
  }
  if (state === 'open') {
    yield* ledger(host, plan, position, 'undone')
    yield* setState(host, plan, position, 'skipped interrupted')
    return true
  }
  const isSaid = storage.read(`${journalOf(plan)}confirmed`) !== undefined && host.without !== 'the word that came as its script died'
  if (state === 'confirmed' || (state === 'awaiting' && isSaid)) return yield* conclude(host, process, position, 0)
  return yield* undoFrom(host, process, position, 'undone interrupted')
}

/** `apply expire N`: by the timer or at boot. Whoever is at work on this journal, or on the host, comes first. */
export function* applyExpire(host: ModelHost, process: Process, position: number): Work {
  const { plan } = process
  const { storage } = host
  const isFirst = storage.rename(`${journalOf(plan)}armed`, `${journalOf(plan)}undone`)
  const isBegun = storage.read(`${journalOf(plan)}undone`) !== undefined && host.without !== 'undo at boot of what was begun to be undone'
  if (!isFirst && !isBegun) return
  yield
  if (host.without !== 'lock of the timer') yield* take(host, process, 'host')
  if (isOver(host, plan) || !['begun', 'awaiting'].includes(stateOf(host, plan, position))) return
  turn(host, plan)
  yield* undo(host, process, position)
  yield* setState(host, plan, position, 'expired silence')
  storage.sync(...storage.list(journalOf(plan)))
  turn(host, plan)
}

/** A journal that somebody removed while this waited for its lock. */
function isOver({ storage, without }: ModelHost, plan: ModelPlan): boolean {
  if (without === 'look whether it is over') return false
  return storage.read(`${journalOf(plan)}apply`) === undefined || (storage.read(`${journalOf(plan)}state`) ?? '').includes('\n')
}

function* close(host: ModelHost, plan: ModelPlan, state: string): Work {
  const { storage } = host
  if (host.without !== 'flush of the end') storage.sync(...storage.list(journalOf(plan)), ledgerFile)
  yield
  turn(host, plan)
  yield
  storage.write(`${journalOf(plan)}state`, `${state}\n`)
  yield
  storage.sync(`${journalOf(plan)}state`)
}

/** One message delivers a plan, flushed. */
export function deliver({ storage }: ModelHost, plan: ModelPlan): boolean {
  const J = journalOf(plan)
  if (storage.read(`${J}apply`) !== undefined) return false
  storage.write(`${J}apply.new`, plan.id)
  if (plan.compacted) storage.write(`${J}ledger`, compactLedger(plan.compacted))
  storage.sync(...storage.list(J))
  storage.rename(`${J}apply.new`, `${J}apply`)
  storage.sync(`${J}apply`)
  return true
}
