import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { OwnMachine } from '../engine/ownMachine.ts'

/** Finds out where this process runs. Without an id of its own no host is taken for it; the kernel's still tells whose container it is. */
export function findOwnMachine({ stateDir }: Pick<Config, 'stateDir'>): OwnMachine {
  const machineId = read('/etc/machine-id')
  return {
    machineId: /^[0-9a-f]{32}$/.test(machineId) ? machineId : '',
    bootId: read('/proc/sys/kernel/random/boot_id'),
    names: [hostname(), ...containerNumber(read('/proc/self/status'))],
    unit: unitOf(read('/proc/self/cgroup')),
    ...userName(),
    paths: [join(import.meta.dirname, '../..'), stateDir],
  }
}

/** In an image a user may have no name. */
function userName(): { readonly user?: string } {
  try {
    return { user: userInfo().username }
  } catch {
    return {}
  }
}

/** Of OpenVZ: 0 is the hypervisor itself. */
export function containerNumber(status: string): readonly string[] {
  const number = /^envID:\s*([1-9]\d*)$/m.exec(status)?.[1]
  return number === undefined ? [] : [number]
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
