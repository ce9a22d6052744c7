import {
  type Ask,
  fileOf,
  journalOf,
  letGo,
  type ModelChange,
  type ModelHost,
  type ModelPlan,
  type ModelTransaction,
  type Process,
  stateOf,
  take,
  type Work,
} from './host.ts'
import { bump, ledger } from './ledger.ts'

export function* transaction(host: ModelHost, process: Process, position: number): Ask<boolean> {
  const { plan } = process
  const { storage } = host
  const asked = plan.transactions[position] as ModelTransaction
  const unmet = asked.needs.find((need) => stateOf(host, plan, need) !== 'done')
  if (unmet !== undefined) {
    yield* setState(host, plan, position, `skipped ${unmet}`)
    yield* ledger(host, plan, position, 'undone')
    return true
  }
  yield* setState(host, plan, position, 'begun')
  storage.sync(`${journalOf(plan)}state-${position}`)
  if (asked.verdict === 'none') return yield* conclude(host, process, position, yield* perform(host, process, position))
  return yield* awaited(host, process, position)
}

export function* awaited(host: ModelHost, process: Process, position: number): Ask<boolean> {
  const { plan } = process
  const { storage } = host
  const J = journalOf(plan)
  storage.write(`${J}armed`, `${position}\n`)
  storage.sync(`${J}armed`)
  const { verdict } = plan.transactions[position] as ModelTransaction
  if (verdict !== 'probe') host.timers.push({ at: host.now + 3, plan, position })
  if (verdict === 'disk') storage.write(`${J}armed-disk`, `${position}\n`)
  if (verdict === 'disk') storage.sync(`${J}armed-disk`)
  yield
  const code = yield* perform(host, process, position)
  if (code !== 0) {
    storage.rename(`${J}armed`, `${J}undone`)
    yield* conclude(host, process, position, code)
    disarm(host, plan)
    return true
  }
  yield* setState(host, plan, position, 'awaiting')
  storage.sync(...storage.list(J))
  letGo(host, process, `${plan.id} lock`)
  const until = host.now + 2
  while (storage.read(`${J}armed`) !== undefined && host.now < until) yield
  yield* take(host, process, `${plan.id} lock`)
  let isUndone = true
  const isSilent = storage.rename(`${J}armed`, `${J}undone`) || (host.without === 'one verdict for all' && host.now >= until)
  yield
  if (!isSilent && storage.read(`${J}confirmed`) !== undefined) {
    yield* setState(host, plan, position, 'confirmed')
    isUndone = yield* conclude(host, process, position, 0)
  } else {
    isUndone = yield* undoFrom(host, process, position, isSilent ? 'undone silence' : 'undone verdict')
    yield* bump(host)
  }
  disarm(host, plan)
  return isUndone
}

/** The steps, with their before-images flushed before the first that is seen. */
export function* perform(host: ModelHost, process: Process, position: number): Ask<number> {
  const { plan } = process
  const { storage } = host
  const { changes, failsAt } = plan.transactions[position] as ModelTransaction
  const B = `${journalOf(plan)}before-${position}/`
  storage.write(`${B}step`, '')
  yield
  for (const [index, { item, after }] of changes.entries()) {
    const before = storage.read(fileOf(item))
    storage.write(`${B}step`, `${index}\n`)
    if (before !== undefined) {
      // As `remember` does it: an image that is there is whole.
      storage.write(`${B}${item}.part`, before)
      if (host.without !== 'flush of before-images') storage.sync(`${B}${item}.part`)
      yield
      storage.rename(`${B}${item}.part`, `${B}${item}`)
    }
    if (after !== undefined) storage.write(`${fileOf(item)}.new`, after)
    yield
  }
  if (host.without !== 'flush of before-images') storage.sync(...storage.list(B), ...changes.map(({ item }) => `${fileOf(item)}.new`))
  yield
  for (const [index, { item, before, after }] of changes.entries()) {
    storage.write(`${B}step`, `${changes.length + index}\n`)
    yield
    if (storage.read(fileOf(item)) !== before) {
      yield* restore(host, process, position, changes.length + index - 1)
      return 10
    }
    host.writes(process, item, after)
    if (after === undefined) storage.remove(fileOf(item))
    else storage.rename(`${fileOf(item)}.new`, fileOf(item))
    yield
    if (failsAt === index) {
      yield* restore(host, process, position, changes.length + index)
      return 11
    }
  }
  return 0
}

/** Undoes from this step down to the first. */
export function* restore(host: ModelHost, process: Process, position: number, from: number): Work {
  const { plan } = process
  const { storage } = host
  const { changes } = plan.transactions[position] as ModelTransaction
  const B = `${journalOf(plan)}before-${position}/`
  for (let step = Math.min(from, 2 * changes.length - 1); step >= 0; step--) {
    const { item, before } = changes[step % changes.length] as ModelChange
    if (step < changes.length) storage.remove(`${fileOf(item)}.new`)
    else {
      const image = storage.read(`${B}${item}`)
      host.writes(process, item, before)
      // Without its image it was not touched yet.
      if (image === undefined && before !== undefined) continue
      if (image === undefined) storage.remove(fileOf(item))
      else {
        storage.write(`${fileOf(item)}.old`, image)
        storage.sync(`${fileOf(item)}.old`)
        yield
        storage.rename(`${fileOf(item)}.old`, fileOf(item))
      }
    }
    yield
  }
}

/** `tx-N undo` */
export function* undo(host: ModelHost, process: Process, position: number): Work {
  const step = host.storage.read(`${journalOf(process.plan)}before-${position}/step`)
  if (step === undefined) return
  yield* restore(host, process, position, /^\d+\n/.test(step) ? Number.parseInt(step, 10) : 1000)
}

export function* conclude(host: ModelHost, process: Process, position: number, code: number): Ask<boolean> {
  const { plan } = process
  yield* ledger(host, plan, position, code === 0 ? 'done' : 'undone')
  yield* setState(host, plan, position, code === 0 ? 'done' : code === 10 ? 'refused' : 'failed')
  return true
}

export function* undoFrom(host: ModelHost, process: Process, position: number, state: string): Ask<boolean> {
  yield* undo(host, process, position)
  yield* ledger(host, process.plan, position, 'undone')
  yield* setState(host, process.plan, position, state)
  return true
}

export function* setState({ storage }: ModelHost, plan: ModelPlan, position: number, state: string): Work {
  storage.write(`${journalOf(plan)}state-${position}`, `${state}\n`)
  yield
}

export function disarm(host: ModelHost, plan: ModelPlan): void {
  host.timers = host.timers.filter((timer) => timer.plan !== plan)
  host.storage.remove(`${journalOf(plan)}armed-disk`)
}
