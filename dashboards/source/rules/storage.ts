import { series } from '../query.ts'
import type { Rule } from '../rule.ts'

export const storageRules: readonly Rule[] = [
  {
    // Longer than any interval of asking that is usual. Asleep disks are known by their last answer, and are not this.
    alert: 'ReeveDiskUnread',
    expr: `${series('reeve_smart_disk_healthy')} == -1`,
    for: '6h',
    severity: 'warning',
    summary: 'disk {{ $labels.disk }} of {{ $labels.hypervisor }} could not be asked for 6 hours',
    todo: 'smartctl by hand on the host says why it does not answer; a disk that answers nobody may be failing.',
    runbook: 'DiskUnread',
    conditions: ['DiskUnread'],
  },
  {
    // Attribute 199 counts what was damaged between disk and controller: what is there stays for ever, only growth means something.
    alert: 'ReeveDiskCable',
    expr: `delta(${series('smartctl_device_attribute', { attribute_id: '="199"', attribute_value_type: '="raw"' })}[1d]) > 10`,
    for: '1m',
    severity: 'warning',
    summary:
      '{{ $labels.model_name }} {{ $labels.serial_number }} ({{ $labels.device }} of {{ $labels.hypervisor }}) had {{ $value | humanize }} transfers damaged in a day',
    todo: 'Seat or replace the cable or backplane; the disk itself may be well.',
    runbook: 'ReeveDiskCable',
  },
  {
    alert: 'ReeveVolumeFilling',
    expr: `${series('reeve_volume_available_bytes')} / ${series('reeve_volume_size_bytes')} < 0.15`,
    for: '10m',
    severity: 'warning',
    summary: 'The filesystem of {{ $labels.name }} on {{ $labels.hypervisor }} has {{ $value | humanizePercentage }} of its space left',
    todo: 'Delete what is not needed, or raise the size in its manifest: it grows while it is in use.',
    runbook: 'FilesystemFilling',
    conditions: ['FilesystemFilling'],
  },
  {
    // Half full at least: a large copy onto an empty volume looks the same, and ends by itself.
    alert: 'ReeveVolumeFullSoon',
    expr: `predict_linear(${series('reeve_volume_available_bytes')}[6h], 86400) < 0 and ${series('reeve_volume_available_bytes')} / ${series('reeve_volume_size_bytes')} < 0.5`,
    for: '1h',
    severity: 'warning',
    summary:
      'The filesystem of {{ $labels.name }} on {{ $labels.hypervisor }} is full within a day, if it goes on as in the last six hours',
    todo: 'Find what grows, or raise the size in its manifest.',
    runbook: 'FilesystemFilling',
  },
  {
    alert: 'ReeveThinPoolFilling',
    expr: `${series('reeve_volume_thin_pool_data_used_ratio')} > 0.8 or ${series('reeve_volume_thin_pool_metadata_used_ratio')} > 0.8`,
    for: '10m',
    severity: 'warning',
    summary:
      'The thin pool {{ $labels.thin_pool }} on {{ $labels.hypervisor }} has used {{ $value | humanizePercentage }} of its data or metadata',
    todo: 'Extend the pool (lvextend), or take volumes away: a full pool hangs whoever writes to any of its volumes.',
    runbook: 'ThinPoolFilling',
    conditions: ['ThinPoolFilling'],
  },
]
