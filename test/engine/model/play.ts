import { parseLedger } from '../../../controller/engine/ledger.ts'
import { type Ledger, ledgerFormat } from '../../../controller/model/ledger.ts'
import {
  applyExpire,
  applyRecover,
  applyRun,
  deliver,
  ended,
  fileOf,
  journalOf,
  ledgerFile,
  type ModelHost,
  type ModelPlan,
  type ModelTransaction,
  type Omission,
  type Process,
  start,
  stateOf,
  takeOver,
} from './scripts.ts'
import { createStorage } from './storage.ts'

export const items = ['a', 'b', 'c', 'd'] as const
const verdicts = ['none', 'none', 'probe', 'timer', 'disk'] as const

/** What may happen. `who`: one of three controllers, two of which share the fleet. */
export type Act =
  | { readonly type: 'look' | 'read' | 'apply' | 'recover' | 'discard' | 'own' | 'takeover'; readonly who: number }
  | { readonly type: 'say'; readonly who: number; readonly isGood: boolean }
  | { readonly type: 'step'; readonly process: number; readonly count: number }
  | { readonly type: 'kill'; readonly process: number }
  | { readonly type: 'power'; readonly kept: number; readonly torn: number }
  | { readonly type: 'drift'; readonly item: number }
  | { readonly type: 'tick' }
  /** A commit: what is wanted of each item (0: nothing), how they are grouped, and what of it will go wrong. */
  | {
      readonly type: 'commit'
      readonly wanted: readonly number[]
      readonly shape: number
      readonly failsAt: number
      readonly verdict: number
      readonly compacts: boolean
    }

type Commit = Extract<Act, { type: 'commit' }>

interface Look {
  readonly turn: number
  readonly text: string
  readonly ledger: Ledger | undefined
  readonly boot: number
  readonly epoch: number
  readonly open: readonly ModelPlan[]
  readonly isBusy: boolean
  readonly over: readonly ModelPlan[]
}

interface Controller {
  readonly fleet: string
  epoch: number
  commit: Commit
  look: Look | undefined
  plan: ModelPlan | undefined
  planBoot: number
  /** Delivered by it, its outcome not collected yet. */
  mine: Set<string>
}

const nothingWanted: Commit = { type: 'commit', wanted: [1, 1, 0, 0], shape: 0, failsAt: 9, verdict: 0, compacts: false }

