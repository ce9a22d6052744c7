import type { CommandResult, Commands, SilenceRequest } from '../http/source.ts'
import type { Controller } from '../loop/controller.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { SilenceOf } from '../model/silence.ts'
import { utc } from '../report/mails.ts'
import type { Store } from '../store/store.ts'
import type { Board } from './board.ts'

export interface CommandsDeps {
  readonly board: Board
  readonly controller: Pick<Controller, 'reconcileNow'>
  readonly store: Store
  /** Judges the repository's newest commit again. */
  askGit(): void
  nowSeconds(): number
  randomHex(bytes: number): string
}

/** What people tell the running controller. */
export function createCommands({ board, controller, store, askGit, nowSeconds, randomHex }: CommandsDeps): Commands {
  function reconcile(hypervisor: string | undefined): CommandResult {
    if (controller.reconcileNow(hypervisor as HypervisorName | undefined))
      return { ok: true, message: `queued ${hypervisor ?? 'every hypervisor'}` }
    return { ok: false, message: hypervisor === undefined ? 'there is no hypervisor yet' : `there is no hypervisor ${hypervisor}` }
  }
  function approve(hash: string): CommandResult {
    const isOfRepository = board.view().refused?.approval === hash
    const isAsked = isOfRepository || board.view().hypervisors.some((one) => one.withheld.some((held) => held.approval === hash))
    if (!isAsked) return { ok: false, message: `nothing that is withheld now has the hash ${hash}; reeve status shows what has` }
    store.approve(hash, 'unix socket')
    store.record('approval', hash, { by: 'unix socket' })
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
    store.record('silence', id, { what: silenced(of), by, reason })
    return {
      ok: true,
      message: `silence ${id}: no mails about ${silenced(of)} until ${utc(from + seconds)}; to end it: reeve silence --end ${id}`,
    }
  }
  function endSilence(id: string): CommandResult {
    if (!store.endSilence(id)) return { ok: false, message: `there is no silence ${id}; reeve status shows those in force` }
    store.record('silence', id, { what: 'ended', by: 'unix socket', reason: '' })
    return { ok: true, message: `silence ${id} is over; what still stands is mailed now` }
  }
  return { reconcile, approve, silence, endSilence }
}

/** In words: `DriftFound of Proxy/edge on he1`. */
export function silenced({ condition, hypervisor, manifest }: SilenceOf): string {
  const parts = [
    condition ?? 'everything',
    manifest === undefined ? '' : `of ${manifest}`,
    hypervisor === undefined ? '' : `on ${hypervisor}`,
  ]
  return parts.filter((part) => part !== '').join(' ')
}
