import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { OwnMachine } from '../engine/ownMachine.ts'

/** Finds out where this process runs; undefined where the machine has no id, so that no host can be taken for it. */
export function findOwnMachine({ stateDir }: Pick<Config, 'stateDir'>): OwnMachine | undefined {
  const machineId = read('/etc/machine-id')
  if (!/^[0-9a-f]{32}$/.test(machineId)) return undefined
  return { machineId, unit: unitOf(read('/proc/self/cgroup')), paths: [join(import.meta.dirname, '../..'), stateDir] }
}

/** The service of a process, by /proc/PID/cgroup (cgroups(7)): `0::/system.slice/reeve.service`. */
export function unitOf(cgroup: string): string | undefined {
  const path = /^(?:0:|\d+:name=systemd):(\S+)$/m.exec(cgroup)?.[1] ?? ''
  return path.split('/').findLast((part) => part.endsWith('.service'))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
