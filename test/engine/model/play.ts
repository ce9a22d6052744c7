import { parseLedger } from '../../../controller/engine/ledger.ts'
import { applyExpire } from './apply.ts'
import { discard, launch, look, read, recover, say, takeoverBy } from './controllers.ts'
import { ended, fileOf, journalOf, ledgerFile, type ModelPlan, type Omission, type Process, start } from './host.ts'
import { type Act, type Commit, type Controller, createControllers, items, type Scene } from './scene.ts'
import { createStorage } from './storage.ts'
import { begun, check, isDrifted, verify, writes } from './verify.ts'

/** Plays a history on one host; answers what went wrong first, in words. */
export function play(history: readonly Act[], without?: Omission): string | undefined {
  const scene = createScene(without)
  for (const one of history) {
    scene.acts++
    act(scene, one)
    if (scene.wrong.length > 0) return scene.wrong[0]
  }
  settle(scene)
  return scene.wrong[0]
}

function createScene(without: Omission | undefined): Scene {
  const scene: Scene = {
    host: {
      storage: createStorage(),
      run: { fence: 0, turn: '', turns: 0 },
      locks: new Map(),
      processes: [],
      timers: [],
      boot: 0,
      now: 0,
      without,
      begun: (plan) => begun(scene, plan),
      writes: (process, item) => writes(scene, process, item),
    },
    controllers: createControllers(),
    plans: new Map(),
    wrong: [],
    told: new Map(),
    confirmed: new Set(),
    driftedAt: new Map(),
    madeAt: new Map(),
    begunAt: new Map(),
    inCharge: 0,
    newest: 0,
    commits: 0,
    acts: 0,
  }
  return scene
}

function act(scene: Scene, one: Act): void {
  const process = 'process' in one ? scene.host.processes[one.process % Math.max(1, scene.host.processes.length)] : undefined
  if ('who' in one) command(scene, one)
  else if (one.type === 'commit') hear(scene, one)
  else if (one.type === 'step' && process) step(scene, process, one.count)
  else if (one.type === 'kill' && process) ended(scene.host, process)
  else if (one.type === 'tick') tick(scene)
  else if (one.type === 'drift') drift(scene, items[one.item] as string)
  else if (one.type === 'power') power(scene, one.kept, one.torn)
}

function command(scene: Scene, one: Extract<Act, { readonly who: number }>): void {
  const who = scene.controllers[one.who] as Controller
  if (one.type === 'look') look(scene, who)
  else if (one.type === 'read') read(scene, who)
  else if (one.type === 'apply') launch(scene, who)
  else if (one.type === 'recover') recover(scene, who)
  else if (one.type === 'discard') discard(scene, who)
  else if (one.type === 'say') say(scene, who, one.isGood)
  else if (one.type === 'takeover') takeoverBy(scene, who)
  else if (one.who < 2) who.epoch = Math.max(...scene.controllers.map(({ epoch }) => epoch)) + 1
}

/** One of the controllers hears of it later, or never. */
function hear(scene: Scene, one: Commit): void {
  for (const [index, who] of scene.controllers.entries()) if (index !== one.shape % 3) who.commit = one
}

function drift(scene: Scene, item: string): void {
  scene.told.delete(item)
  scene.driftedAt.set(item, scene.acts)
  scene.host.storage.write(fileOf(item), 'by hand')
  scene.host.storage.sync(fileOf(item))
}

function step(scene: Scene, process: Process, count: number): void {
  for (let turn = 0; turn < count; turn++)
    if (process.work.next().done) {
      ended(scene.host, process)
      check(scene, process)
      return
    }
}

function tick(scene: Scene): void {
  scene.host.now++
  const due = scene.host.timers.filter(({ at }) => at <= scene.host.now)
  scene.host.timers = scene.host.timers.filter(({ at }) => at > scene.host.now)
  for (const { plan, position } of due)
    start(scene.host, `expire ${plan.id}`, plan, (process) => applyExpire(scene.host, process, position))
}

