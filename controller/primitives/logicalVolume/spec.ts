import type { PrimitiveId } from '../../model/ids.ts'
import { primitiveId } from '../../model/ids.ts'
import type { Mark } from '../../model/observation.ts'
import type { Spec } from '../../model/primitive.ts'

/** A logical volume of LVM2 (lvm(8)): linear or striped, thin in a pool, or such a pool. It only ever grows. */
export interface LogicalVolumeSpec extends Spec<'logicalVolume'> {
  readonly volumeGroup: string
  readonly name: string
  /** Least wanted size in bytes, decimal; the host rounds it up to whole extents of its volume group. */
  readonly sizeBytes: string
  /** What still has to be done to a volume that we create, as tags written by the same lvcreate; only who did it takes its tag away. Never compared. */
  readonly pending: readonly Pending[]
  /** Manual: a larger wanted size is reported, not carried out. */
  readonly growPolicy: 'Automatic' | 'Manual'
  /** Spread over so many devices; absent: as it is, linear where it is made. */
  readonly stripes?: number
  /** The pool of the same group that it takes its space from; absent: as it is, space of its own where it is made. */
  readonly thinPool?: string
  /** It is a thin pool itself: holds nothing but thin volumes. */
  readonly isThinPool?: true
  /** How long it is kept in the trash under deletionPolicy Delete. Default `defaultTrashDays`. */
  readonly trashDays?: number
  /** `Kind/name`: what this owner gave up under this name and still waits in the trash is taken back, instead of a new one being made. */
  readonly bringsBack?: string
}

/** Days in the trash where nothing else is said. */
export const defaultTrashDays = 7

/** `mkfs`: never held data, the filesystem primitive may format it · `populate`: never held user data, whoever fills it may start over. */
export type Pending = 'mkfs' | 'populate'

/** What of a spec may be left out when one is made. */
export type LogicalVolumeWish = Omit<LogicalVolumeSpec, 'type' | 'id' | 'sizeBytes' | 'pending' | 'growPolicy'> & {
  readonly sizeBytes: bigint | string
  readonly pending?: readonly Pending[]
  readonly growPolicy?: 'Automatic' | 'Manual'
}

/** A wanted logical volume. A new one is `mkfs`-pending unless said otherwise; deletionPolicy is Retain unless said otherwise. */
export function logicalVolume(wish: LogicalVolumeWish): LogicalVolumeSpec {
  const { volumeGroup, name, sizeBytes, pending = ['mkfs'], growPolicy = 'Automatic', deletionPolicy = 'Retain', ...rest } = wish
  const id = logicalVolumeId(volumeGroup, name)
  return { ...rest, type: 'logicalVolume', id, volumeGroup, name, sizeBytes: String(sizeBytes), pending, growPolicy, deletionPolicy }
}

export function logicalVolumeId(volumeGroup: string, name: string): PrimitiveId {
  return primitiveId('logicalVolume', `${volumeGroup}/${name}`)
}

/** `/dev/vg/lv`: the one name of the device in specs, fstab and messages. */
export function devicePath(volumeGroup: string, name: string): string {
  return `/dev/${volumeGroup}/${name}`
}

/** The device mapper's name of it, as in /sys/class/block/dm-N/dm/name: dashes doubled, joined by one (lvm(8)). */
export function mapperName(volumeGroup: string, name: string): string {
  return `${volumeGroup.replaceAll('-', '--')}-${name.replaceAll('-', '--')}`
}

/** The LV tag that names fleet and owner: the mark. `owner` is `Kind/name`. */
export function ownerTag(fleet: string, owner: string): string {
  return `reeve.id=${fleet}/${owner}`
}

/** The mark in a tag, where it is one; also on what waits in the trash. */
export function readOwnerTag(tag: string): Mark | undefined {
  const match = /^reeve\.(?:id|trash)=([^/]+)\/(.+)$/.exec(tag)
  return match ? { fleet: match[1] ?? '', owner: match[2] ?? '' } : undefined
}

/** The LV tag for work that is still to be done. */
export function pendingTag(pending: Pending): string {
  return `reeve.${pending}-pending`
}

/** Names of what waits to be removed begin so. */
export const trashPrefix = 'reeve-trash-'

/** The LV tag that keeps another number of days than the default, since the manifest is gone by then. */
export function trashDaysTag(days: number): string {
  return `reeve.trash-days=${days}`
}

/** The number of days in a volume's tags. */
export function trashDaysOf(tags: readonly string[]): number | undefined {
  const [days] = tags.flatMap((tag) => /^reeve\.trash-days=(\d{1,4})$/.exec(tag)?.[1] ?? [])
  return days === undefined ? undefined : Number(days)
}

/** What lvcreate(8) takes as a name, or why not. Reserved words are in lvm(8), "VALID NAMES". */
export function refuseName(name: string): string | undefined {
  if (name.length > 100) return 'is longer than 100 characters'
  if (!/^[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*$/.test(name) || name === '.' || name === '..')
    return 'may hold only a-z A-Z 0-9 + _ . - and not begin with -'
  if (/^(snapshot|pvmove)/.test(name)) return 'begins with a word that LVM reserves (snapshot, pvmove)'
  if (/_(cdata|cmeta|corig|imeta|mimage|mlog|pmspare|rimage|rmeta|tdata|tmeta|vdata|vorigin|wcorig|iorig)/.test(name))
    return 'holds a word that LVM reserves for parts of volumes (such as _tdata)'
  if (name.startsWith(trashPrefix)) return 'begins with reeve-trash-, the name of what waits to be deleted'
  return undefined
}

/** A logical volume as it is on the host. */
export interface LogicalVolumeState {
  readonly sizeBytes: bigint
  /** lv_attr of lvs(8): type, policy, allocation, fixed minor, state, open, … */
  readonly attributes: string
  readonly isActive: boolean
  /** Someone has its device open: a mount in whatever namespace, a virtual machine. */
  readonly isOpen: boolean
  /** linear, striped, thin, … as lvs(8) names it. */
  readonly layout: string
  readonly origin: string
  readonly uuid: string
  /** The thin pool that it lies in; empty for none. */
  readonly pool: string
  /** 1: linear. */
  readonly stripes: number
  /** Of a thin pool: how many volumes lie in it. */
  readonly thinVolumes: number
  /** Waits to be removed: from when it may be, and whether that is over by the host's clock. */
  readonly trash?: { readonly dueSeconds: number; readonly isDue: boolean }
  readonly tags: readonly string[]
  readonly group: VolumeGroupState
}

/** Its volume group. Bytes. */
export interface VolumeGroupState {
  readonly name: string
  readonly sizeBytes: bigint
  readonly freeBytes: bigint
  readonly extentBytes: bigint
  readonly missingDevices: number
  /** What is free on each device that may be allocated from. */
  readonly freeByDevice: readonly bigint[]
  readonly attributes: string
}