/** Plays a history on one host; answers what went wrong first, in words. */
export function play(history: readonly Act[], without?: Omission): string | undefined {
  const wrong: string[] = []
  const plans = new Map<string, ModelPlan>()
  /** Items that a controller was told are done, as they are. */
  const told = new Map<string, string | undefined>()
  /** Plans whose verdict was said, and came in time. */
  const confirmed = new Set<string>()
  /** When a person changed an item, and when a plan was made: counted by acts. */
  const driftedAt = new Map<string, number>()
  const madeAt = new Map<string, number>()
  let acts = 0
  const begunAt = new Map<number, string>()
  let [inCharge, newest, commits] = [0, 0, 0]
  const host: ModelHost = {
    storage: createStorage(),
    run: { fence: 0, turn: '', turns: 0 },
    locks: new Map(),
    processes: [],
    timers: [],
    boot: 0,
    now: 0,
    without,
    begun,
    writes,
  }
  const controllers: Controller[] = ['ours', 'ours', 'theirs'].map((fleet, index) => ({
    fleet,
    epoch: index === 1 ? 2 : 1,
    commit: nothingWanted,
    look: undefined,
    plan: undefined,
    planBoot: 0,
    mine: new Set(),
  }))
  const { storage } = host

  function begun(plan: ModelPlan): void {
    const { generation, epoch, fleet } = plan.header
    const other = begunAt.get(generation)
    if (other !== undefined && other !== plan.id) wrong.push(`${plan.id} and ${other} both write generation ${generation}`)
    if (generation <= newest) wrong.push(`generation ${generation} is written after ${newest}`)
    if (epoch < inCharge) wrong.push(`epoch ${epoch} writes after ${inCharge} took charge`)
    const before = generation === 1 ? undefined : plan.compacted?.header.fleet
    if (before !== undefined && before !== fleet) wrong.push(`fleet ${fleet} writes on ${before}'s host`)
    begunAt.set(generation, plan.id)
    newest = generation
    for (const { item } of plan.transactions.flatMap(({ changes }) => changes)) told.delete(item)
  }

  function writes(process: Process, item: string): void {
    told.delete(item)
    const isAlone = host.processes.every((one) => one === process || !one.locks.has('host'))
    if (!isAlone) wrong.push(`${process.name} changes ${item} while another one has the host`)
  }

  function look(who: Controller): void {
    const journals = [...plans.values()].filter((plan) => storage.read(`${journalOf(plan)}apply`) !== undefined)
    const running = (plan: ModelPlan): boolean =>
      host.locks.has(`${plan.id} run`) || host.locks.has(`${plan.id} lock`) || isAwaited(plan, who)
    const isOver = (plan: ModelPlan): boolean => (storage.read(`${journalOf(plan)}state`) ?? '').includes('\n')
    if (who.fleet === 'ours') host.run.fence = Math.max(host.run.fence, who.epoch)
    const text = storage.read(ledgerFile) ?? ''
    const reading = parseLedger(text)
    if (reading.status === 'unreadable') wrong.push(`the ledger cannot be read: ${reading.reason}`)
    who.plan = undefined
    who.look = {
      turn: host.run.turns,
      text,
      ledger: reading.status === 'read' ? reading.ledger : undefined,
      boot: host.boot,
      epoch: who.epoch,
      // A host of another fleet is refused before anything is recovered there.
      open:
        reading.status === 'read' && reading.ledger.header.fleet !== who.fleet
          ? []
          : journals.filter((plan) => !isOver(plan) && !running(plan)),
      isBusy: journals.some((plan) => !isOver(plan) && running(plan)),
      over: journals.filter(isOver),
    }
  }

  /** Delivered, and its controller still waits for it: nobody takes it for left behind. */
  function isAwaited(plan: ModelPlan, who: Controller): boolean {
    return controllers.some((one) => one !== who && one.mine.has(plan.id) && one.planBoot === host.boot)
  }

  /** The rest of an observation, and what is made of it. */
  function read(who: Controller): void {
    const { look } = who
    if (look === undefined || look.boot !== host.boot || look.epoch !== who.epoch) return
    if (look.isBusy || look.turn !== host.run.turns) {
      who.look = undefined
      return
    }
    collect(who, look)
    const header = look.ledger?.header
    const isOurs = header === undefined || (header.fleet === who.fleet && Math.max(header.epoch, host.run.fence) <= who.epoch)
    if (!isOurs) {
      who.look = undefined
      return
    }
    if (who.fleet === 'ours') inCharge = Math.max(inCharge, who.epoch)
    if (look.open.length > 0) return
    const plan = planned(who, look)
    if (plan === undefined) return
    const generation = plan.header.generation - 1
    const durable = parseLedger(storage.flushed(ledgerFile) ?? '')
    if (generation > 0 && (durable.status !== 'read' || durable.ledger.header.generation !== generation))
      wrong.push(`a plan is made of generation ${generation}, which a power cut may still take away`)
    madeAt.set(plan.id, acts)
    who.plan = plan
    who.planBoot = host.boot
  }

  function collect(who: Controller, look: Look): void {
    for (const plan of look.over.filter(({ id }) => who.mine.has(id)))
      for (const [position, { changes }] of plan.transactions.entries())
        if (stateOf(host, plan, position) === 'done' && !touchedSince(plan))
          for (const { item, after } of changes)
            if (storage.read(fileOf(item)) === after) told.set(item, after)
            else if (!isDrifted(plan, item)) wrong.push(`${item} is told to be done as ${after}, and is ${storage.read(fileOf(item))}`)
    who.mine = new Set([...who.mine].filter((id) => !look.over.some((plan) => plan.id === id)))
  }

  function isDrifted(plan: ModelPlan, item: string): boolean {
    return (driftedAt.get(item) ?? -1) >= (madeAt.get(plan.id) ?? 0)
  }

  function touchedSince(plan: ModelPlan): boolean {
    return [...begunAt.keys()].some((generation) => generation > plan.header.generation)
  }

  function planned(who: Controller, look: Look): ModelPlan | undefined {
    const { wanted, shape, failsAt, verdict, compacts } = who.commit
    const entries = new Map([...(look.ledger?.entries ?? [])].map(([key, entry]) => [key.slice('he1 note:/'.length), entry]))
    const differing = items.flatMap((item, index) => {
      const after = wanted[index] ? `${item}${wanted[index]}` : undefined
      const before = storage.read(fileOf(item))
      const isMine = before === undefined || after !== undefined || entries.has(item)
      return before !== after && isMine ? [{ item, before, after }] : []
    })
    if (differing.length === 0) return undefined
    const groups =
      shape % 3 === 0
        ? differing.map((one) => [one])
        : shape % 3 === 1
          ? [differing]
          : [differing.slice(0, 1), differing.slice(1)].filter((one) => one.length > 0)
    const transactions: ModelTransaction[] = groups.map((changes, index) => ({
      changes,
      verdict: index === groups.length - 1 ? (verdicts[verdict] ?? 'none') : 'none',
      failsAt: index === shape % 2 ? failsAt : 9,
      needs: index > 0 && shape > 3 ? [index - 1] : [],
    }))
    const generation = (look.ledger?.header.generation ?? 0) + 1
    const id = `${who.fleet}-${who.epoch}-${generation}-${++commits}`
    const header = {
      format: ledgerFormat,
      fleet: who.fleet,
      hypervisor: 'he1',
      machineId: 'm',
      epoch: who.epoch,
      generation,
      commit: `c${commits}`,
    }
    return { id, header, transactions, last: entries, compacted: compacts ? look.ledger : undefined }
  }

  function launch(who: Controller): void {
    const { plan } = who
    who.plan = undefined
    who.look = undefined
    // A message goes over the connection that its plan was made on, and no connection outlives a boot.
    if (plan === undefined || who.planBoot !== host.boot || !deliver(host, plan)) return
    plans.set(plan.id, plan)
    who.mine.add(plan.id)
    start(host, `run ${plan.id}`, plan, (process) => applyRun(host, process))
  }

  function recover(who: Controller): void {
    for (const plan of who.look?.boot === host.boot ? who.look.open : [])
      start(host, `recover ${plan.id} for ${who.epoch}`, plan, (process) => applyRecover(host, process, who.epoch))
    who.look = undefined
  }

  function discard(who: Controller): void {
    for (const plan of who.look?.boot === host.boot ? who.look.over : []) {
      if (isAwaited(plan, who)) continue
      storage.remove(`${journalOf(plan)}apply`)
      for (const path of storage.list(journalOf(plan))) storage.remove(path)
    }
  }

  function say(who: Controller, isGood: boolean): void {
    for (const id of who.mine) {
      const plan = plans.get(id) as ModelPlan
      const isAsked = plan.transactions.some((_, position) => stateOf(host, plan, position) === 'awaiting')
      if (!isAsked || who.planBoot !== host.boot) continue
      const isInTime = storage.rename(`${journalOf(plan)}armed`, `${journalOf(plan)}${isGood ? 'confirmed' : 'undone'}`)
      if (isInTime && isGood) confirmed.add(plan.id)
    }
  }

  function step(process: Process, count: number): void {
    for (let turn = 0; turn < count; turn++)
      if (process.work.next().done) {
        ended(host, process)
        check(process)
        return
      }
  }

  /** Nothing is left half done where a process has said its last word. */
  function check({ plan, name }: Process): void {
    const isClosed = (storage.read(`${journalOf(plan)}state`) ?? '').includes('\n')
    if (!isClosed || begunAt.get(plan.header.generation) !== plan.id || touchedSince(plan)) return
    for (const [position, { changes }] of plan.transactions.entries()) {
      const now = changes.map(({ item, before, after }) => {
        const value = storage.read(fileOf(item))
        if (isDrifted(plan, item)) return 'either'
        if (before === after) return 'either'
        return value === after ? 'new' : value === before ? 'old' : `${value}`
      })
      const sorts = new Set(now.filter((one) => one !== 'either'))
      const isDone = stateOf(host, plan, position) === 'done'
      if (plan.transactions[position]?.verdict !== 'none' && confirmed.has(plan.id) && !isDone)
        wrong.push(`${name} undid what was confirmed`)
      if (sorts.size > 1) wrong.push(`after ${name} transaction ${position} is half made: ${now}`)
      if (sorts.size === 1 && sorts.has(isDone ? 'old' : 'new'))
        wrong.push(`after ${name} transaction ${position} is ${[...sorts]} and called ${stateOf(host, plan, position)}`)
    }
  }

  function power(kept: number, torn: number): void {
    host.processes = []
    host.locks.clear()
    host.timers = []
    host.boot++
    host.run.fence = 0
    host.run.turn = ''
    inCharge = 0
    // The word was on the disk's way, and nobody was told that it is done.
    confirmed.clear()
    storage.cut(kept, torn)
    for (const who of controllers) who.look = undefined
    for (const plan of plans.values()) bootUndo(plan)
    verify('after a power cut')
  }

  function bootUndo(plan: ModelPlan): void {
    const position = storage.read(`${journalOf(plan)}armed-disk`)
    if (position === undefined) return
    const at = plan.transactions.findIndex(({ verdict }) => verdict === 'disk')
    const unit = start(host, `boot ${plan.id}`, plan, (process) => applyExpire(host, process, at))
    step(unit, 1000)
    if (storage.read(`${journalOf(plan)}confirmed`) !== undefined || storage.read(`${journalOf(plan)}state`) !== undefined) return
    for (const { item, before, after } of plan.transactions[at]?.changes ?? [])
      if (!isDrifted(plan, item) && before !== after && storage.read(fileOf(item)) === after)
        wrong.push(`${item} stays locked out after a boot`)
  }

  function verify(when: string): void {
    const reading = parseLedger(storage.read(ledgerFile) ?? '')
    const entries = reading.status === 'read' ? reading.ledger.entries : new Map()
    for (const [item, value] of told) {
      if (storage.read(fileOf(item)) !== value) wrong.push(`${when} ${item} is ${storage.read(fileOf(item))}, and was told to be ${value}`)
      const entry = entries.get(`he1 note:/${item}`)
      // Begun again, by an apply that was cut before its first step: with what it was.
      const isCut = when === 'after a power cut' && entry?.state === 'begun'
      const isKnown =
        value === undefined ? entry === undefined || isCut : (entry?.state === 'done' || isCut) && entry?.fields['text'] === value
      if (!isKnown) wrong.push(`${when} the ledger says of ${item}, which is ${value}: ${JSON.stringify(entry)}`)
    }
  }

  function act(one: Act): void {
    const process = 'process' in one ? host.processes[one.process % Math.max(1, host.processes.length)] : undefined
    if ('who' in one) command(one)
    else if (one.type === 'commit') hear(one)
    else if (one.type === 'step' && process) step(process, one.count)
    else if (one.type === 'kill' && process) ended(host, process)
    else if (one.type === 'tick') tick()
    else if (one.type === 'drift') drift(items[one.item] as string)
    else if (one.type === 'power') power(one.kept, one.torn)
  }

  function command(one: Extract<Act, { readonly who: number }>): void {
    const who = controllers[one.who] as Controller
    if (one.type === 'look') look(who)
    else if (one.type === 'read') read(who)
    else if (one.type === 'apply') launch(who)
    else if (one.type === 'recover') recover(who)
    else if (one.type === 'discard') discard(who)
    else if (one.type === 'say') say(who, one.isGood)
    else if (one.type === 'takeover') takeoverBy(who)
    else if (one.who < 2) who.epoch = Math.max(...controllers.map(({ epoch }) => epoch)) + 1
  }

  function takeoverBy({ look: seen, fleet }: Controller): void {
    if (seen?.ledger !== undefined && seen.boot === host.boot && takeOver(host, fleet, 1, seen.text)) inCharge = 0
  }

  /** One of the controllers hears of it later, or never. */
  function hear(one: Commit): void {
    for (const [index, who] of controllers.entries()) if (index !== one.shape % 3) who.commit = one
  }

  function drift(item: string): void {
    told.delete(item)
    driftedAt.set(item, acts)
    storage.write(fileOf(item), 'by hand')
    storage.sync(fileOf(item))
  }

  function tick(): void {
    host.now++
    const due = host.timers.filter(({ at }) => at <= host.now)
    host.timers = host.timers.filter(({ at }) => at > host.now)
    for (const { plan, position } of due) start(host, `expire ${plan.id}`, plan, (process) => applyExpire(host, process, position))
  }

  /** All processes come to their end. */
  function rest(): void {
    for (let rounds = 0; rounds < 400 && host.processes.length > 0; rounds++) {
      for (const process of [...host.processes]) if (host.processes.includes(process)) step(process, 5)
      tick()
    }
    if (host.processes.length > 0) wrong.push(`${host.processes.map(({ name }) => name)} never ends`)
  }

  /** Whatever happened: the one that is in charge brings the host to what is wanted, within a few cycles. */
  function settle(): void {
    rest()
    const reading = parseLedger(storage.read(ledgerFile) ?? '')
    const fleet = reading.status === 'read' ? reading.ledger.header.fleet : 'ours'
    const who = controllers.filter((one) => one.fleet === fleet).toSorted((a, b) => b.epoch - a.epoch)[0] as Controller
    for (const one of controllers) one.mine = one === who ? who.mine : new Set()
    who.epoch = Math.max(who.epoch, host.run.fence, reading.status === 'read' ? reading.ledger.header.epoch : 0)
    who.commit = { ...who.commit, failsAt: 9, verdict: 0 }
    for (let cycles = 0; cycles < 6 && wrong.length === 0; cycles++) {
      look(who)
      const { look: seen } = who
      // The outcome is heard before its journal is removed, as a controller does it.
      read(who)
      discard(who)
      if ((seen?.open.length ?? 0) > 0) recover(who)
      else if (who.plan !== undefined) launch(who)
      else if (seen?.over.length === 0) {
        finish(who)
        return
      }
      rest()
    }
    if (wrong.length === 0)
      wrong.push(`it does not come to rest: ${JSON.stringify({ journals: storage.list('journal/'), text: storage.read(ledgerFile) })}`)
  }

  function finish(who: Controller): void {
    verify('in the end')
    for (const [index, item] of items.entries()) {
      const value = who.commit.wanted[index] ? `${item}${who.commit.wanted[index]}` : undefined
      const found = storage.read(fileOf(item))
      if (found !== value && value !== undefined) wrong.push(`in the end ${item} is ${found} and should be ${value}`)
    }
  }

  for (const one of history) {
    acts++
    act(one)
    if (wrong.length > 0) return wrong[0]
  }
  settle()
  return wrong[0]
}
