/** A value that was read, or why it could not be. */
export type Parsing<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }

const byteUnits: Readonly<Record<string, bigint>> = { '': 1n, Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n, Pi: 1n << 50n }
const secondsPer: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/**
 * Bytes as people write them: `10Gi`, `512Mi`, or a plain number of bytes. Binary units only: LVM's `10G` means GiB and Kubernetes' means 10⁹,
 * so a bare K, M, G or T is refused and nobody silently gets 7 % less.
 */
export function parseBytes(text: string): Parsing<bigint> {
  const bare = /^(\d+)([KMGTP])B?$/.exec(text)
  if (bare) return { ok: false, reason: `write ${bare[1]}${bare[2]}i: a bare ${bare[2]} means 1024s to LVM and 1000s to others` }
  const match = /^(\d{1,18})(Ki|Mi|Gi|Ti|Pi)?$/.exec(text)
  const unit = byteUnits[match?.[2] ?? '']
  if (!match || unit === undefined) return { ok: false, reason: `${JSON.stringify(text)} is not a size; write for example 10Gi or 512Mi` }
  const value = BigInt(match[1] ?? '') * unit
  if (value > 1n << 62n) return { ok: false, reason: `${text} is larger than anything there is` }
  return { ok: true, value }
}

/** Seconds as people write durations: `30s`, `5m`, `2h`, `7d`, and sums such as `1h30m`. At most 10 years. */
export function parseSeconds(text: string): Parsing<number> {
  if (!/^(\d{1,9}[smhdw])+$/.test(text))
    return { ok: false, reason: `${JSON.stringify(text)} is not a duration; write for example 30s, 5m, 2h or 7d` }
  let seconds = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhdw])/g)) seconds += Number(amount) * (secondsPer[unit ?? ''] ?? 0)
  if (seconds > 10 * 366 * 86_400) return { ok: false, reason: `${text} is longer than ten years` }
  return { ok: true, value: seconds }
}

/** Bytes for people, exact where a binary unit is exact: `10 GiB`, `1.5 GiB`. */
export function formatBytes(bytes: bigint): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = Number(bytes)
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`
}
