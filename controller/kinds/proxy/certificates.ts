import { X509Certificate } from 'node:crypto'
import type { Assessment, Reading, Vital } from '../../model/kind.ts'
import type { Target } from '../../model/target.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { ProxyManifest } from './places.ts'

/** Below this somebody must look: what renews by itself does so a month ahead (certbot at 30 days), and has failed for two weeks by then. */
const leastDays = 14
const secondsOfDay = 86_400

interface Wanted {
  readonly vhost: string
  readonly file: string
}

/** How long the certificates last that this Proxy serves, in one process for all of them. */
export function certificateVitals({ spec }: ProxyManifest, target: Target): readonly Vital[] {
  const wanted = spec.vhosts.flatMap(({ name, tls }) => (tls ? [{ vhost: name, file: tls.certificate }] : []))
  if (wanted.length === 0) return []
  const files = [...new Set(wanted.map(({ file }) => file))]
  return [{ id: 'certificates', target, pace: 'trip', probe: probe(files), assess: (reading) => assess(reading, wanted) }]
}

/**
 * The first certificate of each file, and the target's own clock. A certificate is public; `openssl x509` would be a process for each file,
 * and is not on every target. Only lines of base64 are handed on, and no more than a certificate has.
 */
function probe(files: readonly string[]): Script {
  return sh`printf 'clock '
date +%s
set --
for reeve_file in ${files}; do
  if [ -f "$reeve_file" ] && [ -r "$reeve_file" ]; then set -- "$@" "$reeve_file"; fi
done
[ $# -eq 0 ] || LC_ALL=C awk '
  FNR == 1 { state = 0 }
  { sub(/\r$/, "") }
  state == 0 && $0 == "-----BEGIN CERTIFICATE-----" { state = 1; lines = 0; print "file " FILENAME; next }
  state == 1 && $0 == "-----END CERTIFICATE-----" { state = 2; print "end"; next }
  state == 1 && ++lines <= 400 && length($0) <= 76 && /^[A-Za-z0-9+\/=]+$/ { print }
' "$@" </dev/null 2>/dev/null || :`
}

interface Judged {
  readonly rank: number
  readonly reason: string
  readonly message: string
  readonly sample?: Assessment['samples'][number]
}

function assess(reading: Reading, wanted: readonly Wanted[]): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const now = Number(/^clock (\d{1,12})$/m.exec(reading.stdout)?.[1])
  if (!Number.isSafeInteger(now)) return { healthy: 'unknown', reason: 'NotRead', message: 'the target did not tell its time', samples: [] }
  const ends = certificatesIn(reading.stdout)
  const judged = wanted.map((one) => judge(one, ends.get(one.file), now))
  const samples = judged.flatMap(({ sample }) => (sample ? [sample] : []))
  const bad = judged.filter(({ rank }) => rank < leastDays).sort((one, other) => one.rank - other.rank)
  const [worst] = bad
  if (worst === undefined) {
    const least = Math.floor(Math.min(...judged.map(({ rank }) => rank)))
    return { healthy: true, reason: 'CertificatesLast', message: `every certificate lasts ${least} days or more`, samples }
  }
  return { healthy: false, reason: worst.reason, message: bad.map(({ message }) => message).join('; '), samples }
}

function judge({ vhost, file }: Wanted, ends: number | undefined, now: number): Judged {
  const what = `certificate of ${vhost} (${file})`
  if (ends === undefined) return { rank: -Infinity, reason: 'CertificateUnreadable', message: `${what} cannot be read` }
  const sample = { metric: 'proxy_certificate_expiry_timestamp_seconds', value: ends, labels: { server: vhost } }
  const rank = (ends - now) / secondsOfDay
  const day = new Date(ends * 1000).toISOString().slice(0, 10)
  if (rank <= 0) return { rank, reason: 'CertificateExpired', message: `${what} expired ${day}, ${Math.ceil(-rank)} days ago`, sample }
  return { rank, reason: 'CertificateExpires', message: `${what} expires ${day}, in ${Math.floor(rank)} days`, sample }
}

/** File → when its first certificate ends, in seconds since the epoch. What is no certificate is left out. */
function certificatesIn(stdout: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const [, file = '', body = ''] of stdout.matchAll(/^file (\/.*)\n([A-Za-z0-9+/=\n]*)end$/gm)) {
    const ends = endOf(body)
    if (ends !== undefined && !found.has(file)) found.set(file, ends)
  }
  return found
}

function endOf(base64: string): number | undefined {
  try {
    const ends = new X509Certificate(Buffer.from(base64, 'base64')).validToDate.getTime()
    return Number.isFinite(ends) ? Math.floor(ends / 1000) : undefined
  } catch {
    // Not a certificate: whoever reads the answer is told that it cannot be read.
    return undefined
  }
}
