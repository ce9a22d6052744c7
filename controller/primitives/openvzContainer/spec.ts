import { type ContainerName, containerName, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import type { GuestFile, StopPolicy } from '../lxcContainer/spec.ts'

/** A container of OpenVZ as vzctl 4.x runs it: /etc/vz/conf/CTID.conf and a private area that is a directory (layout simfs). */
export interface OpenvzContainerSpec extends Spec<'openvzContainer'> {
  readonly ctid: ContainerName
  /** What a container that is absent is made from; absent: it must be there. */
  readonly creation?: Creation
  /** VE_PRIVATE, absolute, without variables; absent: as the configuration sample or vz.conf says. */
  readonly privateArea?: string
  /** Parameters of ctid.conf(5) that are compared: name → value in the form of `canonicalValue`. */
  readonly settings: Readonly<Record<string, string>>
  /** Virtual Ethernet devices, all of them; venet's addresses are the setting IP_ADDRESS. */
  readonly interfaces: readonly VirtualEthernet[]
  /** Written into the private area before the first start; those that refresh, also at a restart. */
  readonly guestFiles: readonly GuestFile[]
  readonly state: 'running' | 'stopped' | 'unmanaged'
  readonly stop: StopPolicy
  /** Not the whole wish, but what of it can be had without a restart (live.ts). */
  readonly isLiveOnly?: true
}

export interface Creation {
  /** Name of the archive in the template cache, without its ending; vzctl takes the distribution from its first words. */
  readonly ostemplate: string
  /** Where the archive comes from; absent: it must lie in the cache. */
  readonly archive?: {
    readonly path: string
    /** 64 hexadecimal digits. */
    readonly sha256: string
    readonly ending: (typeof templateEndings)[number]
  }
  /** Name of a configuration sample, ve-NAME.conf-sample. */
  readonly sample?: string
}

/** One device of NETIF. What is left out is made up by vzctl when the device is made, and kept. */
export interface VirtualEthernet {
  /** Its name inside. */
  readonly name: string
  readonly bridge: string
  readonly mac?: string
  /** Its name on the hypervisor. */
  readonly veth?: string
}

export type OpenvzContainerWish = Omit<OpenvzContainerSpec, 'type' | 'id' | 'ctid'> & { readonly ctid: string }

/** A wanted container. Let `needs` name the mount that its private area lies on, its sample and its bridges. */
export function openvzContainer(wish: OpenvzContainerWish): OpenvzContainerSpec {
  if (!isCtid(wish.ctid)) throw new Error(`not a CTID: ${JSON.stringify(wish.ctid)}`)
  return { ...wish, type: 'openvzContainer', ctid: containerName(wish.ctid), id: openvzContainerId(wish.ctid) }
}

export function openvzContainerId(ctid: string): PrimitiveId {
  return primitiveId('openvzContainer', ctid)
}

/** 0 is the hypervisor itself. */
export function isCtid(text: string): boolean {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= 2_147_483_647
}

/** Archives that vzctl unpacks. */
export const templateEndings = ['.tar', '.tar.gz', '.tar.bz2', '.tar.xz'] as const

/** What was read of a container. */
export interface OpenvzContainerState {
  /** Text of /etc/vz/conf/CTID.conf. */
  readonly conf: string
  /** Mounted counts as stopped. */
  readonly running: 'running' | 'stopped' | 'suspended'
  /** Its private area is there and not empty. */
  readonly hasPrivateArea: boolean
  /** User beancounters of a running container, by their names in /proc/user_beancounters; empty where the kernel shows none. */
  readonly counters: Readonly<Record<string, Beancounter>>
}

/** Numbers of one row of /proc/user_beancounters. */
export interface Beancounter {
  readonly held: bigint
  readonly barrier: bigint
  readonly limit: bigint
}
