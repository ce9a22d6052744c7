import type { ControllerEvent } from '../model/event.ts'
import type { Mail } from '../model/mail.ts'
import { reasonOf } from '../model/reason.ts'
import type { Silence } from '../model/silence.ts'
import { type AlertSettings, type AlertState, isAlike, noAlerts, readAlertState, updateAlerts } from '../report/alerts.ts'
import type { Logger } from '../report/log.ts'
import type { Store } from '../store/store.ts'
import type { Alerting } from './alerting.ts'

/** Stands for the fleet as a whole, among the hypervisors that have an owner. */
export const wholeFleet = '@fleet'

/** What replicas know together of alerts, in slices: one for each hypervisor, and one of the whole fleet. */
export interface SharedAlerts {
  /** Slices that this replica is in charge of, by what tells since when; the same map as long as nothing of it moves. */
  readonly held: ReadonlyMap<string, number>
  /** A slice as it was saved last. */
  load(slice: string): unknown
  /** Saves a slice (undefined: there is nothing in it) together with the mails that it holds for told: both or neither. False where the slice is another one's by now. */
  save(slice: string, state: AlertState | undefined, mails: readonly Mail[]): Promise<boolean>
}

export interface SharedAlertingDeps {
  readonly log: Logger
  readonly store: Pick<Store, 'record'>
  readonly settings: AlertSettings
  readonly shared: SharedAlerts
  silences(): readonly Silence[]
}

type Lists = Pick<AlertState, 'alerts' | 'past' | 'groups'>

/**
 * Turns events into mails that all replicas can send. What moves to another replica is forgotten here and goes on there: who is in charge of a hypervisor saves what he holds for
 * told of it together with the mails, before any of them is sent.
 */
export function createSharedAlerting({ log, store, settings, shared, silences }: SharedAlertingDeps): Alerting {
  let state: AlertState = noAlerts
  let held: ReadonlyMap<string, number> = new Map()
  const saved = new Map<string, AlertState>()
  const unsaved = new Map<string, readonly Mail[]>()
  /** What everybody sees of the fleet, for whoever comes into its charge later. */
  const ofFleet = new Map<string, ControllerEvent>()
  let isTroubleTold = false

  /** Answers what came into our charge since. */
  function follow(): readonly string[] {
    const [before, now] = [held, shared.held]
    if (before === now) return []
    held = now
    // What came back meanwhile may have been another one's in between: what he saved of it counts.
    const isSame = (slice: string): boolean => before.get(slice) === now.get(slice)
    const [gone, come] = [[...before.keys()].filter((slice) => !isSame(slice)), [...now.keys()].filter((slice) => !isSame(slice))]
    if (gone.length > 0) state = without(state, new Set(gone))
    for (const slice of gone) {
      saved.delete(slice)
      unsaved.delete(slice)
    }
    for (const slice of come) {
      const loaded = shared.load(slice)
      if (loaded === undefined) continue
      state = joined(state, sliceOf(readAlertState(loaded), slice))
      saved.set(slice, readAlertState(loaded))
    }
    return come
  }

  function update(event: ControllerEvent): void {
    const { state: next, mails } = updateAlerts(state, event, settings, silences())
    state = next
    for (const mail of mails) {
      const slice = sliceName(next.groups.find((group) => group.mails.includes(mail.id))?.hypervisor ?? '')
      unsaved.set(slice, [...(unsaved.get(slice) ?? []), mail])
    }
  }

  async function save(): Promise<void> {
    const slices = slicesOf(state)
    for (const slice of new Set([...slices.keys(), ...saved.keys()])) await saveOne(slice, slices.get(slice))
  }

  async function saveOne(slice: string, lists: Lists | undefined): Promise<void> {
    const next: AlertState | undefined = lists && { version: 2, ...lists }
    const before = saved.get(slice)
    const isSaved = next === undefined || before === undefined ? next === before : isAlike(before, next)
    const mails = unsaved.get(slice) ?? []
    if (!held.has(slice) || (isSaved && mails.length === 0)) return
    if (!(await shared.save(slice, next, mails))) return
    if (next === undefined) saved.delete(slice)
    else saved.set(slice, next)
    unsaved.delete(slice)
    for (const mail of mails) {
      store.record('mail', mail.id, { subject: mail.subject })
      log.info({ component: 'mail', mail: mail.id }, mail.subject)
    }
  }

  return {
    get state() {
      return state
    },
    async handle(event) {
      const slice = sliceOfEvent(event)
      if (slice === wholeFleet) ofFleet.set(event.type, event)
      const come = follow()
      if (come.includes(wholeFleet)) for (const seen of ofFleet.values()) if (seen !== event) update(seen)
      if (slice === undefined || held.has(slice)) update(event)
      try {
        await save()
        isTroubleTold = false
      } catch (error) {
        // Nothing is sent that is not saved; it is tried again with the next event.
        if (!isTroubleTold) log.warn({ component: 'report', err: error }, `what is to be mailed cannot be shared yet: ${reasonOf(error)}`)
        isTroubleTold = true
      }
    },
  }
}

