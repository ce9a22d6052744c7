import { gunzipSync } from 'node:zlib'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { type AskedDevice, askedDevices } from './probe.ts'
import type { FilesystemSpec, FilesystemState } from './spec.ts'
import { deepBytes, readSuperblock, type Superblock, superblockBytes } from './superblock.ts'

/** A volume without a filesystem, as the diff needs it. Absent altogether where there is no volume either. */
export interface BlankVolume {
  readonly tags: readonly string[]
  /** The first bytes are zero, as lvcreate leaves them. */
  readonly isZero: boolean
  readonly isMounted: boolean
}

interface Device {
  readonly bytes: bigint
  readonly isSuspended: boolean
  readonly use: 'mounted' | 'swap' | '-'
  /** Size of the device when an xfs on it was last seen to fill it: the kernel writes a grown superblock up to half a minute late. */
  readonly grownBytes: bigint
}

interface Answer {
  readonly devices: ReadonlyMap<string, Device>
  readonly starts: ReadonlyMap<string, Buffer>
  /** blkid's TYPE or PTTYPE by device; empty where it recognised none, absent where it was not asked. */
  readonly contents: ReadonlyMap<string, string>
  readonly volumes: ReadonlyMap<string, Volume> | undefined
}

interface Volume {
  readonly isActive: boolean
  readonly tags: readonly string[]
}

/** Throws where the answer is cut short: then all is unknown. */
export function parse(stdout: string, subjects: readonly Subject<FilesystemSpec>[]): Parsed<FilesystemState> {
  const asked = askedDevices(subjects)
  if (asked.length === 0) return { items: new Map() }
  const answer = readAnswer(stdout)
  return { items: new Map(asked.map((one) => [one.id, observe(one, answer)])) }
}

function observe(asked: AskedDevice, answer: Answer): Observed<FilesystemState> {
  const device = answer.devices.get(asked.mapper)
  if (device === undefined) return observeWithoutDevice(asked, answer)
  if (device.isSuspended) return unknown(`${asked.device} is suspended; see dmsetup info ${asked.mapper}`)
  const start = answer.starts.get(asked.device)
  if (start === undefined || start.length < (asked.isDeep ? deepBytes : superblockBytes)) return unknown(`${asked.device} cannot be read`)
  const superblock = readSuperblock(start)
  const content = contentOf(asked, device, superblock, answer)
  if (content === undefined) return observeBlank(asked, answer, device, start)
  return { status: 'present', state: stateOf(content, superblock, device) }
}

function observeWithoutDevice(asked: AskedDevice, answer: Answer): Observed<FilesystemState> {
  if (answer.starts.has(asked.device) || answer.contents.has(asked.device))
    return unknown(`what was read of ${asked.device} has lost a part`)
  if (answer.volumes === undefined) return { status: 'absent' }
  const volume = answer.volumes.get(asked.device)
  return volume === undefined
    ? { status: 'absent' }
    : unknown(`${asked.device} ${volume.isActive ? 'has no device node yet' : 'is not active'}`)
}

/** What is on it in one word; undefined for nothing that anybody knows. A superblock that blkid does not confirm is one of several signatures. */
function contentOf(asked: AskedDevice, device: Device, superblock: Superblock | undefined, answer: Answer): string | undefined {
  const byBlkid = answer.contents.get(asked.device)
  if (device.use === 'swap') return 'swap'
  if ((superblock?.devices ?? 1) > 1) return `btrfs on ${superblock?.devices} devices`
  if (device.use === 'mounted' || byBlkid === undefined)
    return superblock?.format ?? (device.use === 'mounted' ? 'another filesystem' : undefined)
  if (superblock === undefined) return byBlkid === '' ? undefined : byBlkid
  return byBlkid === superblock.format ? byBlkid : 'several signatures'
}

function observeBlank(
  asked: AskedDevice,
  answer: Answer,
  device: Device,
  start: Buffer,
): Known<FilesystemState> | { status: 'unknown'; reason: string } {
  const volume = answer.volumes?.get(asked.device)
  if (volume === undefined) return unknown(`${asked.device} carries no signature and lvm does not say whose it is`)
  const around: BlankVolume = { tags: volume.tags, isZero: start.every((byte) => byte === 0), isMounted: device.use !== '-' }
  return { status: 'absent', around }
}

function stateOf(content: string, superblock: Superblock | undefined, device: Device): FilesystemState {
  const known = superblock?.format === content ? superblock : undefined
  const full = known?.fullBytes(device.bytes)
  // Only while it is mounted does the kernel know better than its disk.
  const isGrown = content === 'xfs' && device.use === 'mounted' && device.grownBytes === device.bytes
  return {
    content,
    label: known?.label ?? '',
    uuid: known?.uuid ?? '',
    sizeBytes: isGrown ? full : known?.sizeBytes,
    fullBytes: full,
    deviceBytes: device.bytes,
    isMounted: device.use !== '-',
  }
}

