import { entryLine, headerLine, parseLedger, removedLine } from '../../../controller/engine/ledger.ts'
import type { PrimitiveId } from '../../../controller/model/ids.ts'
import type { LedgerEntry, LedgerHeader } from '../../../controller/model/ledger.ts'
import { journalOf, ledgerFile, type ModelHost, type ModelPlan, type ModelTransaction, type Work } from './host.ts'

function entryOf(plan: ModelPlan, item: string, value: string, state: LedgerEntry['state']): LedgerEntry {
  return {
    target: 'he1',
    id: `note:/${item}` as PrimitiveId,
    owners: [`Note/${item}`],
    files: ['one.yaml'],
    fields: { text: value },
    deletionPolicy: 'Delete',
    state,
    commit: plan.header.commit,
  }
}

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('')

/** The header and what is begun, in one write. */
export function appendBegin({ storage }: ModelHost, plan: ModelPlan): void {
  storage.append(ledgerFile, lines([headerLine(plan.header), ...plan.transactions.flatMap((each) => begunLines(plan, each))]))
}

function begunLines(plan: ModelPlan, { changes }: ModelTransaction): readonly string[] {
  return changes.map(({ item, after }) =>
    entryLine(
      plan.last.has(item) || after === undefined
        ? { ...(plan.last.get(item) ?? entryOf(plan, item, '', 'begun')), state: 'begun' }
        : entryOf(plan, item, '', 'begun'),
    ),
  )
}

/** Without its header a ledger cannot be read: what it does not hold needs no line. Nor does it of an apply that never began. */
export function* ledger({ storage, without }: ModelHost, plan: ModelPlan, position: number, how: 'done' | 'undone'): Work {
  if ((storage.read(ledgerFile) ?? '') === '') return
  if (without !== 'look whether it began' && storage.read(`${journalOf(plan)}begun`) === undefined) return
  const { changes } = plan.transactions[position] as ModelTransaction
  const said = changes.map(({ item, after }) => {
    const last = plan.last.get(item)
    if (how === 'undone') return last === undefined ? removedLine('he1', `note:/${item}`) : entryLine(last)
    return after === undefined ? removedLine('he1', `note:/${item}`) : entryLine(entryOf(plan, item, after, 'done'))
  })
  storage.append(ledgerFile, lines(said))
  yield
}

/** As the host's own text does it: a torn last line is cut off, and what follows NUL bytes. */
export function* mend({ storage, without }: ModelHost): Work {
  if (without === 'mending') return
  const text = storage.read(ledgerFile) ?? ''
  const whole = (text.split('\0', 1)[0] ?? '').replace(/[^\n]*$/, '')
  if (whole === text) return
  storage.write('ledger.mended', whole)
  yield
  storage.sync('ledger.mended')
  storage.rename('ledger.mended', ledgerFile)
  yield
}

export function lastHeader({ storage }: ModelHost): LedgerHeader | undefined {
  const reading = parseLedger(storage.read(ledgerFile) ?? '')
  return reading.status === 'read' ? reading.ledger.header : undefined
}

export function isFenced(host: ModelHost, epoch: number): boolean {
  if (host.without === 'fence') return false
  return Math.max(lastHeader(host)?.epoch ?? 0, host.run.fence) > epoch
}

export function refusalOf(host: ModelHost, { header }: ModelPlan): string | undefined {
  if (isFenced(host, header.epoch)) return 'refused epoch'
  if (host.without === 'stale check') return undefined
  if ((lastHeader(host)?.generation ?? 0) !== header.generation - 1) return 'refused stale'
  return hasInterrupted(host) ? 'refused stale: another one is recovered first' : undefined
}

/** Another apply that began and lies open; this one has no mark yet. */
export function hasInterrupted({ storage, without }: ModelHost): boolean {
  if (without === 'look whether another one began') return false
  const marks = storage.list('journal/').filter((path) => path.endsWith('/begun'))
  const journals = marks.map((path) => path.slice(0, -'begun'.length))
  return journals.some((J) => storage.read(`${J}apply`) !== undefined && !(storage.read(`${J}state`) ?? '').includes('\n'))
}

export function* bump(host: ModelHost): Work {
  const header = lastHeader(host)
  if (header === undefined) return
  host.storage.append(ledgerFile, lines([headerLine({ ...header, generation: header.generation + 1 })]))
  yield
  host.storage.sync(ledgerFile)
}

/** `reeve takeover`, from a reading of the ledger that may be old by now. */
export function takeOver(host: ModelHost, fleet: string, epoch: number, seen: string): boolean {
  const { storage } = host
  if (host.locks.has('host') || (storage.read(ledgerFile) ?? '') !== seen) return false
  for (const _ of mend(host));
  const header = lastHeader(host)
  if (header === undefined) return false
  storage.append(ledgerFile, lines([headerLine({ ...header, fleet, epoch, generation: header.generation + 1 })]))
  storage.sync(ledgerFile)
  host.run.fence = 0
  host.run.turn = `takeover ${++host.run.turns}`
  return true
}
