import type { Alarm } from '../model/alarm.ts'
import type { CommitInfo, FailedTransaction, ReconcileReport } from '../model/event.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { PlannedChange, Withheld } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import { bound, describeChange } from './unified.ts'

/** Subject and text of a mail. */
export interface Rendered {
  readonly subject: string
  readonly text: string
}

const columns = 80
const diffBounds = { maxLines: 120, maxColumns: 200 }
const maxSubject = 120
/** Of more than so many the rest is counted. */
export const maxListed = 50

/** Label and value of one line of the head: `Since:   …`. An undefined value leaves the line out. */
type Head = readonly (readonly [string, string | undefined])[]

export function renderMail(subject: string, head: Head, sections: readonly string[], todo: string): Rendered {
  const lines = head.flatMap(([label, value]) => (value === undefined ? [] : [wrap(`${`${label}:`.padEnd(10)} ${value}`, ' '.repeat(11))]))
  const text = [lines.join('\n'), ...sections, wrap(`What to do: ${todo}`)].filter((part) => part !== '').join('\n\n')
  return { subject: `[reeve] ${oneLine(subject)}`.slice(0, maxSubject), text: `${text}\n` }
}

export interface DriftFacts {
  readonly hypervisor: string
  readonly owner: string
  readonly changes: readonly PlannedChange[]
  readonly isCorrected: boolean
  readonly loggedIn: readonly string[]
  /** What the watch told of it. */
  readonly noticed?: readonly string[]
  readonly commit: string
  readonly sinceSeconds: number
}

export function renderDrift(facts: DriftFacts): Rendered {
  const { hypervisor, owner, changes, isCorrected } = facts
  const what = changes.length === 1 ? `${changes[0]?.id}` : `${changes.length} items of ${owner}`
  const done = isCorrected
    ? 'put back what Git says, and saw it right afterwards'
    : 'changed nothing (driftPolicy Report, a hold, a window or a brake)'
  const todo = isCorrected
    ? 'nothing, if this was a slip. If the change was meant, commit it; else it will be put back again.'
    : 'commit the change if it was meant, or undo it on the host; the drift stays listed until then.'
  return renderMail(
    `${hypervisor}: drift ${isCorrected ? 'corrected' : 'found'}: ${what}`,
    [
      ['What', `${owner}: the host moved away from Git; Git did not move`],
      ['Since', utc(facts.sinceSeconds)],
      ['Commit', `${facts.commit.slice(0, 12)} is in force`],
      ['Reeve', done],
      ...(facts.noticed?.length ? [['Noticed', facts.noticed.slice(0, 10).map(printable).join('; ')] as const] : []),
      ['Logged in', facts.loggedIn.length > 0 ? facts.loggedIn.slice(0, 10).map(printable).join('; ') : 'nobody was seen'],
    ],
    changes.slice(0, maxListed).map((change) => describeChange(change, diffBounds)),
    todo,
  )
}

export interface FailureFacts {
  readonly hypervisor: string
  readonly owner: string
  readonly failed: readonly FailedTransaction[]
  /** Why there was no plan at all. */
  readonly error?: string
  readonly commit: string
  readonly author?: CommitInfo
  readonly sinceSeconds: number
}

export function renderFailure(facts: FailureFacts): Rendered {
  return renderMail(
    `${facts.hypervisor}: reconcile failed: ${facts.owner}`,
    [
      ['What', facts.error === undefined ? `${facts.owner} could not be made as Git says` : printable(facts.error)],
      ['Since', utc(facts.sinceSeconds)],
      ['Commit', author(facts.author) ?? (facts.commit.slice(0, 12) || undefined)],
      ['Reeve', facts.error === undefined ? facts.failed.map(whatWasDone).join('; ') : 'changed nothing and will try again'],
    ],
    facts.failed.flatMap(({ changes, outcome }) => [
      reasonOf(outcome),
      ...changes.slice(0, 10).map((change) => describeChange(change, diffBounds)),
    ]),
    'read what the tool said; put right the manifest or the host. Reeve tries again by itself and says when it is over.',
  )
}

function whatWasDone({ outcome, isHeldBack }: FailedTransaction): string {
  if (isHeldBack)
    return `failed at '${printable(outcome.step)}': its last good version stays in force (nothing, if it is new), and everything else that was to change with it is live`
  if (outcome.status === 'refused') return `did not begin '${printable(outcome.step)}'`
  const after = outcome.undone ? 'then put back everything of this transaction' : 'and COULD NOT put back what was before: look at the host'
  return `failed at '${printable(outcome.step)}', ${after}`
}

function reasonOf(outcome: FailedTransaction['outcome']): string {
  const said = outcome.status === 'refused' ? outcome.because : `exit status ${outcome.exitCode}\n${outcome.stderr}`
  return `Step '${printable(outcome.step)}' said:\n${bound(said.trim(), { maxLines: 40, maxColumns: 400 })}`
}

