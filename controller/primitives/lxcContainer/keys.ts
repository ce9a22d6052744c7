import type { Impact } from '../../model/change.ts'
import { canonicalCpus } from '../../model/cpuList.ts'
import { legacyFile } from './legacy.ts'

/** Prefix of the keys that set a file of the container's cgroup (cgroup v2). */
const limitPrefix = 'lxc.cgroup2.'

/** Files of the cgroup that limits go to, with what the kernel holds when nothing was asked. */
export const limitDefaults: Readonly<Record<string, string>> = {
  'memory.low': '0',
  'memory.high': 'max',
  'memory.max': 'max',
  'memory.swap.max': 'max',
  'cpu.max': 'max 100000',
  'cpu.weight': '100',
  'cpuset.cpus': '',
  'pids.max': 'max',
}

const ownable =
  /^lxc\.(uts\.name|rootfs\.path|start\.(auto|delay|order)|group|(apparmor|seccomp)\.profile|apparmor\.allow_nesting|net\.\d+\.(type|link|flags|name|mtu|hwaddr|veth\.pair|ipv[46]\.(address|gateway)))$/

/** Keys of which each line adds one thing, ours beside those of others. */
const listed = /^lxc\.(mount\.entry|cgroup2?\.devices\.allow|cap\.drop|idmap)$/

/** Keys that Reeve may ask for: between our marks, others are someone else's. */
export function isOwnable(key: string): boolean {
  return ownable.test(key) || isListed(key) || limitFile(key) !== undefined || legacyFile(key) !== undefined
}

export function isListed(key: string): boolean {
  return listed.test(key)
}

/** The cgroup file that a key sets, for the limits we know. */
export function limitFile(key: string): string | undefined {
  const file = key.startsWith(limitPrefix) ? key.slice(limitPrefix.length) : ''
  return Object.hasOwn(limitDefaults, file) ? file : undefined
}

export function limitKey(file: string): string {
  return `${limitPrefix}${file}`
}

/** What a change of this line costs a running container. */
export function impactOfKey(key: string): Impact {
  return limitFile(key) !== undefined || /^lxc\.(start\.|group$)/.test(key) ? 'none' : 'restart'
}

/** A key's values in the form in which equal means equal; all lines of the key in order, those before an empty one dropped. */
export function canonicalValue(key: string, values: readonly string[]): string {
  const last = values.at(-1) ?? ''
  if (key === 'lxc.group') return words(values).join(' ')
  if (key.endsWith('.ipv4.address')) return values.map((value) => value.split(/\s+/)[0] ?? '').join(' ')
  if (key.endsWith('.hwaddr')) return last.toLowerCase()
  if (key.includes('.ipv6.')) return values.map(canonicalIpv6).join(' ')
  if (key === 'lxc.rootfs.path') return canonicalDevice(last)
  const file = limitFile(key)
  return file === undefined ? last : canonicalLimit(file, last)
}

/** A limit as the kernel prints it back. */
export function canonicalLimit(file: string, value: string): string {
  if (file.startsWith('memory.')) return canonicalMemory(value)
  if (file === 'cpuset.cpus') return canonicalCpus(value)
  if (file === 'cpu.max') return /\s/.test(value.trim()) ? value.trim().split(/\s+/).join(' ') : `${value.trim()} 100000`
  return value.trim()
}

/** `dir:/path` is `/path`; `/dev/mapper/vg-lv` and `lvm:/dev/vg/lv` are `/dev/vg/lv` (mapper names double the dashes of their parts, lvm(8)). */
function canonicalDevice(path: string): string {
  const device = path.replace(/^(lvm|dir):/, '')
  const match = /^\/dev\/mapper\/((?:[^-]|--)+)-((?:[^-]|--)+)$/.exec(device)
  if (!match) return device
  return `/dev/${match[1]?.replaceAll('--', '-')}/${match[2]?.replaceAll('--', '-')}`
}

/** RFC 5952, by the URL parser; the prefix length stays. */
function canonicalIpv6(value: string): string {
  const [address = '', length] = value.trim().split('/')
  const url = `http://[${address}]/`
  const text = URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address.toLowerCase()
  return length === undefined ? text : `${text}/${length}`
}

/** The kernel's memparse: K, M, G, T are powers of 1024; limits are kept in whole pages, rounded down. */
export function canonicalMemory(value: string): string {
  const match = /^(\d{1,19})([KMGT]?)$/i.exec(value.trim())
  if (!match) return value.trim()
  const bytes = BigInt(match[1] ?? '0') << BigInt('_KMGT'.indexOf((match[2] || '_').toUpperCase()) * 10)
  return String((bytes / 4096n) * 4096n)
}

function words(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(/\s+/)).filter((word) => word !== '')
}