/** Undefined: of all slices. */
function sliceOfEvent(event: ControllerEvent): string | undefined {
  if (event.type === 'reconciled') return event.report.hypervisor
  if (event.type === 'hostFailed' || event.type === 'removed') return event.hypervisor
  return event.type === 'git' || event.type === 'committed' ? wholeFleet : undefined
}

function sliceName(hypervisor: string): string {
  return hypervisor === '' ? wholeFleet : hypervisor
}

/** A cause that is over has left its key alone: `CONDITION HYPERVISOR …`. */
function sliceOfKey(key: string): string {
  return sliceName(key.split(' ')[1] ?? '')
}

function slicesOf({ alerts, past, groups }: AlertState): ReadonlyMap<string, Lists> {
  const all = new Map<
    string,
    { alerts: AlertState['alerts'][number][]; past: AlertState['past'][number][]; groups: AlertState['groups'][number][] }
  >()
  const at = (slice: string) => {
    const known = all.get(slice) ?? { alerts: [], past: [], groups: [] }
    all.set(slice, known)
    return known
  }
  for (const alert of alerts) at(sliceName(alert.hypervisor)).alerts.push(alert)
  for (const one of past) at(sliceOfKey(one.key)).past.push(one)
  for (const group of groups) at(sliceName(group.hypervisor)).groups.push(group)
  return all
}

function sliceOf(state: AlertState, slice: string): Lists {
  return slicesOf(state).get(slice) ?? { alerts: [], past: [], groups: [] }
}

function joined({ alerts, past, groups }: AlertState, more: Lists): AlertState {
  return { version: 2, alerts: [...alerts, ...more.alerts], past: [...past, ...more.past], groups: [...groups, ...more.groups] }
}

function without({ alerts, past, groups }: AlertState, slices: ReadonlySet<string>): AlertState {
  return {
    version: 2,
    alerts: alerts.filter((alert) => !slices.has(sliceName(alert.hypervisor))),
    past: past.filter(({ key }) => !slices.has(sliceOfKey(key))),
    groups: groups.filter((group) => !slices.has(sliceName(group.hypervisor))),
  }
}

/** The alerting of one of several: `own` keeps what is of this controller alone. */
export function withShared(
  own: Alerting,
  { alerts }: { readonly alerts: SharedAlerts },
  deps: Omit<SharedAlertingDeps, 'shared'>,
): Alerting {
  return bothAlertings(own, createSharedAlerting({ ...deps, shared: alerts }))
}

/** What is of this controller alone (how it ended, its webhooks, its way to etcd) it tells itself; all else is shared. */
export function bothAlertings(own: Alerting, shared: Alerting): Alerting {
  return {
    get state() {
      return joined(own.state, shared.state)
    },
    async handle(event) {
      const isOwn = event.type === 'uncleanStop' || event.type === 'webhook' || event.type === 'etcd'
      if (isOwn || event.type === 'tick') await own.handle(event)
      if (!isOwn) await shared.handle(event)
    },
  }
}
