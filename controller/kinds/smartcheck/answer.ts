import type { Device } from './devices.ts'
import { byId, pathOf } from './devices.ts'
import type { SmartCheckSpec } from './spec.ts'

/** What the probe told of one listed disk. */
export interface DiskAnswer {
  /** Exit status of smartctl; undefined where it did not end in time. */
  readonly exitStatus: number | undefined
  readonly isAsleep: boolean
  /** Its answer, or the last one of a disk asleep; undefined where there is none or it makes no sense. */
  readonly json: unknown
}

export interface Answer {
  /** By the place of the disk in the manifest. */
  readonly disks: ReadonlyMap<number, DiskAnswer>
  /** Names of /dev/disk/by-id → kernel's name, `sda`. */
  readonly links: ReadonlyMap<string, string>
  /** Kernel's names of the disks that answered, `sda`; undefined where that is not known. */
  readonly present: readonly string[] | undefined
  /** How smartctl speaks to them, option -d: `sda` → `sat`. */
  readonly types: ReadonlyMap<string, string>
}

const mostLinks = 4096

/** Reads what the probe printed; a string says why it says nothing. */
export function readAnswer(stdout: string): Answer | string {
  const lines = stdout.trimEnd().split('\n')
  if (lines.at(-1) !== 'done') return 'the answer was cut short'
  const links = lines.flatMap((line) => (/^link (\S+) (\S+)$/.exec(line) ? [line.split(' ')] : [])).slice(0, mostLinks)
  const scan = lines.find((line) => line.startsWith('scan '))
  const present = scan === undefined ? undefined : devicesIn(parsed(scan.slice(5)))
  return {
    disks: new Map(lines.flatMap(diskOf)),
    links: new Map(links.map(([, name = '', to = '']) => [name, to.slice(to.lastIndexOf('/') + 1)])),
    present: present?.map(([name]) => name),
    types: new Map(present ?? []),
  }
}

function diskOf(line: string): readonly (readonly [number, DiskAnswer])[] {
  const match = /^disk (\d{1,3}) (\d{1,3}|none) (fresh|asleep) (.*)$/.exec(line)
  if (!match) return []
  const [, index = '', status = '', how = '', text = ''] = match
  return [[Number(index), { exitStatus: status === 'none' ? undefined : Number(status), isAsleep: how === 'asleep', json: parsed(text) }]]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function devicesIn(scan: unknown): readonly (readonly [name: string, type: string])[] | undefined {
  if (typeof scan !== 'object' || scan === null) return undefined
  const devices = 'devices' in scan ? scan.devices : []
  if (!Array.isArray(devices)) return undefined
  return devices.flatMap((device: unknown) => {
    const name = typeof device === 'object' && device !== null && 'name' in device ? device.name : undefined
    const type = typeof device === 'object' && device !== null && 'type' in device ? device.type : undefined
    const known = typeof type === 'string' && /^[a-z0-9+,/]{1,40}$/.test(type) ? type : 'auto'
    return typeof name === 'string' && /^\/dev\/[A-Za-z0-9/_.-]{1,100}$/.test(name) ? [[name.slice(5), known] as const] : []
  })
}

/** Kernel's name of a listed disk, as smartctl scans it (an NVMe disk by its controller); undefined where it is not there. */
export function kernelName(device: Device, { links }: Answer): string | undefined {
  const path = pathOf(device)
  const name = device.id === undefined ? (path.startsWith(`${byId}/`) ? undefined : path.slice('/dev/'.length)) : links.get(device.id)
  return name === undefined ? undefined : controllerOf(name)
}

function controllerOf(name: string): string {
  return /^(nvme\d+)n\d+$/.exec(name)?.[1] ?? name
}

/** A disk that is there and that no manifest lists. */
export interface Stranger {
  /** The name to list it by: of /dev/disk/by-id, where udev gave it one. */
  readonly name: string
  readonly type: string
}

/** Disks that are there and are not listed, as far as they are looked for. */
export function unlisted({ devices, discover = {} }: Pick<SmartCheckSpec, 'devices' | 'discover'>, answer: Answer): readonly Stranger[] {
  const listed = devices.map((device) => kernelName(device, answer))
  const { include = ['*'], exclude = [] } = discover
  const fits = (patterns: readonly string[], name: string): boolean => patterns.some((pattern) => isLike(pattern, name))
  return (answer.present ?? [])
    .filter((name) => !listed.includes(name))
    .map((name) => ({ name: bestName(name, answer), type: answer.types.get(name) ?? 'auto' }))
    .filter(({ name }) => fits(include, name) && !fits(exclude, name))
}

/** As the shell's, but that `*` also stands for a slash: a disk without a name of udev is told as /dev/sda. By turns, for an expression could take years. */
function isLike(pattern: string, name: string): boolean {
  let [at, read, star, back] = [0, 0, -1, 0]
  while (read < name.length) {
    if (pattern[at] === '*') [star, back, at] = [at, read, at + 1]
    else if (pattern[at] === '?' || pattern[at] === name[read]) [at, read] = [at + 1, read + 1]
    else if (star === -1) return false
    else [at, back, read] = [star + 1, back + 1, back + 1]
  }
  return /^\**$/.test(pattern.slice(at))
}

function bestName(name: string, { links }: Answer): string {
  const names = [...links].filter(([link, to]) => controllerOf(to) === name && !/-part\d+$/.test(link)).map(([link]) => link)
  return names.find((link) => /^(ata|nvme|scsi)-(?!eui\.|\d)/.test(link)) ?? names[0] ?? `/dev/${name}`
}
