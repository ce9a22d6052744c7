import { type ContainerName, containerName, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import type { Hierarchy } from './cgroup.ts'

/** A system container of LXC whose root file system lies on a logical volume, or in a folder (lxc.container.conf(5)). */
export interface LxcContainerSpec extends Spec<'lxcContainer'> {
  readonly name: ContainerName
  readonly rootfs: RootFileSystem
  /** What a volume that is still `populate`-pending is filled with; absent: the root file system must be there. */
  readonly template?: Template
  readonly guestFiles: readonly GuestFile[]
  /**
   * Lines of the config that are compared: key → value as LXC reads it. Limits also hold in the running container; they are named as cgroup v2
   * does (`lxc.cgroup2.*`) and translated on a host with v1.
   */
  readonly settings: Readonly<Record<string, string>>
  /** Lines of keys that may stand in a config many times; others' lines of the same key are kept beside them. */
  readonly entries: readonly ConfigEntry[]
  /** Paths on the hypervisor without which the container would not start, or not be whole. */
  readonly hostPaths: readonly string[]
  /** Share of disks against others, 1 to 10000; 100 is the kernel's. Never in the config: see io.ts. */
  readonly ioWeight?: number
  /** User ids of an unprivileged container: 0 inside is `base` on the hypervisor. Absent: root inside is root. */
  readonly idmap?: IdMap
  /** Lines that are written where the config says nothing of their key, and never compared. */
  readonly defaults: Readonly<Record<string, string>>
  readonly state: 'running' | 'stopped' | 'frozen' | 'unmanaged'
  readonly stop: StopPolicy
  /** Not the whole wish, but what of it can be had without a restart (live.ts): what awaits one is none of its business. */
  readonly isLiveOnly?: true
}

export type RootFileSystem = VolumeRoot | FolderRoot

/** A folder of the hypervisor's own file system. */
export interface FolderRoot {
  /** Absolute and normalised. */
  readonly folder: string
}

export interface VolumeRoot {
  readonly volumeGroup: string
  /** Name of the logical volume. */
  readonly name: string
  /** Type for mount(8). */
  readonly format: string
}

export interface ConfigEntry {
  readonly key: string
  readonly value: string
}

export interface IdMap {
  readonly base: number
  readonly size: number
}

/** What a root file system is made from. */
export type Template = ArchiveTemplate | DebootstrapTemplate | ScriptTemplate

/** A tar archive of a root file system, on the hypervisor. */
export interface ArchiveTemplate {
  readonly type?: 'archive'
  readonly path: string
  /** 64 hexadecimal digits. */
  readonly sha256: string
}

/** Debian packages, by debootstrap(8) from a mirror. */
export interface DebootstrapTemplate {
  readonly type: 'debootstrap'
  readonly release: string
  /** Absent: debootstrap's own choice. */
  readonly mirror?: string
  readonly arch?: string
  readonly components: readonly string[]
  readonly packages: readonly string[]
  /** Absolute path of the keys that the release must be signed with; absent: debootstrap's own choice. */
  readonly keyring?: string
}

/** A script of /usr/share/lxc/templates, by its name without `lxc-`. */
export interface ScriptTemplate {
  readonly type: 'script'
  readonly name: string
  readonly args: readonly string[]
}

/** A file of the root file system that is written before the first start. */
export interface GuestFile {
  /** Absolute, inside. */
  readonly path: string
  readonly content: string
  /** Four octal digits. */
  readonly mode: string
  /**
   * What happens to it when a change of settings restarts the container: `always` written again (the host name: the guest's file wins over LXC's),
   * `ifOurs` only while it begins with our header, `never` left to the guest.
   */
  readonly refresh: 'always' | 'ifOurs' | 'never'
}

/** First line of the guest's files that are ours until someone inside takes it away. */
export const guestFileHeader = '# Written by Reeve; take this line away to keep the file as it is.'

export interface StopPolicy {
  /** How long the guest may take to shut down by itself. */
  readonly timeoutSeconds: number
  /** Kill it after that. */
  readonly force: boolean
}

export type LxcContainerWish = Omit<LxcContainerSpec, 'type' | 'id' | 'name' | 'entries' | 'hostPaths'> &
  Partial<Pick<LxcContainerSpec, 'entries' | 'hostPaths'>> & { readonly name: string }

/** A wanted container. Let `needs` name its filesystem (of a logicalVolume made with pending `mkfs` and `populate`) and its bridges. */
export function lxcContainer(wish: LxcContainerWish): LxcContainerSpec {
  return { entries: [], hostPaths: [], ...wish, type: 'lxcContainer', name: containerName(wish.name), id: lxcContainerId(wish.name) }
}

export function lxcContainerId(name: string): PrimitiveId {
  return primitiveId('lxcContainer', name)
}

/** What was read of a container. */
export interface LxcContainerState {
  /** Text of /var/lib/lxc/NAME/config. */
  readonly config: string
  /** lxc-create was cut off in the middle (its file `partial` is there). */
  readonly isPartial: boolean
  readonly running: 'running' | 'stopped' | 'frozen'
  readonly hierarchy: Hierarchy
  /** Limits in force, by config key of cgroup v2; empty when not running. */
  readonly live: Readonly<Record<string, string>>
  /** Memory that the kernel cannot take back without killing: what is used, less its copies of files. */
  readonly memoryNeededBytes: bigint | undefined
  /** Config that the running container was started with; undefined when it does not run, or when that cannot be told. */
  readonly started: string | undefined
  /** Starts that Reeve tried in the last ten minutes. */
  readonly starts: RecentStarts
  /** CPUs of the host that are online, as the kernel lists them; undefined when not read. */
  readonly onlineCpus: string | undefined
  /** Absent: not asked for. */
  readonly io?: IoState
}

/** A scheduler of disks, or io.cost, that reads weights of cgroups. */
export type Weigher = 'bfq' | 'cost' | 'cfq'

/** What was read of the share of disks. */
export interface IoState {
  /** What weighs on this host; undefined: nothing does. */
  readonly weigher: Weigher | undefined
  /** Weight in force by file; a file that the kernel does not show is missing. */
  readonly weights: Readonly<Record<string, number>>
}

export interface RecentStarts {
  /** By what was wanted then (see wishHash): a changed manifest begins anew. */
  readonly byWish: Readonly<Record<string, { readonly tried: number; readonly failed: number }>>
  /** What LXC said of the last one that failed, a line each. */
  readonly log: readonly string[]
}

/** A container that runs, or that nobody tried to start. */
export const noStarts: RecentStarts = { byWish: {}, log: [] }
