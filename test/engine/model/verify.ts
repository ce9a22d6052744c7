import { parseLedger } from '../../../controller/engine/ledger.ts'
import { fileOf, journalOf, ledgerFile, type ModelPlan, type Process, stateOf } from './host.ts'
import type { Scene } from './scene.ts'

/** One writer to each generation, each after the one before it, of one fleet, and none under an epoch that is over. */
export function begun(scene: Scene, plan: ModelPlan): void {
  const { generation, epoch, fleet } = plan.header
  const other = scene.begunAt.get(generation)
  if (other !== undefined && other !== plan.id) scene.wrong.push(`${plan.id} and ${other} both write generation ${generation}`)
  if (generation <= scene.newest) scene.wrong.push(`generation ${generation} is written after ${scene.newest}`)
  if (epoch < scene.inCharge) scene.wrong.push(`epoch ${epoch} writes after ${scene.inCharge} took charge`)
  const before = generation === 1 ? undefined : plan.compacted?.header.fleet
  if (before !== undefined && before !== fleet) scene.wrong.push(`fleet ${fleet} writes on ${before}'s host`)
  scene.begunAt.set(generation, plan.id)
  scene.newest = generation
  for (const { item } of plan.transactions.flatMap(({ changes }) => changes)) scene.told.delete(item)
}

/** Who changes an item has the host to itself. */
export function writes(scene: Scene, process: Process, item: string): void {
  scene.told.delete(item)
  const isAlone = scene.host.processes.every((one) => one === process || !one.locks.has('host'))
  if (!isAlone) scene.wrong.push(`${process.name} changes ${item} while another one has the host`)
}

/** A person changed it since this plan was made. */
export function isDrifted(scene: Scene, plan: ModelPlan, item: string): boolean {
  return (scene.driftedAt.get(item) ?? -1) >= (scene.madeAt.get(plan.id) ?? 0)
}

/** Another apply has begun since. */
export function touchedSince(scene: Scene, plan: ModelPlan): boolean {
  return [...scene.begunAt.keys()].some((generation) => generation > plan.header.generation)
}

/** Nothing is left half done where a process has said its last word. */
export function check(scene: Scene, { plan, name }: Process): void {
  const isClosed = (scene.host.storage.read(`${journalOf(plan)}state`) ?? '').includes('\n')
  if (!isClosed || scene.begunAt.get(plan.header.generation) !== plan.id || touchedSince(scene, plan)) return
  for (const [position, { changes }] of plan.transactions.entries()) {
    const now = changes.map(({ item, before, after }) => {
      const value = scene.host.storage.read(fileOf(item))
      if (isDrifted(scene, plan, item)) return 'either'
      if (before === after) return 'either'
      return value === after ? 'new' : value === before ? 'old' : `${value}`
    })
    const sorts = new Set(now.filter((one) => one !== 'either'))
    const isDone = stateOf(scene.host, plan, position) === 'done'
    if (plan.transactions[position]?.verdict !== 'none' && scene.confirmed.has(plan.id) && !isDone)
      scene.wrong.push(`${name} undid what was confirmed`)
    if (sorts.size > 1) scene.wrong.push(`after ${name} transaction ${position} is half made: ${now}`)
    if (sorts.size === 1 && sorts.has(isDone ? 'old' : 'new'))
      scene.wrong.push(`after ${name} transaction ${position} is ${[...sorts]} and called ${stateOf(scene.host, plan, position)}`)
  }
}

/** What was told is so, and the ledger knows it. */
export function verify(scene: Scene, when: string): void {
  const reading = parseLedger(scene.host.storage.read(ledgerFile) ?? '')
  const entries = reading.status === 'read' ? reading.ledger.entries : new Map()
  for (const [item, value] of scene.told) {
    if (scene.host.storage.read(fileOf(item)) !== value)
      scene.wrong.push(`${when} ${item} is ${scene.host.storage.read(fileOf(item))}, and was told to be ${value}`)
    const entry = entries.get(`he1 note:/${item}`)
    // Begun again, by an apply that was cut before its first step: with what it was.
    const isCut = when === 'after a power cut' && entry?.state === 'begun'
    const isKnown =
      value === undefined ? entry === undefined || isCut : (entry?.state === 'done' || isCut) && entry?.fields['text'] === value
    if (!isKnown) scene.wrong.push(`${when} the ledger says of ${item}, which is ${value}: ${JSON.stringify(entry)}`)
  }
}
