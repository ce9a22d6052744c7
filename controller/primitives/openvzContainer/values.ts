import type { Impact } from '../../model/change.ts'
import { canonicalCpus } from '../../model/cpuList.ts'

type Unit = 'pages' | 'bytes' | 'items' | 'kibibytes'

/** Parameters that are a pair of soft and hard limit, with what a bare number counts (vzctl(8)). */
const pairs: Readonly<Record<string, Unit>> = {
  KMEMSIZE: 'bytes',
  LOCKEDPAGES: 'pages',
  PRIVVMPAGES: 'pages',
  SHMPAGES: 'pages',
  NUMPROC: 'items',
  PHYSPAGES: 'pages',
  VMGUARPAGES: 'pages',
  OOMGUARPAGES: 'pages',
  NUMTCPSOCK: 'items',
  NUMFLOCK: 'items',
  NUMPTY: 'items',
  NUMSIGINFO: 'items',
  TCPSNDBUF: 'bytes',
  TCPRCVBUF: 'bytes',
  OTHERSOCKBUF: 'bytes',
  DGRAMRCVBUF: 'bytes',
  NUMOTHERSOCK: 'items',
  DCACHESIZE: 'bytes',
  NUMFILE: 'items',
  NUMIPTENT: 'items',
  SWAPPAGES: 'pages',
  DISKSPACE: 'kibibytes',
  DISKINODES: 'items',
}

/** Parameters of lists: a set of words, or words in order. */
const sets: ReadonlySet<string> = new Set(['IP_ADDRESS', 'FEATURES', 'DEVNODES'])
const sequences: ReadonlySet<string> = new Set(['NAMESERVER', 'SEARCHDOMAIN'])
const numbers: ReadonlySet<string> = new Set(['CPUUNITS', 'CPULIMIT', 'CPUS', 'BOOTORDER', 'IOPRIO'])
const texts: ReadonlySet<string> = new Set(['HOSTNAME', 'ONBOOT', 'CPUMASK'])

const suffixes: Readonly<Record<string, bigint>> = { B: 1n, K: 1n << 10n, M: 1n << 20n, G: 1n << 30n, T: 1n << 40n, P: 4096n }
const counted: Readonly<Record<Unit, bigint | undefined>> = { pages: 4096n, bytes: 1n, kibibytes: 1024n, items: undefined }

/** From here on a kernel means no limit: LONG_MAX of 64 and of 32 bits, and INT_MAX. */
const unlimitedFrom = 2n ** 31n - 1n
export const unlimited = 2n ** 63n - 1n

export interface Pair {
  readonly barrier: bigint
  readonly limit: bigint
}

/** Parameters that Reeve may ask for. NETIF, VE_PRIVATE and OSTEMPLATE are no settings: they have fields of their own. */
export function isSetting(key: string): boolean {
  return key in pairs || sets.has(key) || sequences.has(key) || numbers.has(key) || texts.has(key)
}

/** The user beancounters, which a running container can be asked for (DISKSPACE and DISKINODES are quotas). */
export function isBeancounter(key: string): boolean {
  return key in pairs && !key.startsWith('DISK')
}

/** What a change of this parameter costs a running container. vzctl: "Unable to set features on a running container". */
export function impactOfKey(key: string): Impact {
  return key === 'FEATURES' ? 'restart' : 'none'
}

/** A value in the form in which equal means equal: as vzctl itself saves it, sets in order. What makes no sense stays as it is, and is equal to nothing wanted. */
export function canonicalValue(key: string, value: string): string {
  if (key in pairs) {
    const pair = parsePair(key, value)
    return pair === undefined ? value : formatPair(pair)
  }
  if (sets.has(key)) return words(value.toLowerCase()).sort().join(' ')
  if (sequences.has(key)) return words(value).join(' ')
  if (key === 'CPUMASK') return canonicalCpus(value)
  if (numbers.has(key)) return /^\d{1,18}$/.test(value) ? String(BigInt(value)) : value
  return value
}

/** `barrier:limit`, or one number for both; suffixes as vzctl takes them, where it takes them. */
export function parsePair(key: string, value: string): Pair | undefined {
  const unit = counted[pairs[key] ?? 'items']
  const [barrier, limit, ...rest] = value.split(':').map((part) => parseCount(part, unit))
  if (rest.length > 0 || barrier === undefined) return undefined
  if (!value.includes(':')) return { barrier, limit: barrier }
  return limit === undefined ? undefined : { barrier, limit }
}

export function formatPair({ barrier, limit }: Pair): string {
  return `${formatCount(barrier)}:${formatCount(limit)}`
}

/** Both mean no limit, or both the same. */
export function isSameCount(one: bigint, other: bigint): boolean {
  return one === other || (one >= unlimitedFrom && other >= unlimitedFrom)
}

function parseCount(text: string, unit: bigint | undefined): bigint | undefined {
  if (text === 'unlimited') return unlimited
  const match = /^(\d{1,20})([TGMKPB]?)$/i.exec(text)
  if (!match) return undefined
  const value = BigInt(match[1] ?? '')
  const suffix = (match[2] ?? '').toUpperCase()
  if (suffix !== '' && unit === undefined) return undefined
  const count = suffix === '' || unit === undefined ? value : (value * (suffixes[suffix] ?? 1n)) / unit
  return count > unlimited ? unlimited : count
}

function formatCount(count: bigint): string {
  return count >= unlimited ? 'unlimited' : String(count)
}

function words(value: string): string[] {
  return value.split(/[\s,]+/).filter((word) => word !== '')
}

/** Only this may become a word on vzctl's command line: it lands between double quotes in a file that scripts of the host source. */
export function safeWord(text: string): string {
  if (!/^[A-Za-z0-9_.:/@+%=,-]+$/.test(text) || text.startsWith('-')) throw new Error(`not a value for vzctl: ${JSON.stringify(text)}`)
  return text
}

/** Words of `vzctl set` that turn this parameter from `before` to `after`. Lists of names are replaced as a whole, addresses one by one. */
export function optionsFor(key: string, before: string | undefined, after: string): readonly string[] {
  if (!isSetting(key)) throw new Error(`not a parameter of ours: ${key}`)
  const option = `--${key.toLowerCase()}`
  if (key === 'IP_ADDRESS') return addressOptions(words(before ?? ''), words(after))
  if (key === 'NAMESERVER' || key === 'SEARCHDOMAIN') return words(after).flatMap((word) => [option, safeWord(word)])
  if (key === 'FEATURES' || key === 'DEVNODES') return words(after).flatMap((word) => [option, safeWord(word)])
  return [option, safeWord(after)]
}

function addressOptions(before: readonly string[], after: readonly string[]): readonly string[] {
  const gone = before.filter((address) => !after.includes(address) && /^[0-9A-Fa-f:./]+$/.test(address))
  const added = after.filter((address) => !before.includes(address))
  return [...gone.flatMap((address) => ['--ipdel', safeWord(address)]), ...added.flatMap((address) => ['--ipadd', safeWord(address)])]
}
