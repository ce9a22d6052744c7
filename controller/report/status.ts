import type { Condition, ConditionType } from '../model/condition.ts'
import { silencedSubject } from '../model/silence.ts'
import type { HypervisorView, OpenDriftView, ResourceView, StatusView } from '../model/status.ts'
import { suspendedSubject, suspensionReason } from '../model/suspension.ts'
import { printable, utc } from './mails.ts'
import type { Paint } from './paint.ts'

export interface StatusLook {
  readonly paint: Paint
  readonly nowSeconds: number
  /** Also manifests that are as Git says. */
  readonly isWhole: boolean
}

type Colour = keyof Pick<Paint, 'red' | 'green' | 'yellow' | 'dim'>
/** One cell: what stands there, and how it is coloured. */
type Cell = readonly [text: string, colour?: Colour]

/** Whether nothing needs a person. */
export function isAllWell(status: StatusView): boolean {
  return (
    status.commit !== null &&
    status.refused === null &&
    status.errors.length === 0 &&
    status.hypervisors.every((one) => one.isUp === true && one.withheld.length === 0) &&
    status.resources.every((one) => conditionOf(one, 'Ready')?.status === true)
  )
}

/** Only what belongs to a hypervisor (`he1`) or a manifest (`Proxy/edge`). */
export function statusAbout(status: StatusView, about: string): StatusView {
  const isManifest = about.includes('/')
  const resources = status.resources.filter((one) =>
    isManifest ? nameOf(one) === about : one.targets.some((target) => target.split('/')[0] === about),
  )
  const on = new Set(resources.flatMap(({ targets }) => targets.map((target) => target.split('/')[0])))
  const hypervisors = status.hypervisors.filter(({ name }) => (isManifest ? on.has(name) : name === about))
  return { ...status, hypervisors, resources }
}

