import { formatIpv6, parseIpv6 } from '../../../model/address.ts'
import { canonicalCpus } from '../../../model/cpuList.ts'
import type { Container } from '../provider.ts'
import { bytes } from '../quantities.ts'
import type { ContainerSpec } from '../spec.ts'
import { openvzOf } from './names.ts'

const pageBytes = 4096n

/** Parameters of ctid.conf(5) that are asked for, in the form that the primitive compares. */
export function settings(manifest: Container): Readonly<Record<string, string>> {
  const { spec } = manifest
  const { ips = [], diskspace, diskinodes, ubc = {}, features = {} } = openvzOf(manifest)
  const flags = Object.entries(features).map(([name, isOn]) => `${name}:${isOn ? 'on' : 'off'}`)
  return {
    HOSTNAME: spec.hostname ?? manifest.name,
    IP_ADDRESS: ips.map(canonicalAddress).sort().join(' '),
    ...list('NAMESERVER', spec.dns?.nameservers),
    ...list('SEARCHDOMAIN', spec.dns?.searchDomains),
    ...autostart(spec.autostart ?? {}),
    ...limits(spec.resources ?? {}),
    ...(diskspace === undefined ? {} : { DISKSPACE: pair(diskspace, (text) => String(bytes(text) / 1024n)) }),
    ...(diskinodes === undefined ? {} : { DISKINODES: pair(diskinodes) }),
    ...Object.fromEntries(Object.entries(ubc).map(([name, value]) => [name.toUpperCase(), pair(String(value))])),
    ...list('FEATURES', flags.sort()),
    ...list('DEVNODES', (spec.devices ?? []).map(deviceNode).sort()),
  }
}

function list(key: string, words: readonly string[] | undefined): Readonly<Record<string, string>> {
  return words === undefined || words.length === 0 ? {} : { [key]: words.join(' ') }
}

function pair(text: string, convert: (part: string) => string = (part) => (part === 'unlimited' ? part : String(BigInt(part)))): string {
  const [soft = '', hard = soft] = text.split(':')
  return `${convert(soft)}:${convert(hard)}`
}

/** As vzctl writes it. */
function canonicalAddress(text: string): string {
  const [address = '', length] = text.split('/')
  const value = parseIpv6(address)
  return `${value === undefined ? address : formatIpv6(value)}${length === undefined ? '' : `/${Number(length)}`}`
}

/** Higher starts earlier, as with LXC. */
function autostart({ enabled = true, order }: NonNullable<ContainerSpec['autostart']>): Readonly<Record<string, string>> {
  return { ONBOOT: enabled ? 'yes' : 'no', ...(order === undefined ? {} : { BOOTORDER: String(order) }) }
}

/**
 * The common limits in OpenVZ's words (vzctl(8)): CPU time in percent of one CPU; a share whose usual value is 1000 where that of cgroups is 100; memory and
 * swap as `--ram` and `--swap` set them.
 */
function limits(resources: NonNullable<ContainerSpec['resources']>): Readonly<Record<string, string>> {
  const { cpus, cpuSet, cpuWeight, ioWeight, memory, swap, pids } = resources
  const wanted = {
    CPULIMIT: cpus === undefined ? undefined : Math.max(1, Math.round(cpus * 100)),
    CPUMASK: cpuSet === undefined ? undefined : canonicalCpus(cpuSet),
    CPUUNITS: cpuWeight === undefined ? undefined : cpuWeight * 10,
    IOPRIO: ioWeight === undefined ? undefined : priority(ioWeight),
    PHYSPAGES: memory === undefined ? undefined : `0:${pages(memory)}`,
    SWAPPAGES: swap === undefined ? undefined : `0:${pages(swap)}`,
    NUMPROC: pids === undefined ? undefined : `${pids}:${pids}`,
  }
  return Object.fromEntries(Object.entries(wanted).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])))
}

/** vzctl(8): 0 to 7, 4 is usual, and higher gets more. Each step is twice the weight of the one before: 25 is 2, 100 is 4, 200 is 5. */
function priority(weight: number): number {
  return Math.min(7, Math.max(0, 4 + Math.round(Math.log2(weight / 100))))
}

function pages(text: string): bigint {
  return (bytes(text) + pageBytes - 1n) / pageBytes
}

/** `net/tun:rw`. vzctl makes the node itself, so that mknod needs no right of its own. */
function deviceNode({ path, access = 'rwm' }: NonNullable<ContainerSpec['devices']>[number]): string {
  return `${path.slice('/dev/'.length)}:${access.replace('m', '')}`
}
