import { keyOf, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { Known, Mark, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { linesByFile } from '../../shell/linesByFile.ts'
import { type Hierarchy, legacyFolder, lifeFolder, unifiedFolder } from './cgroup.ts'
import { readConfig } from './config.ts'
import { readWeight, toWeigher, weightFiles, weightPath } from './io.ts'
import { canonicalLimit, canonicalMemory, limitDefaults, limitKey } from './keys.ts'
import { fromLegacy, legacyFiles } from './legacy.ts'
import { probeEnd } from './probe.ts'
import type { LxcContainerSpec, LxcContainerState } from './spec.ts'
import { recentStarts } from './starts.ts'

/** The probe's answer, sorted. */
interface Answer {
  readonly hierarchy: Hierarchy
  readonly names: ReadonlySet<string>
  readonly partial: ReadonlySet<string>
  readonly onlineCpus: string | undefined
  /** What weighs disks; undefined where it was not asked, empty where nothing does. */
  readonly weigher: string | undefined
  /** Start of init, by container, in seconds since the epoch. */
  readonly startedAt: ReadonlyMap<string, number>
  readonly inodes: ReadonlyMap<string, { readonly inode: string; readonly changedAt: number }>
  /** Path → text. */
  readonly files: ReadonlyMap<string, string>
}

const ticksPerSecond = 100

/** Turns the probe's stdout into states. Throws when it was cut off: then nothing is known of any container. */
export function parse(stdout: string, subjects: readonly Subject<LxcContainerSpec>[]): Parsed<LxcContainerState> {
  const answer = readAnswer(stdout)
  const items = new Map<PrimitiveId, Observed<LxcContainerState>>()
  for (const { id } of subjects) items.set(id, observe(keyOf(id), answer))
  return { items, marked: markedOthers(answer, new Set(items.keys())) }
}

function observe(name: string, answer: Answer): Observed<LxcContainerState> {
  const config = answer.files.get(configPath(name))
  if (!answer.names.has(name)) return absentUnlessAlive(name, answer)
  if (config === undefined) return { status: 'unknown', reason: `${configPath(name)} is empty or could not be read` }
  const running = runningState(name, answer)
  const state: LxcContainerState = {
    config,
    isPartial: answer.partial.has(name),
    running,
    hierarchy: answer.hierarchy,
    live: running === 'stopped' ? {} : liveLimits(name, answer),
    memoryNeededBytes: memoryNeeded(name, answer),
    started: running === 'stopped' ? undefined : startedConfig(name, config, answer),
    starts: recentStarts(answer.files.get(`/run/reeve/lxc/${name}.starts`) ?? '', answer.inodes.get('/proc/self/.')?.changedAt),
    onlineCpus: answer.onlineCpus,
    ...ioOf(name, answer),
  }
  const { mark } = readConfig(config)
  return { status: 'present', state, ...(mark === undefined ? {} : { mark }) }
}

/** Someone took the config away from under a running container: not absent, and nothing to build over. */
function absentUnlessAlive(
  name: string,
  answer: Answer,
): Known<LxcContainerState> | { readonly status: 'unknown'; readonly reason: string } {
  if (runningState(name, answer) === 'stopped') return { status: 'absent' }
  return {
    status: 'unknown',
    reason: `${name} runs, but ${configPath(name)} is gone; put it back from a copy, or stop the container's init`,
  }
}

function runningState(name: string, answer: Answer): LxcContainerState['running'] {
  const file = (path: string): string | undefined => answer.files.get(`${lifeFolder(name, answer.hierarchy)}/${path}`)
  if (answer.hierarchy === 'v1') {
    if (!/\d/.test(file('cgroup.procs') ?? '')) return 'stopped'
    return file('freezer.state')?.trim() === 'FROZEN' ? 'frozen' : 'running'
  }
  if (!file('cgroup.events')?.split('\n').includes('populated 1')) return 'stopped'
  return file('cgroup.freeze')?.trim() === '1' ? 'frozen' : 'running'
}

function liveLimits(name: string, answer: Answer): Readonly<Record<string, string>> {
  const read = answer.hierarchy === 'v2' ? unifiedLimits(name, answer) : legacyLimits(name, answer)
  return Object.fromEntries(Object.entries(read).map(([file, value]) => [limitKey(file), canonicalLimit(file, value)]))
}

function unifiedLimits(name: string, { files }: Answer): Readonly<Record<string, string>> {
  const read = Object.keys(limitDefaults).map((file) => [file, files.get(`${unifiedFolder(name)}/${file}`)?.trim()] as const)
  return Object.fromEntries(read.flatMap(([file, value]) => (value === undefined ? [] : [[file, value]])))
}

function legacyLimits(name: string, { files }: Answer): Readonly<Record<string, string>> {
  const read = legacyFiles.map((file) => [file, files.get(`${legacyFolder(name, file.split('.')[0] ?? '')}/${file}`)?.trim()] as const)
  return fromLegacy(Object.fromEntries(read.flatMap(([file, value]) => (value === undefined ? [] : [[file, value]]))), canonicalMemory)
}

/** Weights are read always, so that one that nobody asks for any more goes back to the kernel's. */
function ioOf(name: string, { files, hierarchy, weigher }: Answer): Pick<LxcContainerState, 'io'> {
  const read = weightFiles(hierarchy).map((file) => [file, readWeight(files.get(weightPath(name, hierarchy, file)))] as const)
  const weights = Object.fromEntries(read.flatMap(([file, value]) => (value === undefined ? [] : [[file, value]])))
  if (weigher === undefined && Object.keys(weights).length === 0) return {}
  return { io: { weigher: toWeigher(weigher), weights } }
}

/** The kernel's copies of files are the first to go: they are not needed. */
function memoryNeeded(name: string, { hierarchy, files }: Answer): bigint | undefined {
  const folder = hierarchy === 'v2' ? unifiedFolder(name) : legacyFolder(name, 'memory')
  const used = toBytes(files.get(`${folder}/${hierarchy === 'v2' ? 'memory.current' : 'memory.usage_in_bytes'}`))
  if (used === undefined) return undefined
  const lines = (files.get(`${folder}/memory.stat`) ?? '').split('\n')
  const copies = hierarchy === 'v2' ? /^(?:in)?active_file (\d+)$/ : /^total_(?:in)?active_file (\d+)$/
  const cached = lines.reduce((sum, line) => sum + (toBytes(copies.exec(line)?.[1]) ?? 0n), 0n)
  return cached > used ? 0n : used - cached
}

/** The config that was recorded at this very start; else the file, if it is older than the start; else it cannot be told. */
function startedConfig(name: string, config: string, answer: Answer): string | undefined {
  const inode = answer.inodes.get(lifeFolder(name, answer.hierarchy))?.inode
  const record = answer.files.get(`/run/reeve/lxc/${name}.started`)
  const end = record?.indexOf('\n') ?? -1
  if (record !== undefined && inode !== undefined && record.slice(0, end) === `# cgroup ${inode}`) return record.slice(end + 1)
  const startedAt = answer.startedAt.get(name)
  const writtenAt = answer.inodes.get(configPath(name))?.changedAt
  return startedAt !== undefined && writtenAt !== undefined && writtenAt <= startedAt ? config : undefined
}

function markedOthers(answer: Answer, asked: ReadonlySet<PrimitiveId>): readonly { readonly id: PrimitiveId; readonly mark: Mark }[] {
  return [...answer.names].flatMap((name) => {
    const id = primitiveId('lxcContainer', name)
    const mark = readConfig(answer.files.get(configPath(name)) ?? '').mark
    return mark === undefined || asked.has(id) ? [] : [{ id, mark }]
  })
}

function readAnswer(stdout: string): Answer {
  const filesAt = stdout.indexOf('\n== files\n')
  const end = `\n${probeEnd}`
  if (filesAt === -1 || !stdout.trimEnd().endsWith(end)) throw new Error('the answer about containers was cut off')
  const head = stdout.slice(0, filesAt).split('\n')
  const inodes = readInodes(head.slice(head.indexOf('== stat') + 1))
  const hierarchy = argumentsOf('cgroup', head)[0]
  if (hierarchy !== 'v1' && hierarchy !== 'v2') throw new Error('the answer about containers does not say how the kernel keeps them')
  return {
    hierarchy,
    names: new Set(argumentsOf('container', head)),
    partial: new Set(argumentsOf('partial', head)),
    onlineCpus: argumentsOf('cpus', head)[0] || undefined,
    weigher: argumentsOf('io', head)[0],
    startedAt: readStarts(head, inodes.get('/proc/self/.')?.changedAt),
    inodes,
    files: linesByFile(stdout.slice(filesAt + '\n== files\n'.length, stdout.lastIndexOf(end) + 1)),
  }
}

function argumentsOf(word: string, lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith(`== ${word} `)).map((line) => line.slice(word.length + 4))
}

function readInodes(lines: readonly string[]): Answer['inodes'] {
  return new Map(
    lines.flatMap((line) => {
      const match = /^(\d+) (\d+) (\S+)$/.exec(line)
      return match ? [[match[3] ?? '', { inode: match[1] ?? '', changedAt: Number(match[2]) }] as const] : []
    }),
  )
}

/** The name of a process may hold spaces and parentheses: fields are counted from the last one. */
function readStarts(lines: readonly string[], now: number | undefined): ReadonlyMap<string, number> {
  const uptime = Number(argumentsOf('uptime', lines)[0] || Number.NaN)
  const starts = new Map<string, number>()
  for (const line of argumentsOf('init', lines)) {
    const ticks = Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? Number.NaN)
    const name = line.split(' ')[0] ?? ''
    if (now !== undefined && Number.isFinite(ticks) && Number.isFinite(uptime)) starts.set(name, now - uptime + ticks / ticksPerSecond)
  }
  return starts
}

function configPath(name: string): string {
  return `/var/lib/lxc/${name}/config`
}

function toBytes(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d{1,19}$/.test(text.trim()) ? BigInt(text.trim()) : undefined
}