export function renderWithheld(hypervisor: string, withheld: Withheld, commit: string, sinceSeconds: number): Rendered {
  return renderMail(
    withheld.brake === 'Rollout'
      ? `${hypervisor}: a placement still waits for its turn`
      : `${hypervisor}: approval needed: ${withheld.brake}`,
    [
      ['What', `${withheld.changes.length} change(s) are held back by the brake ${withheld.brake}: ${printable(withheld.because)}`],
      ['Since', utc(sinceSeconds)],
      ['Commit', commit],
      ['Reeve', 'carried out everything that does not depend on it'],
    ],
    withheld.changes.slice(0, maxListed).map((change) => describeChange(change, diffBounds)),
    withheld.approval === undefined
      ? 'do it by hand, as the first line says; Reeve sees it, and says when it is over. To refuse, revert the commit.'
      : `to let exactly this happen: reeve approve ${withheld.approval}. To refuse, revert the commit.`,
  )
}

export function renderRefused(
  hypervisor: string,
  owner: string,
  refused: ReconcileReport['refused'],
  commit: string,
  sinceSeconds: number,
): Rendered {
  return renderMail(
    `${hypervisor}: refused: ${owner}`,
    [
      ['What', `${owner} cannot be made as Git says`],
      ['At', refused[0]?.at],
      ['Since', utc(sinceSeconds)],
      ['Commit', commit],
      ['Reeve', 'changed nothing of it, and carried out everything that does not need it'],
    ],
    refused
      .slice(0, maxListed)
      .map(({ target, id, reasons }) => wrap(printable(`${targetKey(target)} ${id}: ${reasons.join('; ')}`), '  ')),
    'change the manifest, or what stands in its way on the host. Reeve looks again by itself and says when it is over.',
  )
}

export function renderAlarm(hypervisor: string, owner: string, alarm: Alarm, commit: string, sinceSeconds: number): Rendered {
  return renderMail(
    `${hypervisor}: ${alarm.condition}: ${alarm.summary}`,
    [
      ['What', printable(alarm.summary)],
      ...alarm.facts.map(([label, value]) => [label, printable(value)] as const),
      ['On', hypervisor],
      ['Manifest', owner],
      ['Since', utc(sinceSeconds)],
      ['Commit', commit.slice(0, 12)],
      ['Reeve', 'only looks; it changes nothing about this'],
    ],
    [],
    alarm.todo,
  )
}

export function renderBadCommit(commit: CommitInfo, errors: readonly Diagnostic[], sinceSeconds: number): Rendered {
  const listed = errors.slice(0, maxListed).map(describeDiagnostic)
  const more = errors.length > listed.length ? [`[${errors.length - listed.length} more]`] : []
  return renderMail(
    `bad commit ${commit.hash.slice(0, 12)}: ${errors.length} error(s)`,
    [
      ['Commit', author(commit)],
      ['Since', utc(sinceSeconds)],
      ['Reeve', 'keeps the last good version of each manifest named below in force; all others converge'],
    ],
    [...listed, ...more],
    'put the lines right and commit again; reeve validate shows the same offline.',
  )
}

function describeDiagnostic({ at, summary, hint, path }: Diagnostic): string {
  const where = at.line > 0 ? `${at.file}:${at.line}:${at.column}` : at.file
  const lines = [`${where}: ${path === '' ? '' : `${path}: `}${summary}`, ...(hint === undefined ? [] : [`  hint: ${hint}`])]
  return lines.map((line) => wrap(printable(line), '    ')).join('\n')
}

export function renderGit(message: string, sinceSeconds: number): Rendered {
  return renderMail(
    'Git cannot be read',
    [
      ['What', printable(message)],
      ['Since', utc(sinceSeconds)],
      ['Reeve', 'keeps every host at the last commit that it read; nothing is removed'],
    ],
    [],
    'look whether the repository is there and Reeve may read it.',
  )
}

export function renderResolved(subject: string, summary: string, sinceSeconds: number, nowSeconds: number, count: number): Rendered {
  return renderMail(
    `resolved: ${subject.replace(/^\[reeve\] /, '')}`,
    [
      ['Was', summary],
      ['From', utc(sinceSeconds)],
      ['Until', `${utc(nowSeconds)} (${Math.max(0, Math.round((nowSeconds - sinceSeconds) / 60))} min)`],
      ['Seen', count > 1 ? `${count} times` : undefined],
    ],
    [],
    'nothing.',
  )
}

/** Hash, author and subject, where they are known. */
export function author(commit: CommitInfo | undefined): string | undefined {
  return commit && `${commit.hash.slice(0, 12)} by ${printable(commit.author)}: ${printable(commit.subject)}`
}

/** `he1/web file:/etc/hosts`: an item for lists and keys. */
export function itemOf(change: PlannedChange): string {
  return `${targetKey(change.target)} ${change.id}`
}

/** `2026-11-21 23:21:37 UTC`. */
export function utc(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** Breaks at spaces so that lines keep within 80 columns; what has no space stays whole. */
export function wrap(text: string, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/ (?! )/)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= columns || line.trim() === '') line = longer
    else {
      lines.push(line)
      line = indent + word.trimStart()
    }
  }
  return [...lines, line].join('\n')
}

export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).trim()
}

/** As one line without control characters, bounded. */
export function printable(text: string): string {
  return bound(text.replace(/\s*\n\s*/g, ' '), { maxLines: 1, maxColumns: 2000 })
}
