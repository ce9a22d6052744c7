import { setTimeout as sleep } from 'node:timers/promises'
import { after, deeds, truthOf } from './deeds.ts'
import { faults } from './faults.ts'
import type { Act, CommitAct, DriftAct, FaultAct } from './schedule.ts'
import { isAtRest, rest, type Stage, statusNow, until, wordsOf } from './stage.ts'

/** Something was begun: resolves once it came to its end, or was given up, which is noted. */
type Settled = () => Promise<void>

/** Plays one act to its end. */
export async function play(stage: Stage, act: Act): Promise<void> {
  if (act.type === 'fault') return playFault(stage, act)
  const settled = await begin(stage, act, true)
  await settled()
  if (act.type === 'commit' && act.bad !== undefined) await revert(stage)
}

function begin(stage: Stage, act: CommitAct | DriftAct, isAlone: boolean): Promise<Settled> {
  return act.type === 'commit' ? beginCommit(stage, act, isAlone) : beginDrift(stage, act)
}

async function beginCommit(stage: Stage, act: CommitAct, isAlone: boolean): Promise<Settled> {
  const { world, journal, wanted } = stage
  const { host, sort, bad } = act
  wanted[host] = after(wanted[host], act)
  const hash = await world.commit(wanted, bad)
  const at = stage.nowSeconds()
  journal.note({ type: 'commit', host, sort, hash, isAlone, ...(bad === undefined ? {} : { bad }) })
  return () => converged(stage, act, hash, at)
}

/** By the history's own word, or where a kill took that with it by two looks of a controller that finds nothing to do. */
async function converged(stage: Stage, { host, sort, bad }: CommitAct, hash: string, at: number): Promise<void> {
  const { world, journal, watchers } = stage
  const { machine, place } = world.host(host)
  const truth = truthOf(sort, stage.wanted[host], place.domain)
  const proof = () =>
    watchers.history.find(
      (entry) => entry.sort === 'reconcile' && entry.subject === host && entry.commit === hash && statusOf(entry.detail) === 'converged',
    )
  const isTrue = async (): Promise<boolean> => (await machine.exec(truth).catch(() => undefined))?.code === 0
  const isThere = await until(async () => {
    if (proof() !== undefined) return true
    const status = await statusNow(stage)
    return status?.commit?.hash === hash && isAtRest(status, host, at) && (await isTrue())
  })
  if (!isThere)
    return journal.note({
      type: 'trouble',
      text: `commit ${hash.slice(0, 12)} (${sort}) did not converge on ${host}: ${await wordsOf(stage)}`,
    })
  const provenAt = proof()?.atSeconds ?? stage.nowSeconds()
  journal.note({ type: 'converged', hash, host, seconds: provenAt - at, isTrue: await isTrue() })
  if (bad === undefined || (await until(async () => ((await statusNow(stage))?.errors.length ?? 0) > 0))) return
  journal.note({ type: 'trouble', text: `bad commit ${hash.slice(0, 12)} (${bad}) was not told as one` })
}

async function revert(stage: Stage): Promise<void> {
  const { world, journal, wanted } = stage
  const of = await world.repository.head()
  await sleep(3000)
  const hash = await world.commit(wanted)
  journal.note({ type: 'revert', hash, of })
  const isOver = await until(async () => {
    const status = await statusNow(stage)
    return status?.commit?.hash === hash && status.errors.length === 0
  })
  if (!isOver) journal.note({ type: 'trouble', text: `the revert ${hash.slice(0, 12)} did not come into force: ${await wordsOf(stage)}` })
}

async function beginDrift(stage: Stage, { host, sort }: DriftAct): Promise<Settled> {
  const { machine } = stage.world.host(host)
  const { item, harm, isRight } = deeds[sort]
  const id = ++stage.count
  stage.journal.note({ type: 'drift', id, host, sort, item })
  await machine.must(harm)
  // Looked at from now on, whatever else is done meanwhile.
  const right = until(async () => (await machine.exec(isRight).catch(() => undefined))?.code === 0, 250).then((isDone) => {
    if (isDone) stage.journal.note({ type: 'right', id })
    return isDone
  })
  return async () => {
    if (!(await right)) stage.journal.note({ type: 'trouble', text: `${sort} on ${host} was not put right: ${await wordsOf(stage)}` })
    // The cycle that put it right has its last look still before it.
    await rest(stage)
  }
}

async function playFault(stage: Stage, act: FaultAct): Promise<void> {
  const { journal } = stage
  const { host, sort, meanwhile, delayMs } = act
  const { strike, forSeconds, isFirst } = faults[sort]
  const id = ++stage.count
  const before = isFirst ? undefined : await begin(stage, meanwhile, false)
  await sleep(delayMs)
  journal.note({ type: 'fault', id, sort, host })
  const cure = await strike(stage, stage.world.host(host))
  const last = async (): Promise<Settled> => {
    const settled = before ?? (await begin(stage, meanwhile, false))
    await sleep(forSeconds * 1000)
    return settled
  }
  const settled = await last().finally(cure)
  await settled()
  await rest(stage)
  journal.note({ type: 'over', id })
}

function statusOf(detail: unknown): unknown {
  return typeof detail === 'object' && detail !== null && 'status' in detail ? detail.status : undefined
}
