import type { Journal } from './apply/journal.ts'

/** An apply that ran on a host while it was observed, its own or that of another controller. */
export interface RunningApply {
  /** Id of its plan; empty where that is not known. */
  readonly plan: string
  /** When it took the host's lock, seconds since the epoch on the host's clock; undefined where it does not say. */
  readonly sinceSeconds: number | undefined
  /** Who applies, in words; empty where it does not say. */
  readonly by: string
  /** It has run for longer than it was given: a person should look. */
  readonly isOverdue: boolean
  /** It began or ended while the host was read, and does not run now: another look may find the host at rest. */
  readonly isOver: boolean
  /** One line for people. */
  readonly message: string
}

/** The apply that makes an observation worthless: one that runs now, or one that began or ended while it was read. A job counts only as it begins and ends: in between its items are unknown. */
export function runningApply(
  facts: { readonly journals: readonly Journal[] },
  turns: { readonly before: string; readonly after: string },
): RunningApply | undefined {
  const journal = facts.journals.find((one) => !one.isJob && one.state === 'running')
  if (journal) return fromJournal(journal)
  if (turns.before === turns.after) return undefined
  const plan = /^[a-f0-9]{8,64}(?= )/.exec(turns.after)?.[0] ?? ''
  return {
    plan,
    sinceSeconds: undefined,
    by: '',
    isOverdue: false,
    isOver: true,
    message: 'another apply ran on the host while it was being read',
  }
}

function fromJournal({ name, running }: Journal): RunningApply {
  if (running === undefined)
    return {
      plan: name,
      sinceSeconds: undefined,
      by: '',
      isOverdue: false,
      isOver: false,
      message: `apply ${name} is being started on the host`,
    }
  const { forSeconds, sinceSeconds, withinSeconds, by } = running
  const since = `${new Date(sinceSeconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const what = `apply ${name}${by === '' ? '' : ` (${by})`} is running on the host since ${since}`
  const isOverdue = forSeconds > withinSeconds
  const overdue = `, longer than the ${withinSeconds} s that it was given; what it does now: cat /var/lib/reeve/journal/${name}/state-*`
  return { plan: name, sinceSeconds, by, isOverdue, isOver: false, message: isOverdue ? what + overdue : what }
}
