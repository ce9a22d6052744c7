import type { CommandResult, Commands, SilenceRequest, SuspendRequest } from '../http/source.ts'
import type { Controller } from '../loop/controller.ts'
import type { HypervisorName } from '../model/ids.ts'
import { didYouMean } from '../model/nearest.ts'
import { reasonOf } from '../model/reason.ts'
import { silencedSubject } from '../model/silence.ts'
import { type Suspension, type SuspensionOf, suspendedSubject } from '../model/suspension.ts'
import { utc } from '../report/mails.ts'
import type { Store } from '../store/store.ts'
import type { Board } from './board.ts'
import type { Suspensions } from './suspensions.ts'

export interface CommandsDeps {
  readonly board: Pick<Board, 'view'>
  readonly controller: Pick<Controller, 'reconcileNow' | 'afterWorkInHand'>
  readonly store: Store
  readonly suspensions: Suspensions
  /** Judges the repository's newest commit again. */
  askGit(): void
  nowSeconds(): number
  /** Runs once after so many milliseconds; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void
  randomHex(bytes: number): string
}

/** How long the answer to a suspension waits for what is in hand. */
const patienceMs = 10_000

/** What people tell the running controller. */
export function createCommands(deps: CommandsDeps): Commands {
  const { board, controller, store, askGit, nowSeconds, randomHex } = deps
  function reconcile(hypervisor: string | undefined, by: string): CommandResult {
    if (!controller.reconcileNow(hypervisor as HypervisorName | undefined))
      return { ok: false, message: hypervisor === undefined ? 'there is no hypervisor yet' : `there is no hypervisor ${hypervisor}` }
    store.record('command', hypervisor ?? 'every hypervisor', { what: 'reconcile', by })
    return { ok: true, message: `queued ${hypervisor ?? 'every hypervisor'}` }
  }
  function approve(hash: string, by: string): CommandResult {
    const isOfRepository = board.view().refused?.approval === hash
    const isAsked = isOfRepository || board.view().hypervisors.some((one) => one.withheld.some((held) => held.approval === hash))
    if (!isAsked) return { ok: false, message: `nothing that is withheld now has the hash ${hash}; reeve status shows what has` }
    store.approve(hash, by)
    store.record('approval', hash, { by })
    if (isOfRepository) {
      askGit()
      return { ok: true, message: `approved ${hash}; the branch is looked at again` }
    }
    controller.reconcileNow()
    return { ok: true, message: `approved ${hash}; every hypervisor is looked at again` }
  }
  function silence({ seconds, reason, by, ...of }: SilenceRequest): CommandResult {
    const from = nowSeconds()
    const id = randomHex(4)
    store.silence({ ...of, id, reason, givenBy: by, fromSeconds: from, untilSeconds: from + seconds })
    store.record('silence', id, { what: silencedSubject(of), by, reason })
    return {
      ok: true,
      message: `silence ${id}: no mails about ${silencedSubject(of)} until ${utc(from + seconds)}; to end it: reeve silence --end ${id}`,
    }
  }
  function endSilence(id: string, by: string): CommandResult {
    if (!store.endSilence(id)) return { ok: false, message: `there is no silence ${id}; reeve status shows those in force` }
    store.record('silence', id, { what: 'ended', by, reason: '' })
    return { ok: true, message: `silence ${id} is over; what still stands is mailed now` }
  }
  return {
    reconcile,
    approve,
    silence,
    endSilence,
    suspend: (request) => suspend(deps, request),
    resume: (of, by) => resume(deps, of, by),
  }
}

async function suspend(deps: CommandsDeps, { seconds, reason, by, ...of }: SuspendRequest): Promise<CommandResult> {
  const { board, controller, store, suspensions, nowSeconds } = deps
  const unknown = notInFleet(board, of)
  if (unknown !== undefined) return { ok: false, message: unknown }
  const from = nowSeconds()
  const suspension: Suspension = { ...of, reason, givenBy: by, fromSeconds: from, untilSeconds: from + seconds }
  try {
    suspensions.add(suspension)
  } catch (error) {
    return { ok: false, message: `not suspended, since it cannot be kept: ${reasonOf(error)}` }
  }
  const subject = suspendedSubject(of)
  store.record('suspension', subject, { what: 'suspended', by, reason, untilSeconds: suspension.untilSeconds })
  const end = (await hasEnded(deps, of))
    ? 'nothing is being changed there now'
    : 'what is in hand there still ends its transaction; nothing follows it'
  controller.reconcileNow(of.hypervisor as HypervisorName | undefined)
  return {
    ok: true,
    message: `${subject} is suspended until ${utc(suspension.untilSeconds)}: ${end}; to end it: reeve resume${nameOf(of)}`,
  }
}

/** Whether what was in hand has ended within our patience. */
function hasEnded({ controller, after }: CommandsDeps, { hypervisor }: SuspensionOf): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = after(patienceMs, () => resolve(false))
    void controller.afterWorkInHand(hypervisor as HypervisorName | undefined).then(() => {
      cancel()
      resolve(true)
    })
  })
}

function resume({ board, controller, store, suspensions }: CommandsDeps, of: SuspensionOf, by: string): CommandResult {
  const subject = suspendedSubject(of)
  const ended = suspensions.end(of)
  if (ended === undefined) return { ok: false, message: notSuspended(board, of, suspensions.inForce()) }
  store.record('suspension', subject, { what: 'resumed', by, reason: `was: ${ended.reason} (${ended.givenBy})` })
  controller.reconcileNow(of.hypervisor as HypervisorName | undefined)
  const others = suspensions.inForce().map(suspendedSubject)
  return {
    ok: true,
    message: `${subject} is resumed, and looked at now${others.length === 0 ? '' : `; still suspended: ${others.join(', ')}`}`,
  }
}

function nameOf({ hypervisor, manifest }: SuspensionOf): string {
  return ` ${manifest ?? hypervisor ?? '--all'}`
}

/** What is not there cannot be suspended: a slip of the pen must not leave somebody believing that it is. */
function notInFleet(board: Pick<Board, 'view'>, { hypervisor, manifest }: SuspensionOf): string | undefined {
  const { hypervisors, resources } = board.view()
  const names = manifest === undefined ? hypervisors.map((one) => one.name) : resources.map((one) => `${one.kind}/${one.name}`)
  const name = manifest ?? hypervisor
  if (name === undefined || names.includes(name)) return undefined
  const hint = didYouMean(name, names)
  return `the fleet has no ${manifest === undefined ? 'hypervisor' : 'manifest'} ${name}${hint === undefined ? '' : `; ${hint}`}`
}

function notSuspended(board: Pick<Board, 'view'>, of: SuspensionOf, inForce: readonly Suspension[]): string {
  const inGit = board
    .view()
    .resources.find((one) => `${one.kind}/${one.name}` === of.manifest)
    ?.conditions.find(({ type, status }) => type === 'Suspended' && status === true)
  if (inGit !== undefined && inForce.length === 0)
    return `${suspendedSubject(of)} is suspended in Git (spec.suspend: ${inGit.message}): commit its end`
  const list = inForce.map(suspendedSubject).join(', ')
  return `${suspendedSubject(of)} is not suspended by command; what is: ${list === '' ? 'nothing' : list}`
}
