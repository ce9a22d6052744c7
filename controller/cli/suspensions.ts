import type { Controller } from '../loop/controller.ts'
import { suspendedInGit } from '../loop/policy.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Log } from '../model/log.ts'
import type { Manifest } from '../model/manifest.ts'
import {
  type Suspension,
  type SuspensionOf,
  suspendedSubject,
  suspensionOfHypervisor,
  suspensionOfManifest,
  suspensionReason,
} from '../model/suspension.ts'
import type { Store } from '../store/store.ts'
import type { BoardDeps } from './board.ts'

/** What people suspended by command. Kept in the store; what is in force here outlives its loss, as long as this process runs. */
export interface Suspensions {
  inForce(): readonly Suspension[]
  /** Takes the place of another one of the same. Throws where it cannot be kept: then nothing is suspended. */
  add(suspension: Suspension): void
  /** Ends one before its time; undefined where there is none. */
  end(of: SuspensionOf): Suspension | undefined
  /** Takes over what the store holds. */
  reload(): void
  /** Those whose time came since this was asked last; they are forgotten. */
  expire(): readonly Suspension[]
}

export function createSuspensions(store: Pick<Store, 'suspend' | 'resume' | 'suspensions'>, nowSeconds: () => number): Suspensions {
  const all = new Map(store.suspensions().map((one) => [suspendedSubject(one), one]))
  return {
    inForce: () => [...all.values()].filter((one) => one.untilSeconds > nowSeconds()),
    add(suspension) {
      store.suspend(suspension)
      all.set(suspendedSubject(suspension), suspension)
    },
    end(of) {
      const subject = suspendedSubject(of)
      const ended = all.get(subject)
      store.resume(of)
      all.delete(subject)
      return ended
    },
    reload() {
      all.clear()
      for (const one of store.suspensions()) all.set(suspendedSubject(one), one)
    },
    expire() {
      const over = [...all.values()].filter((one) => one.untilSeconds <= nowSeconds())
      for (const one of over) {
        store.resume(one)
        all.delete(suspendedSubject(one))
      }
      return over
    },
  }
}

/** Why a manifest is changed nowhere, or not on one of its hypervisors, by a suspension that was given by command. */
export function suspendedByCommand(
  suspensions: readonly Suspension[],
  manifest: Manifest,
  hypervisors: readonly string[],
): string | undefined {
  const own = suspensionOfManifest(suspensions, manifest.id)
  if (own !== undefined) return suspensionReason(own)
  for (const name of hypervisors) {
    const whole = suspensionOfHypervisor(suspensions, name)
    if (whole !== undefined) return `${suspendedSubject(whole)}: ${suspensionReason(whole)}`
  }
  return undefined
}

/** What the board asks of suspensions. */
export function boardDeps(suspensions: Suspensions): BoardDeps {
  return {
    suspended: (manifest, hypervisors, nowSeconds) =>
      suspendedInGit(manifest, nowSeconds) ?? suspendedByCommand(suspensions.inForce(), manifest, hypervisors),
    hypervisorSuspended(name) {
      const one = suspensionOfHypervisor(suspensions.inForce(), name)
      return one && suspensionReason(one)
    },
  }
}

interface Ending {
  readonly suspensions: Suspensions
  readonly store: Pick<Store, 'record'>
  readonly controller: Pick<Controller, 'reconcileNow'>
  readonly log: Log
}

/** What only time ends is told, and looked at. */
export function endSuspensions({ suspensions, store, controller, log }: Ending): void {
  for (const one of suspensions.expire()) {
    const subject = suspendedSubject(one)
    store.record('suspension', subject, { what: 'expired', by: '', reason: `was: ${suspensionReason(one)}` })
    log.info({ component: 'loop' }, `the suspension of ${subject} is over: ${suspensionReason(one)}`)
    controller.reconcileNow(one.hypervisor as HypervisorName | undefined)
  }
}
