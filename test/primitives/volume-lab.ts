import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import type { HypervisorName } from '../../controller/model/ids.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { filesystemPrimitive } from '../../controller/primitives/filesystem/index.ts'
import { type Format, filesystem } from '../../controller/primitives/filesystem/spec.ts'
import { logicalVolumePrimitive } from '../../controller/primitives/logicalVolume/index.ts'
import { logicalVolume, logicalVolumeId } from '../../controller/primitives/logicalVolume/spec.ts'
import { mountPrimitive } from '../../controller/primitives/mount/index.ts'
import { mount } from '../../controller/primitives/mount/spec.ts'
import { swapPrimitive } from '../../controller/primitives/swap/index.ts'
import { swap } from '../../controller/primitives/swap/spec.ts'
import { volumeGroupPrimitive } from '../../controller/primitives/volumeGroup/index.ts'
import { volumeGroup, volumeGroupId } from '../../controller/primitives/volumeGroup/spec.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { type Convergence, createTestHost, type TestHost } from './test-host.ts'

export const primitives = [volumeGroupPrimitive, logicalVolumePrimitive, filesystemPrimitive, mountPrimitive, swapPrimitive]
export const slowMs = 180_000
/** What the first apply of `wanted()` does. */
export const created = ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data format', 'mount:/srv/data mounted,fstab']

export interface Wish {
  readonly mib?: number
  readonly format?: Format
  readonly path?: string
  readonly options?: readonly string[]
  readonly group?: string
  readonly grow?: 'Automatic' | 'Manual'
  readonly label?: string
  readonly stripes?: number
  /** MiB of a pool that the volume lies in. */
  readonly pool?: number
  /** A pool that somebody else made. */
  readonly thinPool?: string
  /** Devices to make the group of. */
  readonly devices?: readonly string[]
}

/** Volume vg_data/data of 40 MiB with ext4 at /srv/data, but for what the wish says; without a path where it is empty. Swap is in use and has no path. */
export function wanted(wish: Wish = {}): readonly Spec[] {
  const { format = 'ext4', path = '/srv/data', options, group = 'vg_data', grow = 'Automatic', label, devices } = wish
  const at = { volumeGroup: group, name: 'data' }
  const device = `/dev/${group}/data`
  return [
    ...(devices === undefined ? [] : [volumeGroup(group, devices)]),
    ...volumesOf(wish, at, grow),
    filesystem({ ...at, format, growPolicy: grow, ...(label === undefined ? {} : { label }) }),
    ...(format === 'swap' ? [swap({ device })] : []),
    ...(path === '' || format === 'swap' ? [] : [mount({ path, device, format, ...(options === undefined ? {} : { options }) })]),
  ]
}

function volumesOf(
  { mib = 40, stripes, pool, thinPool, devices }: Wish,
  at: { readonly volumeGroup: string; readonly name: string },
  growPolicy: 'Automatic' | 'Manual',
) {
  const target = { hypervisor: 'he1' as HypervisorName }
  const needs = [
    ...(devices === undefined ? [] : [{ target, id: volumeGroupId(at.volumeGroup) }]),
    ...(pool === undefined ? [] : [{ target, id: logicalVolumeId(at.volumeGroup, 'pool') }]),
  ]
  const inPool = pool === undefined ? thinPool : 'pool'
  return [
    ...(pool === undefined
      ? []
      : [logicalVolume({ volumeGroup: at.volumeGroup, name: 'pool', sizeBytes: BigInt(pool) << 20n, isThinPool: true, pending: [] })]),
    logicalVolume({
      ...at,
      ...{ sizeBytes: BigInt(mib) << 20n, growPolicy, needs },
      ...(stripes === undefined ? {} : { stripes }),
      ...(inPool === undefined ? {} : { thinPool: inPool }),
    }),
  ]
}

/** A clean hypervisor for each test of a file. */
export interface VolumeLab {
  readonly machine: Machine
  readonly host: TestHost
  converge(wish?: Wish): Promise<Convergence>
  /** Runs a command there and gives its stdout. */
  on(command: string): Promise<string>
  /** All volumes with tags, fstab and mounts: what must not move when something is refused. */
  footprint(): Promise<string>
  expectRefused(wish: Wish, reason: RegExp | string): Promise<void>
  expectConverged(wish: Wish, changes: readonly string[]): Promise<void>
}

export function useVolumeLab(): VolumeLab {
  let lab: Lab
  let host: TestHost
  beforeAll(async () => {
    lab = await startLab()
  }, 900_000)
  afterAll(() => lab?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await used.machine.reset()
    host = createTestHost((script) => used.machine.exec('sh -s', { stdin: script }), 'lab', 'Volume/data')
  }, slowMs)
  const used: VolumeLab = {
    get machine() {
      return lab.machine('he1')
    },
    get host() {
      return host
    },
    converge: (wish) => host.converge(wanted(wish), primitives),
    on: (command) => used.machine.must(command),
    footprint: () =>
      used.on(
        'lvs --noheadings -o lv_name,lv_size,lv_tags; vgs --noheadings -o vg_name,vg_tags; cat /etc/fstab /proc/swaps; findmnt -rn -o TARGET,SOURCE --real',
      ),
    expectRefused: async (wish, reason) => {
      const before = await used.footprint()
      const result = await used.converge(wish)
      expect(result).toMatchObject({ status: 'refused', changes: [] })
      expect(result.reasons.join('\n')).toMatch(reason)
      expect(await used.footprint()).toBe(before)
    },
    expectConverged: async (wish, changes) => {
      expect(await used.converge(wish)).toEqual({ status: 'converged', reasons: [], changes })
    },
  }
  return used
}
