/**
 * Limits on a host with cgroup v1 (Documentation/admin-guide/cgroup-v1): named, scaled and bundled otherwise than in v2. Everything else speaks
 * of limits in the words of v2; this is the one place that translates. LXC takes `lxc.cgroup2.*` on a pure v2 host and `lxc.cgroup.*` on any
 * other, and leaves the other family alone: a config with both holds also after the host was booted the other way.
 */
const legacyPrefix = 'lxc.cgroup.'

/** v1 counts up to 2^63 less one page; near that, nothing is limited. */
const unlimitedFrom = 1n << 62n
const defaultShares = 1024
const defaultWeight = 100

/** What each file of v1 is, by its name with the controller before the dot. */
export const legacyFiles = [
  'memory.soft_limit_in_bytes',
  'memory.limit_in_bytes',
  'memory.memsw.limit_in_bytes',
  'cpu.cfs_period_us',
  'cpu.cfs_quota_us',
  'cpu.shares',
  'cpuset.cpus',
  'pids.max',
] as const

type Values = Readonly<Record<string, string>>

/** Limits of v2 (file → value) as files of v1. What v1 has no word for (memory.low) is left out. */
export function toLegacy(limits: Values): Values {
  return Object.assign({}, ...Object.entries(limits).map(([file, value]) => legacyOf(file, value, limits)))
}

/** v1 limits memory and swap only in one sum. */
function legacyOf(file: string, value: string, limits: Values): Values {
  switch (file) {
    case 'memory.high':
      return { 'memory.soft_limit_in_bytes': minusOne(value) }
    case 'memory.max':
      return { 'memory.limit_in_bytes': minusOne(value) }
    case 'memory.swap.max':
      return { 'memory.memsw.limit_in_bytes': sum(limits['memory.max'], value) }
    case 'cpu.max': {
      const [quota = 'max', period = '100000'] = value.split(' ')
      return { 'cpu.cfs_period_us': period, 'cpu.cfs_quota_us': minusOne(quota) }
    }
    case 'cpu.weight':
      return { 'cpu.shares': String(Math.max(2, Math.round((Number(value) * defaultShares) / defaultWeight))) }
    case 'cpuset.cpus':
    case 'pids.max':
      return { [file]: value }
    default:
      return {}
  }
}

/** Files of v1, as the kernel prints them or a config has them (`256M`), as limits of v2. `bytes` reads a size. */
export function fromLegacy(values: Values, bytes: (text: string) => string): Values {
  const limits: Record<string, string> = {}
  const put = (file: string, value: string | undefined): void => {
    if (value !== undefined) limits[file] = value
  }
  const size = (file: string): string | undefined => (values[file] === undefined ? undefined : orMax(bytes(values[file])))
  put('memory.high', size('memory.soft_limit_in_bytes'))
  put('memory.max', size('memory.limit_in_bytes'))
  put('memory.swap.max', difference(size('memory.memsw.limit_in_bytes'), size('memory.limit_in_bytes')))
  put('cpu.max', cpuMax(values['cpu.cfs_quota_us'], values['cpu.cfs_period_us']))
  put('cpu.weight', weight(values['cpu.shares']))
  put('cpuset.cpus', values['cpuset.cpus'])
  put('pids.max', values['pids.max'])
  return limits
}

export function legacyKey(file: string): string {
  return `${legacyPrefix}${file}`
}

/** The file of v1 that a config key sets, for those we know. */
export function legacyFile(key: string): string | undefined {
  const file = key.startsWith(legacyPrefix) ? key.slice(legacyPrefix.length) : ''
  return (legacyFiles as readonly string[]).includes(file) ? file : undefined
}

function minusOne(value: string): string {
  return value === 'max' ? '-1' : value
}

function orMax(value: string): string {
  return value.startsWith('-') || (/^\d+$/.test(value) && BigInt(value) >= unlimitedFrom) ? 'max' : value
}

function sum(memory: string | undefined, swap: string): string {
  const isLimited = memory !== undefined && /^\d+$/.test(memory) && /^\d+$/.test(swap)
  return isLimited ? String(BigInt(memory) + BigInt(swap)) : '-1'
}

function difference(both: string | undefined, memory: string | undefined): string | undefined {
  if (both === undefined || memory === undefined) return undefined
  if (!/^\d+$/.test(both) || !/^\d+$/.test(memory)) return 'max'
  return BigInt(both) < BigInt(memory) ? '0' : String(BigInt(both) - BigInt(memory))
}

function cpuMax(quota: string | undefined, period = '100000'): string | undefined {
  return quota === undefined ? undefined : `${orMax(quota)} ${period}`
}

function weight(shares: string | undefined): string | undefined {
  return shares !== undefined && /^\d+$/.test(shares)
    ? String(Math.max(1, Math.round((Number(shares) * defaultWeight) / defaultShares)))
    : undefined
}
