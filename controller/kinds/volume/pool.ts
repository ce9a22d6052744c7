import type { Alarm } from '../../model/alarm.ts'
import { type Sample, sample } from '../../model/kind.ts'
import { formatBytes } from '../../model/quantity.ts'
import type { Part } from './part.ts'

/** Used shares. A pool that is full hangs whoever writes to its volumes, and after a minute fails them: there must be time for a person. */
const full = { raisedFrom: 0.9, overBelow: 0.87 }
const filling = { raisedFrom: 0.8, overBelow: 0.75 }

/** A thin pool as lvs(8) tells it. */
export interface Pool {
  readonly sizeBytes: bigint
  /** Used shares, 0 to 1. */
  readonly data: number
  readonly metadata: number
  /** Empty, or what is wrong: out_of_data, metadata_read_only, … */
  readonly health: string
}

/** `pool 104857600 87.77 11.23 out_of_data` */
export function readPool(stdout: string): Pool | undefined {
  const [, size, data, metadata, health] = /^pool (\d+) (\d+\.\d+) (\d+\.\d+) ?(\S*)$/m.exec(stdout) ?? []
  if (size === undefined) return undefined
  return { sizeBytes: BigInt(size), data: Number(data) / 100, metadata: Number(metadata) / 100, health: health ?? '' }
}

export function poolSamples({ data, metadata }: Pool, pool: string): readonly Sample[] {
  const labels = { thin_pool: pool }
  return [sample('volume_thin_pool_data_used_ratio', data, labels), sample('volume_thin_pool_metadata_used_ratio', metadata, labels)]
}

/** `group SIZE FREE` in bytes. */
export function readGroup(stdout: string, group: string): readonly Sample[] {
  const [, size, free] = /^group (\d+) (\d+)$/m.exec(stdout) ?? []
  if (size === undefined || free === undefined) return []
  const labels = { volume_group: group }
  return [sample('volume_group_size_bytes', Number(size), labels), sample('volume_group_free_bytes', Number(free), labels)]
}

/** An alarm ends further down than it began, so that what goes up and down around a limit is one mail. */
export function assessPool(pool: Pool | undefined, name: string): Part {
  if (pool === undefined)
    return { healthy: false, reason: 'PoolNotRead', message: `thin pool ${name} is not there, or not active`, alarms: [], unread: [name] }
  const used = { data: pool.data, metadata: pool.metadata }
  const from = (limit: number) => (['data', 'metadata'] as const).filter((word) => used[word] >= limit)
  const most = Math.max(used.data, used.metadata)
  const lacks = pool.health === '' ? from(full.raisedFrom) : [pool.health]
  const text = `thin pool ${name} (${formatBytes(pool.sizeBytes)}) has used ${percent(pool.data)} of its data and ${percent(pool.metadata)} of its metadata${pool.health === '' ? '' : `, and is ${pool.health}`}`
  const isBetween = most >= full.overBelow || (most < filling.raisedFrom && most >= filling.overBelow)
  return {
    healthy: lacks.length === 0,
    reason: lacks.length === 0 ? 'SpaceLeft' : 'ThinPoolFull',
    message: text,
    alarms: alarmOf(name, lacks, from(filling.raisedFrom), text),
    unread: isBetween ? [name] : [],
  }
}

function alarmOf(name: string, lacks: readonly string[], low: readonly string[], text: string): readonly Alarm[] {
  if (lacks.length === 0 && low.length === 0) return []
  const isFull = lacks.length > 0
  const grow = 'raise lvm.size of the pool in its Volume'
  return [
    {
      condition: isFull ? 'ThinPoolFull' : 'ThinPoolFilling',
      subject: name,
      items: isFull ? lacks : low,
      summary: text,
      facts: [['Pool', text]],
      todo: low.includes('metadata')
        ? `lvextend --poolmetadatasize +256M ${name} on the host; metadata does not grow with the data.`
        : `${grow}, or remove what may go and run fstrim on the volumes in it. Once it is full, writers hang until it is larger.`,
    },
  ]
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
