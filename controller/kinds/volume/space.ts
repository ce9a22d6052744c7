import type { Alarm } from '../../model/alarm.ts'
import { type Sample, sample } from '../../model/kind.ts'
import { formatBytes } from '../../model/quantity.ts'
import type { Part } from './part.ts'

/** Shares of free space, or of free inodes. Services fail before it is 0 (ext4 keeps 5 % for root). */
const full = { raisedBelow: 0.05, overFrom: 0.08 }
const filling = { raisedBelow: 0.15, overFrom: 0.2 }

/** A filesystem's space, by df(1). Bytes. */
export interface Space {
  readonly size: number
  readonly free: number
  readonly inodes: number
  readonly freeInodes: number
}

/** df answers for the filesystem that a path lies on: only a line whose target is the path itself is about ours. */
export function readSpace(stdout: string, path: string): Space | undefined {
  for (const line of stdout.split('\n')) {
    const [, size, free, inodes, freeInodes, target] = /^\s*(\d+)\s+(\d+)\s+(\d+|-)\s+(\d+|-)\s(.*)$/.exec(line) ?? []
    if (target?.trim() === path) return { size: Number(size), free: Number(free), inodes: count(inodes), freeInodes: count(freeInodes) }
  }
  return undefined
}

/** btrfs has no number of inodes that could run out: 0, or a dash. */
function count(text: string | undefined): number {
  return text === '-' ? 0 : Number(text)
}

export function samplesOf(space: Space): readonly Sample[] {
  return [
    sample('volume_size_bytes', space.size),
    sample('volume_available_bytes', space.free),
    sample('volume_inodes', space.inodes),
    sample('volume_inodes_free', space.freeInodes),
  ]
}

/** An alarm ends further up than it began, so that what goes up and down around a limit is one mail. */
export function assessSpace(space: Space | undefined, path: string): Part {
  if (space === undefined)
    return { healthy: false, reason: 'NotMounted', message: `nothing is mounted at ${path}`, alarms: [], unread: [path] }
  const shares = { space: space.free / Math.max(1, space.size), inodes: space.inodes === 0 ? 1 : space.freeInodes / space.inodes }
  const below = (limit: number) => (['space', 'inodes'] as const).filter((word) => shares[word] < limit)
  const text = `${path} has ${formatBytes(BigInt(space.free))} of ${formatBytes(BigInt(space.size))} free`
  const inodes = `${path} has ${space.freeInodes} of ${space.inodes} inodes free`
  const least = Math.min(shares.space, shares.inodes)
  const isBetween = least < full.overFrom || (least >= filling.raisedBelow && least < filling.overFrom)
  const verdict = below(full.raisedBelow)[0]
  return {
    healthy: verdict === undefined,
    reason: verdict === undefined ? 'SpaceLeft' : verdict === 'space' ? 'FilesystemFull' : 'NoInodes',
    message: verdict === 'inodes' ? inodes : text,
    alarms: alarmOf(path, below(full.raisedBelow), below(filling.raisedBelow), [text, ...(space.inodes === 0 ? [] : [inodes])]),
    unread: isBetween ? [path] : [],
  }
}

function alarmOf(path: string, lacks: readonly string[], low: readonly string[], facts: readonly string[]): readonly Alarm[] {
  if (low.length === 0) return []
  const isFull = lacks.length > 0
  return [
    {
      condition: isFull ? 'FilesystemFull' : 'FilesystemFilling',
      subject: path,
      items: isFull ? lacks : low,
      summary: `${facts[0]}${low.includes('inodes') && facts[1] ? `, ${facts[1].slice(path.length + 1)}` : ''}`,
      facts: facts.map((fact) => ['Space', fact] as const),
      todo: 'remove what may go, or raise spec.lvm.size in the Volume: volume and filesystem grow while they are in use.',
    },
  ]
}
