import { createHash } from 'node:crypto'
import type { PrimitiveId } from '../model/ids.ts'
import { typeOf } from '../model/ids.ts'
import type { OwnedVital, Reading } from '../model/kind.ts'
import { type Ledger, ledgerKey } from '../model/ledger.ts'
import type { Mark, Observed } from '../model/observation.ts'
import type { DesiredState } from '../model/plan.ts'
import type { AnyPrimitive, Spec, Subject } from '../model/primitive.ts'
import { type Target, targetFromKey, targetKey } from '../model/target.ts'
import { type Collector, type Frame, framesFunction, nestedFrames, parseFrames, sequentialFrames } from '../shell/frames.ts'
import { joinScripts, type Script, sh } from '../shell/sh.ts'
import { canEnter, shellInside } from './apply/inside.ts'
import { releaseOutcome } from './apply/message.ts'
import { turnPath } from './apply/paths.ts'
import { type RunningApply, runningApply } from './busy.ts'
import { type HostFacts, hostCollector, parseHostFacts } from './facts.ts'
import { type Instants, readInstants, uptimeFrame } from './hostClock.ts'

/** What is asked of one hypervisor in one trip. */
export interface Question {
  /** Names the shell function that the probe is kept as; moves with its text. */
  readonly id: string
  readonly functions: Script
  readonly groups: readonly Group[]
  readonly vitals: readonly OwnedVital[]
  readonly insides: readonly Target[]
}

/** Subjects of one primitive on one target. */
interface Group {
  readonly target: Target
  readonly primitive: AnyPrimitive
  readonly subjects: readonly Subject<Spec>[]
}

export interface Observation {
  readonly facts: HostFacts
  /** By ledger key. */
  readonly items: ReadonlyMap<string, Observed<unknown>>
  readonly marked: readonly { readonly target: string; readonly id: PrimitiveId; readonly mark: Mark }[]
  readonly vitals: ReadonlyMap<string, Reading>
  /** An apply that ran while this was read: what it says of the host may be half made, and nothing may be derived from it. */
  readonly busy: RunningApply | undefined
  readonly instants: Instants | undefined
  /** What was printed before the frames: the words of the message that came first. */
  readonly said: string
}

/** Names of the frames that hold others: of the hypervisor's collectors that share a process. */
const sharedFrames = ['files', 'vitals'] as const

/** How long collectors may take before they are left behind, in seconds. */
const hypervisorDeadlineSeconds = 45
const containerDeadlineSeconds = 40

/** One probe of a hypervisor with all its containers: everything wanted, and everything that the ledger still owns. */
export function askFor(desired: DesiredState, ledger: Ledger | undefined, primitives: ReadonlyMap<string, AnyPrimitive>): Question {
  const groups = groupSubjects(desired, ledger, primitives)
  const insides = containersOf(groups, desired.vitals)
  const vitals = desired.vitals.filter((vital) => vital.pace === 'trip' && 'text' in vital.probe)
  const local = { hypervisor: desired.hypervisor }
  const probes = probesOn(local, groups, desired.fleet)
  const collectors = [
    hostCollector,
    ...probes.filter((probe) => !probe.readsFilesOnly),
    ...inOneShell(
      'files',
      probes.filter((probe) => probe.readsFilesOnly),
      insides.length,
    ),
    ...inOneShell('vitals', vitalsOn(local, vitals), insides.length),
    ...insides.map((target, index) =>
      containerCollector(target, index, [...probesOn(target, groups, desired.fleet), ...vitalsOn(target, vitals)]),
    ),
  ]
  const text = collectors.map((collector) => collector.name + collector.script.text).join('\0')
  const id = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return { id, functions: framesFunction(id, collectors, hypervisorDeadlineSeconds), groups, vitals, insides }
}

/** The message that asks: the functions only where this shell does not have them yet. */
export function questionMessage(question: Question, isInstalled: boolean, boundary: string, knownLedger: string): Script {
  const call = sh`${{ text: `reeve_frames_${question.id}` }} ${boundary} ${knownLedger === '' ? 'none' : knownLedger} ${boundariesOf(question, boundary)}`
  const body = joinScripts([
    uptimeFrame('uptime-before', boundary),
    turnFrame('before', boundary),
    call,
    turnFrame('after', boundary),
    uptimeFrame('uptime-after', boundary),
    releaseOutcome,
  ])
  return isInstalled ? body : joinScripts([question.functions, body])
}

