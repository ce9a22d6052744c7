import { type Sample, sample } from '../../model/kind.ts'
import type { Disk } from './disk.ts'
import type { Judged } from './judge.ts'
import { ageHours, newest } from './selftests.ts'

/** What upstream tells disks apart by. */
interface DiskLabels {
  readonly device: string
  readonly serial_number: string
  readonly model_name: string
}

/** As smartctl_exporter names them, so that its dashboards work; the registry adds hypervisor, kind and name. */
export function samplesOf(all: readonly Judged[], unlistedCount: number | undefined): readonly Sample[] {
  const counted = unlistedCount === undefined ? [] : [sample('smart_disks_unlisted', unlistedCount)]
  return [sample('smartctl_devices', all.filter(({ disk }) => disk !== undefined).length), ...counted, ...all.flatMap(ofOne)]
}

/** A fault that only asks for attention leaves a disk healthy. */
export const attention: readonly string[] = ['SelfTestOverdue', 'DiskUnlisted', 'DiskUnread']

function ofOne(judged: Judged): readonly Sample[] {
  const { label, faults, unknown, isAsleep, disk, kernel } = judged
  const isBad = faults.some(({ condition }) => !attention.includes(condition))
  const own = [
    sample('smart_disk_healthy', isBad ? 0 : unknown === undefined ? 1 : -1, { disk: label }),
    sample('smart_disk_asleep', Number(isAsleep), { disk: label }),
  ]
  return disk === undefined ? own : [...own, ...ofDisk(disk, kernel ?? disk.device.replace(/^\/dev\//, ''), label)]
}

function ofDisk(disk: Disk, kernel: string, label: string): readonly Sample[] {
  const labels: DiskLabels = { device: kernel, serial_number: disk.serial, model_name: disk.model }
  const identity = {
    disk: label,
    interface: disk.type,
    protocol: disk.protocol,
    model_family: disk.family,
    firmware_version: disk.firmware,
  }
  const numbers = [
    ['smart_status', disk.passed === undefined ? undefined : Number(disk.passed)],
    ['smartctl_exit_status', disk.exitStatus],
    ['power_on_seconds', disk.hours === undefined ? undefined : disk.hours * 3600],
    ['power_cycle_count', disk.powerCycles],
    ['capacity_bytes', disk.capacityBytes],
    ['percentage_used', disk.nvme?.percentageUsed],
    ['critical_warning', disk.nvme?.criticalWarning],
    ['media_errors', disk.nvme?.mediaErrors],
    ['num_err_log_entries', disk.nvme?.errorEntries],
    ['available_spare', disk.nvme?.spare],
    ['available_spare_threshold', disk.nvme?.spareThreshold],
  ] as const
  return [
    sample('smartctl_device', 1, { ...labels, ...identity }),
    ...numbers.flatMap(([name, value]) => (value === undefined ? [] : [sample(`smartctl_device_${name}`, value, labels)])),
    ...counts(disk, labels),
    ...attributes(disk, labels),
  ]
}

function counts(disk: Disk, labels: DiskLabels): readonly Sample[] {
  const { celsius, grownDefects, errors, selfTests } = disk
  const failed = selfTests.filter(({ result }) => result === 'failed').length
  const log = { ...labels, self_test_log_type: 'extended' }
  const tests = [
    sample('smartctl_device_self_test_log_count', selfTests.length, log),
    sample('smartctl_device_self_test_log_error_count', failed, log),
  ]
  return [
    ...(celsius === undefined ? [] : [sample('smartctl_device_temperature', celsius, { ...labels, temperature_type: 'current' })]),
    ...(grownDefects === undefined ? [] : [sample('smartctl_scsi_grown_defect_list', grownDefects, labels)]),
    ...(errors === undefined ? [] : [sample('smartctl_device_error_log_count', errors, { ...labels, error_log_type: 'summary' })]),
    ...(selfTests.length === 0 ? [] : tests),
    ...(['short', 'long'] as const).flatMap((test) => {
      const last = newest(selfTests, test)
      const hours = last && ageHours(last, disk.hours)
      return hours === undefined ? [] : [sample('smart_self_test_age_seconds', hours * 3600, { ...labels, test })]
    }),
  ]
}

/** At most 30 attributes with four numbers each: what upstream exports, and no more series than that a disk. */
function attributes(disk: Disk, labels: DiskLabels): readonly Sample[] {
  return disk.attributes.flatMap(({ id, name, value, worst, threshold, raw }) =>
    Object.entries({ value, worst, thresh: threshold, raw }).map(([type, number]) =>
      sample('smartctl_device_attribute', number, {
        ...labels,
        attribute_id: String(id),
        attribute_name: name,
        attribute_value_type: type,
      }),
    ),
  )
}
