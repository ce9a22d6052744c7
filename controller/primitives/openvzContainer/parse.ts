import { keyOf, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { Mark, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { linesByFile } from '../../shell/linesByFile.ts'
import { readConf } from './conf.ts'
import { placesOf } from './places.ts'
import { probeEnd } from './probe.ts'
import { type Beancounter, isCtid, type OpenvzContainerSpec, type OpenvzContainerState } from './spec.ts'

/** The probe's answer, sorted. */
interface Answer {
  /** Exit status of vzlist; undefined where it is not installed. */
  readonly vzlist: number | undefined
  /** CTID → status, as vzlist says it. */
  readonly states: ReadonlyMap<string, string>
  /** Paths of the configurations. */
  readonly names: ReadonlySet<string>
  /** CTIDs whose private area holds something. */
  readonly filled: ReadonlySet<string>
  /** CTID → name of the counter → its row. */
  readonly counters: ReadonlyMap<string, Readonly<Record<string, Beancounter>>>
  /** Path → text. */
  readonly files: ReadonlyMap<string, string>
}

const statuses = ['running', 'stopped', 'mounted', 'suspended']

/** Turns the probe's stdout into states. Throws when it was cut off: then nothing is known of any container. */
export function parse(stdout: string, subjects: readonly Subject<OpenvzContainerSpec>[]): Parsed<OpenvzContainerState> {
  const answer = readAnswer(stdout)
  const items = new Map<PrimitiveId, Observed<OpenvzContainerState>>()
  for (const { id } of subjects) items.set(id, observe(keyOf(id), answer))
  return { items, marked: markedOthers(answer, new Set(items.keys())) }
}

function observe(ctid: string, answer: Answer): Observed<OpenvzContainerState> {
  const { conf: path } = placesOf(ctid)
  const conf = answer.files.get(path)
  const status = answer.states.get(ctid)
  if (conf === undefined) return absence(ctid, status, answer)
  const running = runningState(ctid, status, answer)
  if (running === undefined) return { status: 'unknown', reason: whyUnknown(ctid, status, answer) }
  const counters = running === 'running' ? (answer.counters.get(ctid) ?? {}) : {}
  const { mark } = readConf(conf)
  const state: OpenvzContainerState = { conf, running, hasPrivateArea: answer.filled.has(ctid), counters }
  return { status: 'present', state, ...(mark === undefined ? {} : { mark: { fleet: mark.fleet, owner: mark.owner } }) }
}

function absence(ctid: string, status: string | undefined, answer: Answer): Observed<OpenvzContainerState> {
  const { conf: path } = placesOf(ctid)
  if (answer.names.has(path)) return { status: 'unknown', reason: `${path} is empty or could not be read` }
  if (status === undefined && (answer.vzlist === 0 || answer.names.size === 0)) return { status: 'absent' }
  if (status === undefined) return { status: 'unknown', reason: whyUnknown(ctid, status, answer) }
  return { status: 'unknown', reason: `container ${ctid} is ${status}, but ${path} is gone; put it back from a copy` }
}

/** vzlist leaves out what has no private area, unless it runs: only then is its silence an answer. */
function runningState(ctid: string, status: string | undefined, answer: Answer): OpenvzContainerState['running'] | undefined {
  if (answer.vzlist !== 0) return undefined
  if (status === undefined) return answer.filled.has(ctid) ? undefined : 'stopped'
  if (status === 'running' || status === 'suspended') return status
  return statuses.includes(status) ? 'stopped' : undefined
}

function whyUnknown(ctid: string, status: string | undefined, { vzlist }: Answer): string {
  if (vzlist === undefined) return `${placesOf(ctid).conf} is there, but vzlist is not installed (package vzctl)`
  if (vzlist !== 0) return `vzlist ended with status ${vzlist}`
  return status === undefined
    ? `vzlist does not show container ${ctid}, though its configuration and its private area are there`
    : `vzlist says that container ${ctid} is ${JSON.stringify(status.slice(0, 40))}`
}

function markedOthers(answer: Answer, asked: ReadonlySet<PrimitiveId>): readonly { readonly id: PrimitiveId; readonly mark: Mark }[] {
  return [...answer.files].flatMap(([path, text]) => {
    const ctid = /\/(\d+)\.conf$/.exec(path)?.[1] ?? ''
    const { mark } = readConf(text)
    if (!isCtid(ctid) || mark === undefined) return []
    const id = primitiveId('openvzContainer', ctid)
    return asked.has(id) ? [] : [{ id, mark: { fleet: mark.fleet, owner: mark.owner } }]
  })
}

function readAnswer(stdout: string): Answer {
  const end = `\n${probeEnd}`
  const heads = ['== private', '== counters', '== files'].map((head) => stdout.indexOf(`\n${head}\n`))
  const [privates = -1, counters = -1, files = -1] = heads
  const first = /^== vzlist (none|\d{1,3})\n/.exec(stdout)
  if (!first || heads.includes(-1) || privates > counters || counters > files || !stdout.trimEnd().endsWith(end))
    throw new Error('the answer about containers was cut off')
  const listed = stdout.slice(privates, counters).split('\n')
  return {
    vzlist: first[1] === 'none' ? undefined : Number(first[1]),
    states: readStates(stdout.slice(first[0].length, privates)),
    names: new Set(listed.filter((line) => line.startsWith('/'))),
    filled: new Set(listed.filter(isCtid)),
    counters: readCounters(stdout.slice(counters, files)),
    files: linesByFile(stdout.slice(files + '\n== files\n'.length, stdout.lastIndexOf(end) + 1)),
  }
}

/** A line that is not CTID and one word is no answer about any container. */
function readStates(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const match = /^\s*(\d{1,10})\s+(\S+)\s*$/.exec(line)
      return match ? [[match[1] ?? '', match[2] ?? ''] as const] : []
    }),
  )
}

/** proc(5) of OpenVZ: `N:` begins a container's rows; held, maxheld, barrier, limit, failcnt. */
export function readCounters(text: string): ReadonlyMap<string, Readonly<Record<string, Beancounter>>> {
  const all = new Map<string, Record<string, Beancounter>>()
  let rows: Record<string, Beancounter> = {}
  for (const line of text.split('\n')) {
    const match = /^\s*(?:(\d{1,10}):)?\s*([a-z]+)\s+(\d{1,20})\s+\d{1,20}\s+(\d{1,20})\s+(\d{1,20})\s+\d{1,20}\s*$/.exec(line)
    if (!match) continue
    const [, ctid, name = '', held = '', barrier = '', limit = ''] = match
    if (ctid !== undefined) {
      rows = {}
      all.set(ctid, rows)
    }
    if (name !== 'dummy') rows[name] = { held: BigInt(held), barrier: BigInt(barrier), limit: BigInt(limit) }
  }
  return all
}
