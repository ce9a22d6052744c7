import { parseLedger } from '../../../controller/engine/ledger.ts'
import { ledgerFormat } from '../../../controller/model/ledger.ts'
import { applyRecover, applyRun, deliver } from './apply.ts'
import { fileOf, journalOf, ledgerFile, type ModelPlan, type ModelTransaction, start, stateOf } from './host.ts'
import { takeOver } from './ledger.ts'
import { type Controller, items, type Look, type Scene } from './scene.ts'
import { isDrifted, touchedSince } from './verify.ts'

const verdicts = ['none', 'none', 'probe', 'timer', 'disk'] as const

/** The first half of an observation. */
export function look(scene: Scene, who: Controller): void {
  const journals = [...scene.plans.values()].filter((plan) => scene.host.storage.read(`${journalOf(plan)}apply`) !== undefined)
  const running = (plan: ModelPlan): boolean =>
    scene.host.locks.has(`${plan.id} run`) || scene.host.locks.has(`${plan.id} lock`) || isAwaited(scene, plan, who)
  const isOver = (plan: ModelPlan): boolean => (scene.host.storage.read(`${journalOf(plan)}state`) ?? '').includes('\n')
  if (who.fleet === 'ours') scene.host.run.fence = Math.max(scene.host.run.fence, who.epoch)
  const text = scene.host.storage.read(ledgerFile) ?? ''
  const reading = parseLedger(text)
  if (reading.status === 'unreadable') scene.wrong.push(`the ledger cannot be read: ${reading.reason}`)
  who.plan = undefined
  who.look = {
    turn: scene.host.run.turns,
    text,
    ledger: reading.status === 'read' ? reading.ledger : undefined,
    boot: scene.host.boot,
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
function isAwaited(scene: Scene, plan: ModelPlan, who: Controller): boolean {
  return scene.controllers.some((one) => one !== who && one.mine.has(plan.id) && one.planBoot === scene.host.boot)
}

/** The rest of an observation, and what is made of it. */
export function read(scene: Scene, who: Controller): void {
  const { look } = who
  if (look === undefined || look.boot !== scene.host.boot || look.epoch !== who.epoch) return
  if (look.isBusy || look.turn !== scene.host.run.turns) {
    who.look = undefined
    return
  }
  collect(scene, who, look)
  const header = look.ledger?.header
  const isOurs = header === undefined || (header.fleet === who.fleet && Math.max(header.epoch, scene.host.run.fence) <= who.epoch)
  if (!isOurs) {
    who.look = undefined
    return
  }
  if (who.fleet === 'ours') scene.inCharge = Math.max(scene.inCharge, who.epoch)
  if (look.open.length > 0) return
  const plan = planned(scene, who, look)
  if (plan === undefined) return
  const generation = plan.header.generation - 1
  const durable = parseLedger(scene.host.storage.flushed(ledgerFile) ?? '')
  if (generation > 0 && (durable.status !== 'read' || durable.ledger.header.generation !== generation))
    scene.wrong.push(`a plan is made of generation ${generation}, which a power cut may still take away`)
  scene.madeAt.set(plan.id, scene.acts)
  who.plan = plan
  who.planBoot = scene.host.boot
}

/** Outcomes that this controller waited for: what it is told is done must be so. */
function collect(scene: Scene, who: Controller, look: Look): void {
  for (const plan of look.over.filter(({ id }) => who.mine.has(id)))
    for (const [position, { changes }] of plan.transactions.entries())
      if (stateOf(scene.host, plan, position) === 'done' && !touchedSince(scene, plan))
        for (const { item, after } of changes)
          if (scene.host.storage.read(fileOf(item)) === after) scene.told.set(item, after)
          else if (!isDrifted(scene, plan, item))
            scene.wrong.push(`${item} is told to be done as ${after}, and is ${scene.host.storage.read(fileOf(item))}`)
  who.mine = new Set([...who.mine].filter((id) => !look.over.some((plan) => plan.id === id)))
}

function planned(scene: Scene, who: Controller, look: Look): ModelPlan | undefined {
  const { wanted, shape, failsAt, verdict, compacts } = who.commit
  const entries = new Map([...(look.ledger?.entries ?? [])].map(([key, entry]) => [key.slice('he1 note:/'.length), entry]))
  const differing = items.flatMap((item, index) => {
    const after = wanted[index] ? `${item}${wanted[index]}` : undefined
    const before = scene.host.storage.read(fileOf(item))
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
  const id = `${who.fleet}-${who.epoch}-${generation}-${++scene.commits}`
  const header = {
    format: ledgerFormat,
    fleet: who.fleet,
    hypervisor: 'he1',
    machineId: 'm',
    epoch: who.epoch,
    generation,
    commit: `c${scene.commits}`,
  }
  return { id, header, transactions, last: entries, compacted: compacts ? look.ledger : undefined }
}

export function launch(scene: Scene, who: Controller): void {
  const { plan } = who
  who.plan = undefined
  who.look = undefined
  // A message goes over the connection that its plan was made on, and no connection outlives a boot.
  if (plan === undefined || who.planBoot !== scene.host.boot || !deliver(scene.host, plan)) return
  scene.plans.set(plan.id, plan)
  who.mine.add(plan.id)
  start(scene.host, `run ${plan.id}`, plan, (process) => applyRun(scene.host, process))
}

export function recover(scene: Scene, who: Controller): void {
  for (const plan of who.look?.boot === scene.host.boot ? who.look.open : [])
    start(scene.host, `recover ${plan.id} for ${who.epoch}`, plan, (process) => applyRecover(scene.host, process, who.epoch))
  who.look = undefined
}

export function discard(scene: Scene, who: Controller): void {
  for (const plan of who.look?.boot === scene.host.boot ? who.look.over : []) {
    if (isAwaited(scene, plan, who)) continue
    scene.host.storage.remove(`${journalOf(plan)}apply`)
    for (const path of scene.host.storage.list(journalOf(plan))) scene.host.storage.remove(path)
  }
}

/** The verdict of its probes. */
export function say(scene: Scene, who: Controller, isGood: boolean): void {
  for (const id of who.mine) {
    const plan = scene.plans.get(id) as ModelPlan
    const isAsked = plan.transactions.some((_, position) => stateOf(scene.host, plan, position) === 'awaiting')
    if (!isAsked || who.planBoot !== scene.host.boot) continue
    const isInTime = scene.host.storage.rename(`${journalOf(plan)}armed`, `${journalOf(plan)}${isGood ? 'confirmed' : 'undone'}`)
    if (isInTime && isGood) scene.confirmed.add(plan.id)
  }
}

export function takeoverBy(scene: Scene, { look: seen, fleet }: Controller): void {
  if (seen?.ledger !== undefined && seen.boot === scene.host.boot && takeOver(scene.host, fleet, 1, seen.text)) scene.inCharge = 0
}