/** Starts no process. */
function turnFrame(when: 'before' | 'after', boundary: string): Script {
  return sh`reeve_turn=; [ ! -r ${turnPath} ] || read -r reeve_turn <${turnPath} || :
printf '%s begin turn-%s\n%s\n%s end 0\n' ${boundary} ${when} "$reeve_turn" ${boundary}`
}

/** The apply that began or ended last, before and after all else was read. */
function turnsOf(frames: ReadonlyMap<string, Frame>): { readonly before: string; readonly after: string } {
  const [before, after] = [frames.get('turn-before'), frames.get('turn-after')]
  if (before === undefined || after === undefined) throw new Error('the host did not answer to its end')
  return { before: before.stdout, after: after.stdout }
}

/** Reads the reply. What is missing from it is unknown, with the reason. */
export function readObservation(reply: string, boundary: string, question: Question): Observation {
  const frames = parseFrames(reply, boundary)
  const inner = question.insides.map((target, index) => ({
    target,
    outer: frames.get(targetKey(target)),
    frames: parseFrames(frames.get(targetKey(target))?.stdout ?? '', innerBoundary(boundary, index)),
    error: frames.get(`${targetKey(target)}.err`)?.stdout,
  }))
  const sharedBoundary = innerBoundary(boundary, question.insides.length)
  const here = new Map([...frames, ...sharedFrames.flatMap((name) => [...parseFrames(frames.get(name)?.stdout ?? '', sharedBoundary)])])
  const frameOf = (target: Target, name: string): Frame | string => {
    const inside = target.inside === undefined ? undefined : inner.find((one) => targetKey(one.target) === targetKey(target))
    const found = inside ? inside.frames.get(name) : here.get(name)
    if (found) return found.exitCode === 0 ? found : failureOf(found, here.get(`${name}.err`)?.stdout)
    return inside ? absenceInside(inside.outer, inside.error) : 'its probe did not end in time'
  }
  const items = new Map<string, Observed<unknown>>()
  const marked: { target: string; id: PrimitiveId; mark: Mark }[] = []
  for (const group of question.groups) readGroup(group, frameOf(group.target, group.primitive.type), items, marked)
  const vitals = new Map(question.vitals.map((vital, index) => [vitalKey(vital), readingOf(frameOf(vital.target, `vital-${index}`))]))
  const facts = parseHostFacts(frames.get('host')?.stdout)
  return {
    facts,
    items,
    marked,
    vitals,
    busy: runningApply(facts, turnsOf(frames)),
    instants: readInstants(frames, facts),
    said: reply.slice(0, Math.max(0, reply.indexOf(`${boundary} begin `))),
  }
}

/** Unique name of a vital on its target. */
export function vitalKey(vital: OwnedVital): string {
  return `${targetKey(vital.target)} ${vital.owner} ${vital.id}`
}

/** One for each container, and one for what shares a process on the hypervisor. */
function boundariesOf(question: Question, boundary: string): readonly string[] {
  return Array.from({ length: question.insides.length + 1 }, (_, index) => innerBoundary(boundary, index))
}

/** The argument of the question's function that holds the boundary with this index: its own boundary and the ledger's sum stand before them. */
function boundaryArgument(index: number): Script {
  return { text: `"\${${index + 3}}"` }
}

function innerBoundary(boundary: string, index: number): string {
  return createHash('sha256').update(`${boundary} inside ${index}`).digest('hex').slice(0, 32)
}

function groupSubjects(desired: DesiredState, ledger: Ledger | undefined, primitives: ReadonlyMap<string, AnyPrimitive>): readonly Group[] {
  const groups = new Map<string, { target: Target; primitive: AnyPrimitive; subjects: Subject<Spec>[] }>()
  const seen = new Set<string>()
  const put = (target: Target, id: PrimitiveId, spec?: Spec): void => {
    const primitive = primitives.get(typeOf(id))
    const key = ledgerKey(targetKey(target), id)
    if (primitive === undefined || seen.has(key)) return
    seen.add(key)
    const place = `${targetKey(target)} ${primitive.type}`
    const group = groups.get(place) ?? { target, primitive, subjects: [] }
    group.subjects.push(spec ? { id, spec } : { id })
    groups.set(place, group)
  }
  for (const item of desired.items) put(item.target, item.spec.id, item.spec)
  for (const entry of ledger?.entries.values() ?? []) put(targetFromKey(desired.hypervisor, entry.target), entry.id)
  return [...groups.values()]
}

