import { type ContainerName, containerName, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A system container of LXC whose root file system lies on a logical volume (lxc.container.conf(5)). */
export interface LxcContainerSpec extends Spec<'lxcContainer'> {
  readonly name: ContainerName
  readonly rootfs: RootFileSystem
  /** What a volume that is still `populate`-pending is filled with; absent: the root file system must be there. */
  readonly template?: ArchiveTemplate
  readonly guestFiles: readonly GuestFile[]
  /** Lines of the config that are compared: key → value as LXC reads it. Limits (`lxc.cgroup2.*`) also hold in the running container. */
  readonly settings: Readonly<Record<string, string>>
  /** Lines that are written where the config says nothing of their key, and never compared. */
  readonly defaults: Readonly<Record<string, string>>
  readonly state: 'running' | 'stopped' | 'unmanaged'
  readonly stop: StopPolicy
}

export interface RootFileSystem {
  readonly volumeGroup: string
  /** Name of the logical volume. */
  readonly name: string
  /** Type for mount(8). */
  readonly format: string
}

/** A tar archive of a root file system, on the hypervisor. */
export interface ArchiveTemplate {
  readonly path: string
  /** 64 hexadecimal digits. */
  readonly sha256: string
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

export type LxcContainerWish = Omit<LxcContainerSpec, 'type' | 'id' | 'name'> & { readonly name: string }

/** A wanted container. Let `needs` name its filesystem (of a logicalVolume made with pending `mkfs` and `populate`) and its bridges. */
export function lxcContainer(wish: LxcContainerWish): LxcContainerSpec {
  return { ...wish, type: 'lxcContainer', name: containerName(wish.name), id: lxcContainerId(wish.name) }
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
  /** Limits in force, by config key; empty when not running. */
  readonly live: Readonly<Record<string, string>>
  readonly memoryCurrentBytes: bigint | undefined
  /** Config that the running container was started with; undefined when it does not run, or when that cannot be told. */
  readonly started: string | undefined
  /** CPUs of the host that are online, as the kernel lists them; undefined when not read. */
  readonly onlineCpus: string | undefined
}
