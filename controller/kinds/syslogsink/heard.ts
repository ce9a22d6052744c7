import { type Forwarded, forwardedBy } from './client.ts'
import { type Sender, sendsKernelLog } from './places.ts'
import { facilities, isSelected, type Selection, severities, union } from './selector.ts'

/** A line that a sender writes about itself: what of it must arrive, and what must not. */
export interface ProbeLine {
  readonly facility: number
  readonly severity: number
  readonly kind: 'selected' | 'below'
}

/** Nobody is woken for a probe: emerg goes to every terminal, and the kernel's facility is not for programs. */
const usable = { facility: (number: number) => number !== 0 && (facilities[number] ?? '') !== '', severity: (number: number) => number > 0 }

/** One line for each selector, the least severe that it lets through, and one that none lets through, where there is such a one. */
export function probeLines(sender: Sender): readonly ProbeLine[] {
  const forwarded = forwardedBy(sender.client)
  const lines = forwarded.flatMap((one) => lineFor(one) ?? [])
  const unique = [...new Map(lines.map((line) => [`${line.facility}.${line.severity}`, line])).values()]
  return [...unique, ...below(sender, forwarded, unique)]
}

function lineFor({ selection }: Forwarded): ProbeLine | undefined {
  return find((facility, severity) => isSelected(selection, facility, severity), 'selected')
}

function below(sender: Sender, forwarded: readonly Forwarded[], beside: readonly ProbeLine[]): readonly ProbeLine[] {
  const all: Selection = union(forwarded.map(({ selection }) => selection))
  const near = new Set(beside.map(({ facility }) => facility))
  const isOut = (facility: number, severity: number) => !isSelected(all, facility, severity)
  const found = find((facility, severity) => near.has(facility) && isOut(facility, severity), 'below') ?? find(isOut, 'below')
  return found === undefined || (found.facility === 0 && sendsKernelLog(sender)) ? [] : [found]
}

/** user first: it is what programs log as by default. */
const order = [1, ...facilities.keys()]

function find(is: (facility: number, severity: number) => boolean, kind: ProbeLine['kind']): ProbeLine | undefined {
  for (const facility of order.filter(usable.facility)) {
    for (const severity of [...severities.keys()].reverse().filter(usable.severity))
      if (is(facility, severity)) return { facility, severity, kind }
  }
  return undefined
}

/** What of a sender the sink has heard. Seconds since the epoch by the sink's clock. */
export interface Heard {
  readonly selected?: number
  readonly below?: number
}

export interface SinkReading {
  readonly nowSeconds: number
  /** When its configuration was written last. */
  readonly sinceSeconds: number
  readonly freeBytes: number | undefined
  readonly senders: ReadonlyMap<string, Heard>
}

/** What the sink's probe printed; a string says why that cannot be believed. */
export function readSink(stdout: string): SinkReading | string {
  const [, now] = /^now (\d{1,12})$/m.exec(stdout) ?? []
  const [, since] = /^since (\d{1,12})$/m.exec(stdout) ?? []
  if (now === undefined || since === undefined) return 'the sink did not say what it heard'
  const [, blocks, size] = /^free (\d{1,18}) (\d{1,9})$/m.exec(stdout) ?? []
  const senders = new Map<string, Heard>()
  for (const [, at, key = '', kind] of stdout.matchAll(/^heard (\d{1,12}) ([A-Za-z0-9:/.-]{1,200}) (selected|below)$/gm)) {
    // A line from the future is not the sink's own.
    if (Number(at) <= Number(now) + 60) senders.set(key, { ...senders.get(key), [kind as 'selected' | 'below']: Number(at) })
  }
  const freeBytes = blocks === undefined ? undefined : Number(blocks) * Number(size)
  return { nowSeconds: Number(now), sinceSeconds: Number(since), freeBytes, senders }
}
