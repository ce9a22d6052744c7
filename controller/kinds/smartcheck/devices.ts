import type { Manifest } from '../../model/manifest.ts'
import type { SmartCheckSpec } from './spec.ts'

export type SmartCheck = Manifest<'SmartCheck', SmartCheckSpec>
export type Device = SmartCheckSpec['devices'][number]

/** Where udev(7) names disks by model and serial number. */
export const byId = '/dev/disk/by-id'

/** What smartctl and smartd are told to open. */
export function pathOf({ id, path = '' }: Device): string {
  return id === undefined ? path : `${byId}/${id}`
}

/** What people and metrics call it; several disks behind one controller differ by their type. */
export function labelOf(device: Device): string {
  const { id, path = '', type = 'auto' } = device
  const name = id ?? path
  return /,\d/.test(type) ? `${name} (${type})` : name
}

/** Whether it is spoken to as NVMe, as far as its name or type says. */
export function isNvme({ id = '', path = '', type = 'auto' }: Device): boolean {
  return type === 'nvme' || (type === 'auto' && (id.startsWith('nvme-') || path.startsWith('/dev/nvme')))
}

/** From here on a disk is too warm, in degrees Celsius: NVMe disks are built for more. */
export function hottest(spec: SmartCheckSpec, device: Device): number {
  return spec.temperature?.critical ?? (isNvme(device) ? 75 : 60)
}

/** From here on smartd logs its temperature. */
export function warm(spec: SmartCheckSpec, device: Device): number {
  return Math.min(spec.temperature?.info ?? (isNvme(device) ? 60 : 45), hottest(spec, device))
}
