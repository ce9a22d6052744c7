import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Known, Mark, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { escapePath, type FstabLine, ownerOfLine, readFstab, unescapePath } from '../../shell/fstab.ts'
import { mapperName } from '../logicalVolume/spec.ts'
import { type MountSpec, mountId } from './spec.ts'

/** A mount as the kernel lists it (proc(5), mountinfo). */
export interface LiveMount {
  /** `253:0`: names move (lvrename), numbers do not. */
  readonly device: string
  readonly root: string
  readonly target: string
  readonly flags: readonly string[]
  readonly format: string
  readonly source: string
}

/** All that stands at a mount point, and around it. */
export interface MountState {
  /** Bottom first; more than one hide each other. */
  readonly here: readonly LiveMount[]
  readonly lines: readonly FstabLine[]
  /** Number of the wanted device; undefined where there is none. */
  readonly device: string | undefined
  /** Sources in fstab that lead to the wanted device. */
  readonly sameSources: readonly string[]
  /** Where else the wanted device is mounted in our namespace. */
  readonly elsewhere: readonly string[]
  /** How many have the wanted device open; undefined where nobody asked. */
  readonly openCount: number | undefined
  /** What is at the path while nothing is mounted there. */
  readonly directory: 'mounted' | 'missing' | 'empty' | 'filled' | 'file' | 'link'
  readonly owner: string
  readonly group: string
  /** Four octal digits. */
  readonly mode: string
}

/** Throws where the answer is cut short. */
export function parse(stdout: string, subjects: readonly Subject<MountSpec>[]): Parsed<MountState> {
  if (subjects.length === 0) return { items: new Map() }
  const lines = stdout.split('\n')
  const [fstab, end] = [lines.indexOf('fstab'), lines.indexOf('end')]
  if (lines.at(-2) !== 'done' || fstab === -1 || end === -1) throw new Error('the answer is cut short')
  const answer: Answer = {
    mounts: lines.slice(0, fstab).map(readMount),
    fstab: readFstab(lines.slice(fstab + 1, end).join('\n')),
    facts: lines.slice(end + 1, -2),
  }
  const asked = new Set(subjects.map(({ id }) => keyOf(id)))
  return {
    items: new Map(subjects.map(({ id, spec }) => [id, observe(keyOf(id), spec, answer)])),
    marked: answer.fstab.filter(({ target }) => !asked.has(target)).flatMap(markedLine),
  }
}

interface Answer {
  readonly mounts: readonly LiveMount[]
  readonly fstab: readonly FstabLine[]
  readonly facts: readonly string[]
}

function observe(path: string, spec: MountSpec | undefined, answer: Answer): Known<MountState> {
  const state = stateOf(path, spec, answer)
  if (state.here.length === 0 && state.lines.length === 0) return { status: 'absent', around: state }
  const mark = state.lines.map(ownerOfLine).find((one) => one !== undefined)
  return { status: 'present', state, ...(mark === undefined ? {} : { mark }) }
}

function stateOf(path: string, spec: MountSpec | undefined, { mounts, fstab, facts }: Answer): MountState {
  const asked = spec === undefined ? undefined : numbered(spec.device, readStat(facts, spec.device)?.number)
  const all = asked === undefined ? mounts : mounts.map((one) => withTrueDevice(one, asked))
  const here = all.filter(({ target }) => target === path)
  const escaped = escapePath(path)
  const stat = readStat(facts, path)
  const device = spec === undefined ? here.at(-1)?.device : asked?.number
  const kind = facts.map((fact) => /^(missing|empty|filled|file|link) (.*)$/.exec(fact)).find((match) => match?.[2] === escaped)?.[1]
  return {
    here,
    lines: fstab.filter(({ target }) => target === path),
    device,
    sameSources: facts.filter((fact) => fact.startsWith(`same ${escaped} `)).map((fact) => fact.slice(`same ${escaped} `.length)),
    elsewhere: all.filter((one) => one.device === device && one.target !== path).map(({ target }) => target),
    openCount: device === undefined ? undefined : readOpenCount(facts, device),
    directory: (kind as MountState['directory'] | undefined) ?? 'mounted',
    owner: stat?.owner ?? '',
    group: stat?.group ?? '',
    mode: stat?.mode ?? '',
  }
}

interface Numbered {
  readonly names: readonly string[]
  readonly number: string
}

/** A device with its number, and the names that the kernel may show for it: as it was mounted, or as udev told it of. */
function numbered(device: string, number: string | undefined): Numbered | undefined {
  const [, group = '', volume = ''] = /^\/dev\/([^/]+)\/([^/]+)$/.exec(device) ?? []
  if (number === undefined) return undefined
  return { number, names: [device, `/dev/mapper/${mapperName(group, volume)}`, `/dev/dm-${number.split(':')[1]}`] }
}

/** btrfs shows a number of its own (0:N) for what may lie on many devices: there the name of the device tells. */
function withTrueDevice(mount: LiveMount, { names, number }: Numbered): LiveMount {
  return mount.format === 'btrfs' && names.includes(mount.source) ? { ...mount, device: number } : mount
}

/** `36 35 98:0 /root /target rw,noatime shared:1 - ext4 /dev/root rw,errors=continue`, with any number of tags before the dash. */
function readMount(line: string): LiveMount {
  const [, device, root, target, flags, format, source, superFlags] =
    /^\d+ \d+ (\d+:\d+) (\S+) (\S+) (\S+) (?:\S+ )*?- (\S+) (\S*) ?(\S*)$/.exec(line) ?? []
  if (device === undefined || target === undefined || flags === undefined)
    throw new Error(`not a line of mountinfo: ${JSON.stringify(line.slice(0, 100))}`)
  const isReadOnly = (superFlags ?? '').split(',').includes('ro')
  const words = flags.split(',')
  return {
    device,
    root: unescapePath(root ?? ''),
    target: unescapePath(target),
    flags: isReadOnly && !words.includes('ro') ? ['ro', ...words] : words,
    format: format ?? '',
    source: unescapePath(source ?? ''),
  }
}

interface Stat {
  readonly number: string
  readonly owner: string
  readonly group: string
  readonly mode: string
}

/** Device numbers come in hexadecimal (stat(1), %t and %T). */
function readStat(facts: readonly string[], name: string): Stat | undefined {
  for (const fact of facts) {
    const [, major, minor, mode, owner, group, found] = /^stat ([0-9a-f]+):([0-9a-f]+) (\d+) (\S+) (\S+) (.*)$/.exec(fact) ?? []
    if (found !== name || major === undefined || minor === undefined || mode === undefined) continue
    const number = `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`
    return { number, owner: owner ?? '', group: group ?? '', mode: mode.padStart(4, '0') }
  }
  return undefined
}

function readOpenCount(facts: readonly string[], device: string): number | undefined {
  const [major, minor] = device.split(':')
  const fact = facts.find((one) => one.startsWith(`open ${major} ${minor} `))
  return fact === undefined ? undefined : Number(fact.split(' ')[3])
}

function markedLine(line: FstabLine): readonly { id: PrimitiveId; mark: Mark }[] {
  const mark: Mark | undefined = ownerOfLine(line)
  return mark === undefined || /[\0-\x1f\x7f]/.test(line.target) || line.target === '' ? [] : [{ id: mountId(line.target), mark }]
}
