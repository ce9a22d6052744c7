import { dashboard, hypervisors } from '../dashboard.ts'
import { chart, stat, table, timeline } from '../panel.ts'
import { ofHypervisor, ratio, series, total, type Vector } from '../query.ts'
import { noneIsBetter, noneIsGood } from './words.ts'

const disk = '{{hypervisor}} {{device}}'
const identity = { hypervisor: 'Hypervisor', device: 'Device', model_name: 'Model', serial_number: 'Serial' } as const
const raw = { ...ofHypervisor, attribute_value_type: '="raw"' } as const
const volume = '{{hypervisor}} {{name}}'
const cable = `delta(${series('smartctl_device_attribute', { ...raw, attribute_id: '="199"' })}[$__range])` as Vector<
  'hypervisor' | 'device'
>

export const disks = dashboard({
  name: 'disks',
  title: 'disks',
  description: 'Disks by SMART, volumes, thin pools and volume groups: what fails, what wears, what fills.',
  variables: [hypervisors],
  groups: [
    {
      title: 'Disks',
      pieces: [
        timeline(
          {
            title: 'Disks',
            description: 'What Reeve makes of all that a disk says.',
            w: 16,
            words: { 1: ['no fault', 'green'], 0: ['a fault', 'red'], [-1]: ['not read', 'yellow'] },
            none: 'no SmartCheck',
            runbook: ['DiskFailing', 'DiskMissing', 'DiskUnread', 'SelfTestFailed'],
          },
          { query: series('reeve_smart_disk_healthy', ofHypervisor), legend: '{{hypervisor}} {{disk}}' },
        ),
        stat(
          {
            title: 'Not listed',
            description: 'Disks of a machine that no manifest lists.',
            w: 4,
            none: 'no SmartCheck',
            steps: noneIsBetter,
            runbook: ['DiskUnlisted'],
          },
          { query: series('reeve_smart_disks_unlisted', ofHypervisor), legend: '{{hypervisor}}' },
        ),
        stat(
          { title: 'Answered', description: 'Disks that answered smartctl.', w: 4, none: 'no SmartCheck', runbook: ['DiskMissing'] },
          { query: series('smartctl_devices', ofHypervisor), legend: '{{hypervisor}}' },
        ),
        table(
          {
            title: 'Each disk',
            description:
              'Its own judgement, its age, and what it says of sectors: reallocated (5), waiting to be (197), beyond repair (198).',
            w: 24,
            none: 'none answered',
            runbook: ['DiskFailing'],
          },
          identity,
          [
            {
              query: total('min', series('smartctl_device_smart_status', ofHypervisor), keys(identity)),
              title: 'Passes',
              words: { 0: ['no', 'red'], 1: ['yes', 'green'] },
            },
            {
              query: total('max', series('smartctl_device_power_on_seconds', ofHypervisor), keys(identity)),
              title: 'Running time',
              unit: 's',
            },
            {
              query: total('max', series('smartctl_device_capacity_bytes', ofHypervisor), keys(identity)),
              title: 'Capacity',
              unit: 'decbytes',
            },
            {
              query: total('max', series('smartctl_device_attribute', { ...raw, attribute_id: '="5"' }), keys(identity)),
              title: 'Reallocated',
              steps: noneIsGood,
            },
            {
              query: total('max', series('smartctl_device_attribute', { ...raw, attribute_id: '="197"' }), keys(identity)),
              title: 'Waiting',
              steps: noneIsGood,
            },
            {
              query: total('max', series('smartctl_device_attribute', { ...raw, attribute_id: '="198"' }), keys(identity)),
              title: 'Beyond repair',
              steps: noneIsGood,
            },
          ],
        ),
        chart(
          {
            title: 'Temperature',
            description: 'As the disk measures it.',
            w: 8,
            unit: 'celsius',
            none: 'none answered',
            steps: ['green', [55, 'orange'], [65, 'red']],
            runbook: ['DiskHot'],
          },
          [{ query: series('smartctl_device_temperature', { ...ofHypervisor, temperature_type: '="current"' }), legend: disk }],
        ),
        chart(
          {
            title: 'Running time since a self-test',
            description: 'Of the newest short and long one.',
            w: 8,
            unit: 's',
            min: 0,
            none: 'no self-test',
            runbook: ['SelfTestOverdue'],
          },
          [{ query: series('reeve_smart_self_test_age_seconds', ofHypervisor), legend: `${disk} {{test}}` }],
        ),
        chart(
          {
            title: 'Damaged on the cable',
            description: 'Attribute 199, growth within the time that is shown: what is there stays for ever.',
            w: 8,
            min: 0,
            none: 'no ATA disk',
            runbook: ['ReeveDiskCable'],
          },
          [{ query: cable, legend: disk }],
        ),
        table(
          {
            title: 'Logs of the disk',
            description: 'Errors and failed self-tests that it has written down itself; SAS: defects since it was made.',
            w: 12,
            none: 'none answered',
            runbook: ['SelfTestFailed', 'DiskFailing'],
          },
          identity,
          [
            {
              query: total('max', series('smartctl_device_error_log_count', ofHypervisor), keys(identity)),
              title: 'Errors',
              steps: noneIsBetter,
            },
            {
              query: total('max', series('smartctl_device_self_test_log_error_count', ofHypervisor), keys(identity)),
              title: 'Failed self-tests',
              steps: noneIsGood,
            },
            {
              query: total('max', series('smartctl_scsi_grown_defect_list', ofHypervisor), keys(identity)),
              title: 'Grown defects',
              steps: noneIsBetter,
            },
          ],
        ),
        table(
          { title: 'NVMe', description: 'Wear, spare and errors.', w: 12, none: 'no NVMe disk', runbook: ['DiskWearing', 'DiskFailing'] },
          identity,
          [
            {
              query: total('max', series('smartctl_device_percentage_used', ofHypervisor), keys(identity)),
              title: 'Life used',
              unit: 'percent',
              steps: ['green', [80, 'orange'], [100, 'red']],
            },
            {
              query: total('min', series('smartctl_device_available_spare', ofHypervisor), keys(identity)),
              title: 'Spare',
              unit: 'percent',
            },
            {
              query: total('max', series('smartctl_device_media_errors', ofHypervisor), keys(identity)),
              title: 'Errors of the medium',
              steps: noneIsGood,
            },
            {
              query: total('max', series('smartctl_device_critical_warning', ofHypervisor), keys(identity)),
              title: 'Warnings',
              steps: noneIsGood,
            },
          ],
        ),
        timeline(
          {
            title: 'Asleep',
            description: 'Not woken to be asked: what is known of it is older.',
            w: 24,
            h: 5,
            words: { 0: ['awake', 'green'], 1: ['asleep', 'blue'] },
            none: 'no SmartCheck',
          },
          { query: series('reeve_smart_disk_asleep', ofHypervisor), legend: '{{hypervisor}} {{disk}}' },
        ),
      ],
    },
    {
      title: 'Volumes',
      pieces: [
        chart(
          {
            title: 'Space left',
            description: 'Of each file system.',
            w: 12,
            unit: 'percentunit',
            min: 0,
            max: 1,
            none: 'no Volume',
            steps: ['red', [0.05, 'orange'], [0.15, 'green']],
            runbook: ['FilesystemFilling', 'FilesystemFull'],
          },
          [
            {
              query: ratio(series('reeve_volume_available_bytes', ofHypervisor), series('reeve_volume_size_bytes', ofHypervisor)),
              legend: volume,
            },
          ],
        ),
        chart(
          {
            title: 'Inodes left',
            description: 'Of each file system.',
            w: 12,
            unit: 'percentunit',
            min: 0,
            max: 1,
            none: 'no Volume',
            runbook: ['FilesystemFilling', 'FilesystemFull'],
          },
          [{ query: ratio(series('reeve_volume_inodes_free', ofHypervisor), series('reeve_volume_inodes', ofHypervisor)), legend: volume }],
        ),
        chart(
          {
            title: 'Thin pools',
            description: 'Used share of data and metadata. A full pool hangs whoever writes.',
            w: 12,
            unit: 'percentunit',
            min: 0,
            max: 1,
            none: 'no thin pool',
            steps: ['green', [0.8, 'orange'], [0.9, 'red']],
            runbook: ['ThinPoolFilling', 'ThinPoolFull'],
          },
          [
            {
              query: total('max', series('reeve_volume_thin_pool_data_used_ratio', ofHypervisor), ['hypervisor', 'thin_pool']),
              legend: '{{hypervisor}} {{thin_pool}} data',
            },
            {
              query: total('max', series('reeve_volume_thin_pool_metadata_used_ratio', ofHypervisor), ['hypervisor', 'thin_pool']),
              legend: '{{hypervisor}} {{thin_pool}} metadata',
            },
          ],
        ),
        table(
          { title: 'Volume groups', description: 'What no volume has yet.', w: 12, none: 'no volume group' },
          { hypervisor: 'Hypervisor', volume_group: 'Volume group' },
          [
            {
              query: total('max', series('reeve_volume_group_size_bytes', ofHypervisor), ['hypervisor', 'volume_group']),
              title: 'Size',
              unit: 'bytes',
            },
            {
              query: total('min', series('reeve_volume_group_free_bytes', ofHypervisor), ['hypervisor', 'volume_group']),
              title: 'Free',
              unit: 'bytes',
            },
          ],
        ),
      ],
    },
  ],
})

function keys<K extends string>(rows: Readonly<Record<K, string>>): readonly K[] {
  return Object.keys(rows) as K[]
}
