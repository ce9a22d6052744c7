import type { HypervisorName } from '../../controller/model/ids.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { type Format, filesystem } from '../../controller/primitives/filesystem/spec.ts'
import { logicalVolume, logicalVolumeId } from '../../controller/primitives/logicalVolume/spec.ts'
import { mount } from '../../controller/primitives/mount/spec.ts'
import { swap } from '../../controller/primitives/swap/spec.ts'
import { volumeGroup } from '../../controller/primitives/volumeGroup/spec.ts'
import type { Dice } from './settled.ts'

const group = 'vg_data'
const target = { hypervisor: 'he1' as HypervisorName }

/** A pool that the thin ones lie in. */
export const pool = logicalVolume({ volumeGroup: group, name: 'pool', sizeBytes: 400n << 20n, isThinPool: true, pending: [] })

/** Smallest size in MiB, and the longest label; a label of xfs is set once. */
const formats: Readonly<Record<Format, readonly [mib: number, label: number]>> = {
  ext4: [8, 16],
  ext3: [8, 16],
  ext2: [8, 16],
  swap: [4, 15],
  btrfs: [256, 255],
  xfs: [300, 12],
}
const options = ['defaults', 'noatime', 'nodiratime', 'relatime', 'strictatime', 'nosuid', 'nodev', 'noexec', 'sync', 'dirsync', 'lazytime']
const odd = ['a', 'é', '漢', ' ', '"', "'", '$(id)', '`id`', '%s', '&', '#', ';', '=', ',', ':', '-n']

function pick<T>(dice: Dice, all: readonly T[]): T {
  return all[dice(all.length)] as T
}

function words(dice: Dice, all: readonly string[], most: number): readonly string[] {
  return Array.from({ length: dice(most + 1) }, () => pick(dice, all))
}

/** A group on a disk that holds nothing. */
export function makeGroup(number: number, disk: string, dice: Dice): Spec {
  return volumeGroup(
    `${pick(dice, ['g', 'G_', '0+', 'a.-', '_'])}${number}${words(dice, ['a', 'Z', '0', '_', '+', '.', '-'], 8).join('')}`,
    [disk],
  )
}

/** What never changes of the volume with this number comes from `fixed`; what may change of it, from `dice`, and grows with the turn. */
export function makeVolume(number: number, turn: number, fixed: Dice, dice: Dice): readonly Spec[] {
  const isLarge = number % 8 === 7
  const format = isLarge ? pick(fixed, ['btrfs', 'xfs'] as const) : pick(fixed, ['ext4', 'ext3', 'ext2', 'swap', 'ext4'] as const)
  const at = { volumeGroup: group, name: `${pick(fixed, ['v', 'V_', '0+', 'a.-'])}${number}` }
  const device = `/dev/${group}/${at.name}`
  const [least, longest] = formats[format]
  const isThin = fixed(3) === 0
  const bytes = (BigInt(least + fixed(20) + turn * 9) << 20n) + BigInt(fixed(1 << 20))
  const letters = words(format === 'xfs' ? fixed : dice, ['a', 'Z', '0', '_', '+', '.', ':', '/'], 8).join('')
  const label = { label: `l${letters}`.slice(0, longest) }
  const volume = logicalVolume({
    ...at,
    sizeBytes: bytes,
    ...(isThin ? { thinPool: 'pool', needs: [{ target, id: logicalVolumeId(group, 'pool') }] } : {}),
  })
  const files = filesystem({ ...at, format, ...(fixed(2) === 0 ? {} : label), needs: [{ target, id: volume.id }] })
  const needs = [{ target, id: files.id }]
  if (format === 'swap') return [volume, files, swap({ device, needs })]
  if (fixed(5) === 0) return [volume, files]
  const path = `/srv/random/${number}-${words(fixed, odd, 5).join('')}`
  const owned = {
    owner: pick(dice, ['root', 'daemon']),
    group: pick(dice, ['adm', 'root']),
    mode: pick(dice, ['0755', '0700', '1777', '2750']),
  }
  const asked = words(dice, options, 4)
  return [
    volume,
    files,
    mount({
      ...{ path, device, format, needs, dump: dice(2), pass: dice(3) },
      ...(asked.length === 0 ? {} : { options: asked }),
      ...(fixed(2) === 0 ? {} : owned),
    }),
  ]
}