function readAnswer(stdout: string): Answer {
  const lines = stdout.split('\n')
  if (lines[0] !== 'devices' || lines.at(-2) !== 'done') throw new Error('the answer is cut short')
  const at = (word: string) => lines.indexOf(word)
  const [superblocks, deep, volumes] = [at('superblocks'), at('deep'), at('volumes')]
  const [end, endDeep] = [at('end'), at('end-deep')]
  if ((superblocks === -1) !== (end === -1) || (deep === -1) !== (endDeep === -1)) throw new Error('the answer has lost a part')
  const firstBlocks = superblocks === -1 ? deep : superblocks
  const afterBlocks = Math.max(end, endDeep) + 1
  const bytesBetween = (from: number, to: number) => Buffer.from(from === -1 ? '' : lines.slice(from + 1, to).join(''), 'base64')
  const beforeVolumes = volumes === -1 ? lines.length - 2 : volumes
  return {
    devices: new Map(lines.slice(1, firstBlocks === -1 ? beforeVolumes : firstBlocks).flatMap(readDevice)),
    starts: new Map([
      ...readStarts(bytesBetween(superblocks, end), superblockBytes),
      ...readStarts(deep === -1 ? Buffer.alloc(0) : unzip(bytesBetween(deep, endDeep)), deepBytes),
    ]),
    contents: readContents(lines.slice(afterBlocks, beforeVolumes)),
    volumes: volumes === -1 ? undefined : readVolumes(lines.slice(volumes + 1, -2).join('\n')),
  }
}

const sectorBytes = 512n

function readDevice(line: string): readonly [string, Device][] {
  const [, mapper, sectors, suspended, mounted, grown] = /^device (\S+) (\d+) ([01]) (mounted|swap|-) (\d+)$/.exec(line) ?? []
  if (mapper === undefined) return []
  const bytes = BigInt(sectors ?? 0) * sectorBytes
  return [
    [
      mapper,
      { bytes, isSuspended: suspended === '1', use: (mounted ?? '-') as Device['use'], grownBytes: BigInt(grown ?? 0) * sectorBytes },
    ],
  ]
}

const mostBytes = 1 << 28

/** Damage throws, and so does what would unfold to more than any number of devices. */
function unzip(bytes: Buffer): Buffer {
  return gunzipSync(bytes, { maxOutputLength: mostBytes })
}

/** `head -v` writes `==> NAME <==`, the bytes, and an empty line before the next. A file that failed has no bytes, and reading goes on at the next header. */
function readStarts(bytes: Buffer, length: number): ReadonlyMap<string, Buffer> {
  const starts = new Map<string, Buffer>()
  let at = 0
  while (at < bytes.length) {
    const [header, device] = /^\n?==> (\S+) <==\n/.exec(bytes.toString('latin1', at, at + 512)) ?? []
    if (header === undefined || device === undefined) throw new Error('the superblocks do not come as head(1) writes them')
    at += header.length
    const rest = bytes.subarray(at, at + length)
    const isEmpty = rest.toString('latin1', 0, 6) === '\n==> /'
    if (!isEmpty) {
      starts.set(device, rest)
      at += rest.length
    }
  }
  return starts
}

/** `blkid -o export`: NAME=VALUE lines in stanzas that begin with DEVNAME; a device it does not know is named by the probe. */
function readContents(lines: readonly string[]): ReadonlyMap<string, string> {
  const contents = new Map<string, string>()
  let device = ''
  for (const line of lines) {
    const [, key, value = ''] = /^(DEVNAME|TYPE|PTTYPE|silent)=(.*)$/.exec(line) ?? []
    if (key === 'silent') contents.set(value, '')
    if (key === 'DEVNAME') device = value
    if (key === 'TYPE' || (key === 'PTTYPE' && !contents.has(device))) contents.set(device, value)
  }
  return contents
}

interface VolumeRow {
  readonly vg_name?: unknown
  readonly lv_name?: unknown
  readonly lv_active?: unknown
  readonly lv_tags?: unknown
}

function readVolumes(text: string): ReadonlyMap<string, Volume> | undefined {
  if (text.trim() === '') return undefined
  const json = JSON.parse(text) as { readonly report?: readonly { readonly lv?: readonly VolumeRow[] }[] }
  const rows = json.report?.[0]?.lv
  if (!Array.isArray(rows)) throw new Error("lvm's report has no list lv")
  return new Map(rows.map((row: VolumeRow) => [`/dev/${row.vg_name}/${row.lv_name}`, readVolume(row)]))
}

function readVolume({ lv_active, lv_tags }: VolumeRow): Volume {
  return { isActive: lv_active === 'active', tags: String(lv_tags ?? '').split(',') }
}

function unknown(reason: string): { readonly status: 'unknown'; readonly reason: string } {
  return { status: 'unknown', reason }
}
