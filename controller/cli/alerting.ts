import type { Mailer } from '../mail/mailer.ts'
import type { ControllerEvent } from '../model/event.ts'
import type { Mail } from '../model/mail.ts'
import type { Silence } from '../model/silence.ts'
import { type AlertSettings, type AlertState, isAlike, readAlertState, timeOf, updateAlerts } from '../report/alerts.ts'
import type { Logger } from '../report/log.ts'
import type { Store } from '../store/store.ts'

export interface AlertingDeps {
  readonly log: Logger
  readonly store: Pick<Store, 'loadState' | 'saveState' | 'record'>
  readonly mailer: Pick<Mailer, 'submit'> | undefined
  /** Name of its state in the store. Default `alerts`. */
  readonly stateName?: string
  readonly settings: AlertSettings
  /** Those that are in force. */
  silences(): readonly Silence[]
}

export interface Alerting {
  readonly state: AlertState
  /** Events in their order, one at a time. Rejects where a mail could not be spooled: it is tried again with the next event. */
  handle(event: ControllerEvent): Promise<void>
}

/** What stands in the store: the alerts, and the mails about them that may not be in the spool yet. */
interface Saved extends AlertState {
  readonly outbox: readonly Mail[]
}

/** A spool that takes nothing is asked again so often. */
const retrySeconds = 30
const saveAgainSeconds = 30

/**
 * Turns events into mails that wait in the spool. Killed at any moment it tells everything, and nothing twice but under the same id and with the same words: what is to
 * be told is saved together with the state that holds it for told, before the spool gets it.
 */
export function createAlerting({ log, store, mailer, settings, silences, stateName = 'alerts' }: AlertingDeps): Alerting {
  const saved = store.loadState(stateName)
  let state = readAlertState(saved)
  let outbox = outboxOf(saved)
  let notBefore = 0
  let kept: Saved | undefined
  let keptSeconds = 0

  /** What is saved already is not written again: each write waits for the disk. Now and then it is, since the store may have been lost meanwhile. */
  function save(nowSeconds: number): void {
    const isKept = kept !== undefined && kept.outbox === outbox && isAlike(kept, state)
    if (isKept && Math.abs(nowSeconds - keptSeconds) < saveAgainSeconds) return
    const now: Saved = { ...state, outbox }
    store.saveState(stateName, now)
    kept = now
    keptSeconds = nowSeconds
  }

  async function empty(): Promise<void> {
    for (let next = outbox[0]; next !== undefined; next = outbox[0]) {
      await submit(next)
      outbox = outbox.slice(1)
    }
  }

  async function submit(mail: Mail): Promise<void> {
    await mailer?.submit(mail)
    store.record('mail', mail.id, { subject: mail.subject })
    log.info({ component: 'mail', mail: mail.id }, mail.subject)
  }

  return {
    get state() {
      return state
    },
    async handle(event) {
      const update = updateAlerts(state, event, settings, silences())
      state = update.state
      if (update.mails.length > 0) outbox = [...outbox, ...update.mails]
      // Without a mail, what time alone has changed is found again.
      if (event.type !== 'tick' || outbox.length > 0) save(timeOf(event))
      // Nothing waits for longer: then the clock went back.
      const isEarly = timeOf(event) < notBefore && timeOf(event) >= notBefore - retrySeconds
      if (outbox.length === 0 || (update.mails.length === 0 && isEarly)) return
      notBefore = timeOf(event) + retrySeconds
      await empty()
      save(timeOf(event))
    },
  }
}

/** Of a mail that was spooled already the spool knows the id; one that was sent goes out a second time under it. */
function outboxOf(saved: unknown): readonly Mail[] {
  const outbox = (saved as Partial<Saved> | undefined)?.outbox
  return Array.isArray(outbox) ? outbox.filter(isMail) : []
}

function isMail(value: Partial<Mail> | null): value is Mail {
  return (
    typeof value?.id === 'string' && typeof value.subject === 'string' && typeof value.text === 'string' && Array.isArray(value.references)
  )
}