function containersOf(groups: readonly Group[], vitals: readonly OwnedVital[]): readonly Target[] {
  const targets = [...groups.map((group) => group.target), ...vitals.filter((vital) => vital.pace === 'trip').map((vital) => vital.target)]
  const inside = new Map(targets.flatMap((target) => (target.inside === undefined ? [] : [[targetKey(target), target] as const])))
  return [...inside.values()].sort((one, other) => (targetKey(one) < targetKey(other) ? -1 : 1))
}

interface Probe extends Collector {
  readonly readsFilesOnly: boolean
}

function probesOn(target: Target, groups: readonly Group[], fleet: string): readonly Probe[] {
  const key = targetKey(target)
  const own = groups.filter((group) => targetKey(group.target) === key)
  return own.map(({ primitive, subjects }) => ({
    name: primitive.type,
    script: primitive.probe(subjects, fleet),
    readsFilesOnly: primitive.readsFilesOnly === true,
  }))
}

function vitalsOn(target: Target, vitals: readonly OwnedVital[]): readonly Collector[] {
  const key = targetKey(target)
  return vitals.flatMap((vital, index) =>
    targetKey(vital.target) === key && 'text' in vital.probe ? [{ name: `vital-${index}`, script: vital.probe }] : [],
  )
}

/** One after another, in a process that they share: what only reads files gains nothing from running side by side, and there is a vital for each container. */
function inOneShell(name: (typeof sharedFrames)[number], collectors: readonly Collector[], boundaryIndex: number): readonly Collector[] {
  if (collectors.length === 0) return []
  return [{ name, script: joinScripts([sh`set -- ${boundaryArgument(boundaryIndex)}`, nestedFrames(collectors)]) }]
}

function containerCollector(target: Target, index: number, collectors: readonly Collector[]): Collector {
  const marker = `REEVE_INSIDE_${createHash('sha256').update(targetKey(target)).digest('hex').slice(0, 12)}`
  const boundary = boundaryArgument(index)
  const body: Script = {
    text: `${shellInside(target, containerDeadlineSeconds).text} ${boundary.text} <<'${marker}'\nLC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport LC_ALL PATH\n${sequentialFrames(collectors).text}\n${marker}`,
  }
  return { name: targetKey(target), script: joinScripts([canEnter(target), body]) }
}

function failureOf(frame: Frame, stderr: string | undefined): string {
  const detail = (stderr ?? '').trim().split('\n').at(-1) ?? ''
  return `its probe failed with status ${frame.exitCode}${detail === '' ? '' : `: ${detail}`}`
}

function absenceInside(outer: Frame | undefined, error: string | undefined): string {
  if (outer === undefined) return 'the container did not answer in time'
  const detail = (error ?? '').trim().split('\n').at(-1) ?? ''
  return detail === '' ? 'the container could not be entered' : detail
}

function readGroup(
  group: Group,
  frame: Frame | string,
  items: Map<string, Observed<unknown>>,
  marked: { target: string; id: PrimitiveId; mark: Mark }[],
): void {
  const target = targetKey(group.target)
  const unknown = (reason: string): void => {
    for (const subject of group.subjects) items.set(ledgerKey(target, subject.id), { status: 'unknown', reason })
  }
  if (typeof frame === 'string') {
    unknown(frame)
    return
  }
  try {
    const parsed = group.primitive.parse(frame.stdout, group.subjects)
    for (const subject of group.subjects)
      items.set(
        ledgerKey(target, subject.id),
        parsed.items.get(subject.id) ?? { status: 'unknown', reason: 'the probe did not mention it' },
      )
    for (const { id, mark } of parsed.marked ?? []) marked.push({ target, id, mark })
  } catch (error) {
    unknown(`its probe answered something unexpected: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readingOf(frame: Frame | string): Reading {
  return typeof frame === 'string' ? { status: 'unknown', stdout: '', reason: frame } : { status: 'read', stdout: frame.stdout, reason: '' }
}