/** What the running controller knows, for a terminal: what needs a person first, then tables. */
export function statusText(status: StatusView, look: StatusLook): string {
  const { paint } = look
  const troubled = status.resources.filter((one) => !isQuiet(one))
  const shown = look.isWhole ? status.resources : troubled
  const quiet = status.resources.length - shown.length
  const parts = [
    headText(status, look),
    attentionText(status, paint),
    table(['HYPERVISOR', 'STATE', 'SEEN', 'SAYS'], status.hypervisors.map(hypervisorRow(look)), paint),
    table(['MANIFEST', 'STATE', 'ON', 'SAYS'], shown.map(manifestRow), paint),
    quiet === 0
      ? ''
      : paint.dim(
          `${counted(quiet, 'manifest is', 'manifests are')} as Git says${shown.length === 0 ? '' : ' beside these'} (--all shows them)\n`,
        ),
    table(['OPEN DRIFT', 'FIELDS', 'SINCE', 'OF'], driftRows(status, look), paint),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function headText({ fleet, commit }: StatusView, { paint, nowSeconds }: StatusLook): string {
  if (commit === null) return `fleet ${paint.bold(printable(fleet))} at no commit yet\n`
  const { hash, subject, author, atSeconds } = commit
  return `fleet ${paint.bold(printable(fleet))} at ${hash.slice(0, 12)} ${printable(subject)} (${printable(author)}, ${ago(atSeconds, nowSeconds)})\n`
}

function attentionText(status: StatusView, paint: Paint): string {
  const { refused } = status
  const lines: readonly (readonly [word: string, colour: Colour, text: string, approval?: string | null])[] = [
    ...(refused === null
      ? []
      : [['refused', 'red', `commits up to ${refused.head.slice(0, 12)}: ${refused.because}`, refused.approval ?? null] as const]),
    ...status.errors.map((error) => ['error', 'red', error] as const),
    ...status.hypervisors.flatMap(({ name, withheld }) =>
      withheld.map(({ brake, because, approval }) => [brake, 'yellow', `${name}: ${because}`, approval] as const),
    ),
    ...status.suspensions.map((one) => ['suspended', 'yellow', `${suspendedSubject(one)}: ${suspensionReason(one)}`] as const),
    ...status.silences.map(
      (one) =>
        [
          'silence',
          'yellow',
          `${one.id}: no mails about ${silencedSubject(one)} until ${utc(one.untilSeconds)}: ${one.reason} (${one.givenBy})`,
        ] as const,
    ),
  ]
  return lines
    .map(
      ([word, colour, text, approval]) =>
        `${paint[colour](printable(word))} ${printable(text)}${approval ? `  (reeve approve ${printable(approval)})` : ''}\n`,
    )
    .join('')
}

const states: Readonly<Record<string, Cell>> = {
  noop: ['as wanted', 'green'],
  converged: ['converged', 'green'],
  waiting: ['at work', 'dim'],
  withheld: ['held back', 'yellow'],
  held: ['held', 'yellow'],
  failed: ['failed', 'red'],
}

function hypervisorRow({ nowSeconds }: StatusLook): (one: HypervisorView) => readonly Cell[] {
  return (one) => {
    const state: Cell =
      one.isUp === false
        ? ['down', 'red']
        : one.isUp === 'unknown'
          ? ['unknown', 'dim']
          : (states[one.lastResult ?? ''] ?? [one.lastResult ?? 'up'])
    const seen = one.lastCycleSeconds === null ? 'never' : ago(one.lastCycleSeconds, nowSeconds)
    return [[one.name], one.suspended === null ? state : ['suspended', 'yellow'], [seen, 'dim'], [one.suspended ?? one.message]]
  }
}

function manifestRow(one: ResourceView): readonly Cell[] {
  const [ready, healthy] = [conditionOf(one, 'Ready'), conditionOf(one, 'Healthy')]
  const words = [
    ready?.status === true ? 'ready' : ready?.status === false ? 'not ready' : ready === undefined ? 'not seen yet' : 'unknown',
    ...(healthy?.status === false ? ['unhealthy'] : []),
    ...(conditionOf(one, 'Drifted')?.status === true ? ['drift'] : []),
    ...(conditionOf(one, 'Suspended')?.status === true ? ['suspended'] : []),
  ]
  const colour: Colour = ready?.status === false || healthy?.status === false ? 'red' : isQuiet(one) ? 'green' : 'yellow'
  const trouble =
    [ready, healthy].find((each) => each !== undefined && each.status === false) ?? (ready?.status === true ? undefined : ready)
  return [[nameOf(one)], [words.join(', '), colour], [one.targets.join(', ')], [(trouble ?? suspension(one))?.message ?? '']]
}

function suspension(one: ResourceView): Condition | undefined {
  const found = conditionOf(one, 'Suspended')
  return found?.status === true ? found : undefined
}

/** Ready, not unhealthy, nothing adrift, not suspended: nobody needs to read it. */
function isQuiet(one: ResourceView): boolean {
  const bad = ['Drifted', 'Suspended'] as const
  return (
    conditionOf(one, 'Ready')?.status === true &&
    conditionOf(one, 'Healthy')?.status !== false &&
    bad.every((type) => conditionOf(one, type)?.status !== true)
  )
}

/** An item that several manifests asked for is one line. */
function driftRows({ resources }: StatusView, { nowSeconds }: StatusLook): readonly (readonly Cell[])[] {
  const items = Map.groupBy(
    resources.flatMap(({ drift }) => drift),
    ({ target, item }) => `${target} ${item}`,
  )
  return [...items].map(([item, fields]) => {
    const [first] = fields as [OpenDriftView]
    return [
      [item, 'yellow'],
      [[...new Set(fields.map(({ field }) => field))].join(', ')],
      [ago(first.sinceSeconds, nowSeconds)],
      [first.owners.join(', ')],
    ]
  })
}

function conditionOf(one: ResourceView, type: ConditionType): Condition | undefined {
  return one.conditions.find((condition) => condition.type === type)
}

function nameOf({ kind, name }: ResourceView): string {
  return `${kind}/${name}`
}

/** Columns as wide as their widest cell; the last one as it is. Empty without rows. */
function table(names: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  if (rows.length === 0) return ''
  const cells = rows.map((row) => row.map(([text, colour]): Cell => (colour === undefined ? [printable(text)] : [printable(text), colour])))
  const widths = names.map((name, column) => Math.min(60, Math.max(name.length, ...cells.map((row) => row[column]?.[0].length ?? 0))))
  const line = (row: readonly Cell[]) =>
    row
      .map(([text, colour], column) => {
        const padding = column === row.length - 1 ? '' : ' '.repeat(Math.max(0, (widths[column] ?? 0) - text.length))
        return `${colour === undefined || text === '' ? text : paint[colour](text)}${padding}`
      })
      .join('  ')
      .trimEnd()
  return `${[names.map((name): Cell => [name, 'dim']), ...cells].map((row) => `${line(row)}\n`).join('')}`
}

function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}

/** `24 s ago`: the greatest unit that says enough. */
export function ago(atSeconds: number, nowSeconds: number): string {
  const passed = Math.max(0, nowSeconds - atSeconds)
  if (passed < 90) return `${Math.round(passed)} s ago`
  if (passed < 5400) return `${Math.round(passed / 60)} min ago`
  if (passed < 129_600) return `${Math.round(passed / 3600)} h ago`
  return `${Math.round(passed / 86_400)} d ago`
}