function power(scene: Scene, kept: number, torn: number): void {
  scene.host.processes = []
  scene.host.locks.clear()
  scene.host.timers = []
  scene.host.boot++
  scene.host.run.fence = 0
  scene.host.run.turn = ''
  scene.inCharge = 0
  // The word was on the disk's way, and nobody was told that it is done.
  scene.confirmed.clear()
  scene.host.storage.cut(kept, torn)
  for (const who of scene.controllers) who.look = undefined
  for (const plan of scene.plans.values()) bootUndo(scene, plan)
  verify(scene, 'after a power cut')
}

function bootUndo(scene: Scene, plan: ModelPlan): void {
  const position = scene.host.storage.read(`${journalOf(plan)}armed-disk`)
  if (position === undefined) return
  const at = plan.transactions.findIndex(({ verdict }) => verdict === 'disk')
  const unit = start(scene.host, `boot ${plan.id}`, plan, (process) => applyExpire(scene.host, process, at))
  step(scene, unit, 1000)
  if (
    scene.host.storage.read(`${journalOf(plan)}confirmed`) !== undefined ||
    scene.host.storage.read(`${journalOf(plan)}state`) !== undefined
  )
    return
  for (const { item, before, after } of plan.transactions[at]?.changes ?? [])
    if (!isDrifted(scene, plan, item) && before !== after && scene.host.storage.read(fileOf(item)) === after)
      scene.wrong.push(`${item} stays locked out after a boot`)
}

/** All processes come to their end. */
function rest(scene: Scene): void {
  for (let rounds = 0; rounds < 400 && scene.host.processes.length > 0; rounds++) {
    for (const process of [...scene.host.processes]) if (scene.host.processes.includes(process)) step(scene, process, 5)
    tick(scene)
  }
  if (scene.host.processes.length > 0) scene.wrong.push(`${scene.host.processes.map(({ name }) => name)} never ends`)
}

/** Whatever happened: the one that is in charge brings the host to what is wanted, within a few cycles. */
function settle(scene: Scene): void {
  rest(scene)
  const reading = parseLedger(scene.host.storage.read(ledgerFile) ?? '')
  const fleet = reading.status === 'read' ? reading.ledger.header.fleet : 'ours'
  const who = scene.controllers.filter((one) => one.fleet === fleet).toSorted((a, b) => b.epoch - a.epoch)[0] as Controller
  for (const one of scene.controllers) one.mine = one === who ? who.mine : new Set()
  who.epoch = Math.max(who.epoch, scene.host.run.fence, reading.status === 'read' ? reading.ledger.header.epoch : 0)
  who.commit = { ...who.commit, failsAt: 9, verdict: 0 }
  for (let cycles = 0; cycles < 6 && scene.wrong.length === 0; cycles++) {
    look(scene, who)
    const { look: seen } = who
    // The outcome is heard before its journal is removed, as a controller does it.
    read(scene, who)
    discard(scene, who)
    if ((seen?.open.length ?? 0) > 0) recover(scene, who)
    else if (who.plan !== undefined) launch(scene, who)
    else if (seen?.over.length === 0) {
      finish(scene, who)
      return
    }
    rest(scene)
  }
  if (scene.wrong.length === 0)
    scene.wrong.push(
      `it does not come to rest: ${JSON.stringify({ journals: scene.host.storage.list('journal/'), text: scene.host.storage.read(ledgerFile) })}`,
    )
}

function finish(scene: Scene, who: Controller): void {
  verify(scene, 'in the end')
  for (const [index, item] of items.entries()) {
    const value = who.commit.wanted[index] ? `${item}${who.commit.wanted[index]}` : undefined
    const found = scene.host.storage.read(fileOf(item))
    if (found !== value && value !== undefined) scene.wrong.push(`in the end ${item} is ${found} and should be ${value}`)
  }
}
