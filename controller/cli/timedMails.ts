import { Cron } from 'croner'
import type { MailConfig, TimesConfig } from '../configMail.ts'
import type { Mailer } from '../mail/mailer.ts'
import type { Log } from '../model/log.ts'
import type { Mail } from '../model/mail.ts'
import type { StatusView } from '../model/status.ts'
import type { Alert } from '../report/alerts.ts'
import { renderAlive, renderDailyDigest } from '../report/digest.ts'
import type { Rendered } from '../report/mails.ts'
import type { Store } from '../store/store.ts'

export interface TimedMailsDeps {
  readonly config: Pick<MailConfig, 'digest' | 'deadMan'>
  readonly mailer: Pick<Mailer, 'submit'>
  readonly store: Pick<Store, 'history' | 'loadState' | 'saveState' | 'record'>
  readonly log: Log
  /** Among several controllers that share the fleet; each tells what it is in charge of. */
  readonly replica?: string
  status(): StatusView
  /** Told, and not over. */
  alerts(): readonly Alert[]
  /** Whether Reeve does its work; why not. */
  readiness(): { readonly isReady: boolean; readonly reason: string }
  nowSeconds(): number
}

/** When the next one is due, and since when it tells: kept in the store, so that a restart neither repeats nor forgets one. */
interface Due {
  readonly cron: string
  readonly dueSeconds: number
  readonly sinceSeconds: number
}

/** Entries of history that a digest looks at, newest first. */
const maxHistory = 5000

/** The mails that come by the clock: digest and dead-man's mail. To be called every few seconds; never throws. */
export function createTimedMails(deps: TimedMailsDeps): { tick(): Promise<void> } {
  const { digest, deadMan } = deps.config
  let isHeldBack = false
  let work: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    if (digest) await whenDue(deps, 'digest', digest, (due) => renderDailyDigest(factsOf(deps, due)))
    if (deadMan === undefined) return
    const { isReady, reason } = deps.readiness()
    if (!isReady && !isHeldBack)
      deps.log.warn({ component: 'mail', reason }, "the dead-man's mail is held back: Reeve does not do its work")
    isHeldBack = !isReady
    if (isReady)
      await whenDue(
        deps,
        'deadMan',
        deadMan,
        () => renderAlive(deps.status(), deps.nowSeconds(), nextOf(deadMan, deps.nowSeconds())),
        deadMan.to,
      )
  }
  return {
    tick() {
      work = work.then(run).catch((error: unknown) => deps.log.error({ component: 'mail', err: error }, 'a mail of the clock failed'))
      return work
    },
  }
}

/** One that fell due while Reeve was down, or could not do its work, is sent when that is over, once. */
async function whenDue(
  deps: TimedMailsDeps,
  name: string,
  times: TimesConfig,
  render: (due: Due) => Rendered,
  to?: readonly string[],
): Promise<void> {
  const now = deps.nowSeconds()
  const cron = `${times.cron} ${times.timeZone}`
  const known = deps.store.loadState(`mail.${name}`) as Due | undefined
  if (known?.cron !== cron || !Number.isFinite(known.dueSeconds)) {
    deps.store.saveState(`mail.${name}`, { cron, dueSeconds: nextOf(times, now), sinceSeconds: known?.sinceSeconds ?? now } satisfies Due)
    return
  }
  const next = nextOf(times, now)
  // No time lies beyond the next one: the clock went back.
  if (known.dueSeconds > next)
    deps.store.saveState(`mail.${name}`, { cron, dueSeconds: next, sinceSeconds: Math.min(now, known.sinceSeconds) } satisfies Due)
  if (now < known.dueSeconds) return
  const rendered = render(known)
  const subject = deps.replica === undefined ? rendered.subject : rendered.subject.replace('[reeve]', `[reeve] ${deps.replica}:`)
  // The same for the same hour: what was spooled before a crash is recognised.
  const who = deps.replica === undefined ? '' : `.${deps.replica}`
  const mail: Mail = {
    id: `${name}.${known.dueSeconds}${who}`,
    references: [],
    subject,
    text: rendered.text,
    ...(to === undefined ? {} : { to }),
  }
  await deps.mailer.submit(mail)
  deps.store.saveState(`mail.${name}`, { cron, dueSeconds: next, sinceSeconds: now } satisfies Due)
  deps.log.info({ component: 'mail', mail: mail.id }, subject)
}

function factsOf({ status, alerts, store, nowSeconds }: TimedMailsDeps, { sinceSeconds }: Due) {
  const history = store.history({ limit: maxHistory }).filter(({ atSeconds }) => atSeconds >= sinceSeconds)
  return { status: status(), alerts: alerts(), history, fromSeconds: sinceSeconds, nowSeconds: nowSeconds() }
}

/** Seconds of the next time; a year on where there is none. */
function nextOf({ cron, timeZone }: TimesConfig, nowSeconds: number): number {
  const next = new Cron(cron, { timezone: timeZone, paused: true }).nextRun(new Date(nowSeconds * 1000))
  return next === null ? nowSeconds + 365 * 86_400 : Math.floor(next.getTime() / 1000)
}

/** Reeve does its work when it is ready and, where a hypervisor answers at all, looked at one not long ago. */
export function workOf(
  readiness: { readonly isReady: boolean; readonly reason: string },
  { hypervisors }: Pick<StatusView, 'hypervisors'>,
  nowSeconds: number,
  silentSeconds: number,
): { readonly isReady: boolean; readonly reason: string } {
  const up = hypervisors.filter(({ isUp }) => isUp === true)
  const last = Math.max(...up.map(({ lastCycleSeconds }) => lastCycleSeconds ?? 0))
  if (!readiness.isReady || up.length === 0 || nowSeconds - last <= silentSeconds) return readiness
  return { isReady: false, reason: `no hypervisor was looked at for ${Math.round(nowSeconds - last)} s` }
}
