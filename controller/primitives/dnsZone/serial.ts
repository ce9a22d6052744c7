/** How the next serial is chosen. */
export type SerialPolicy = 'dateserial' | 'unixtime' | 'counter'

const size = 2 ** 32

/** RFC 1982 3.2. Two serials half the circle apart are neither before nor after each other. */
export function isAfter(one: number, other: number): boolean {
  const ahead = (one - other + size) % size
  return ahead > 0 && ahead < size / 2
}

/** The latest of several, as a secondary would see them one after another. */
export function latest(serials: readonly number[]): number | undefined {
  return serials.reduce<number | undefined>((most, one) => (most === undefined || isAfter(one, most) ? one : most), undefined)
}

/** The one after it. 0 is left out: some servers take it for none. */
export function after(serial: number): number {
  return (serial + 1) % size || 1
}

/** A serial after all that any server of the zone has: stateless, so that a rebuilt primary does not fall behind its secondaries. */
export function nextSerial(policy: SerialPolicy, known: readonly number[], clockSeconds: number): number {
  const most = latest(known)
  const wish = wishOf(policy, clockSeconds)
  if (most === undefined) return wish
  return isAfter(wish, most) && policy !== 'counter' ? wish : after(most)
}

function wishOf(policy: SerialPolicy, clockSeconds: number): number {
  if (policy === 'counter') return 1
  if (policy === 'unixtime') return clockSeconds % size
  const day = new Date(clockSeconds * 1000).toISOString().slice(0, 10).replaceAll('-', '')
  return Number(`${day}00`)
}

/** How far ahead of its wish a serial may be without anybody having meant it: a month of dates, a week of seconds. */
const slack = { dateserial: 5000, unixtime: 604_800, counter: size } as const

/** Changes that may come while a secondary is still where it began: at half the circle it would take none of them. */
const room = 1000

/**
 * The next serial on the way back of one that is far ahead of what its policy wishes: first half the circle on, from where the wish is ahead of it, then the
 * wish itself (RFC 1982 7). Undefined where it is not far ahead. Each step only when all servers have made the one before.
 */
export function resetSerial(policy: SerialPolicy, current: number, clockSeconds: number): number | undefined {
  const wish = wishOf(policy, clockSeconds)
  if (policy === 'counter') return undefined
  if (isAfter(wish, current)) return (wish - current + size) % size > size / 8 ? wish : undefined
  const ahead = (current - wish + size) % size
  return ahead > slack[policy] && ahead < size / 2 ? (current + size / 2 - room) % size || 1 : undefined
}
