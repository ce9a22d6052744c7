import { X509Certificate } from 'node:crypto'
import { type Assessment, type Reading, sample, type Vital } from '../../model/kind.ts'
import type { Target } from '../../model/target.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { namesOf } from './names.ts'
import type { ProxyManifest } from './places.ts'

/** Below this somebody must look: what renews by itself does so a month ahead (certbot at 30 days), and has failed for two weeks by then. */
const leastDays = 14
const secondsOfDay = 86_400

interface Wanted {
  readonly vhost: string
  readonly file: string
  readonly names: readonly string[]
}

/** Whether the certificates that this Proxy serves are in force, how long, for its names, and each before the one that issued it: one process for all of them. */
export function certificateVitals({ spec }: ProxyManifest, target: Target): readonly Vital[] {
  const wanted = spec.vhosts.flatMap((vhost) =>
    vhost.tls ? [{ vhost: vhost.name, file: vhost.tls.certificate, names: vhost.serverNames === undefined ? [] : namesOf(vhost) }] : [],
  )
  if (wanted.length === 0) return []
  const files = [...new Set(wanted.map(({ file }) => file))]
  return [{ id: 'certificates', target, pace: 'trip', probe: probe(files), assess: (reading) => assess(reading, wanted) }]
}

/**
 * The certificates of each file, and the target's own clock. A certificate is public; `openssl x509` would be a process for each file,
 * and is not on every target. At most ten of a file, more than any chain has, and only lines of base64 are handed on, and no more than a certificate has.
 */
function probe(files: readonly string[]): Script {
  return sh`printf 'clock '
date +%s
set --
for reeve_file in ${files}; do
  if [ -f "$reeve_file" ] && [ -r "$reeve_file" ]; then set -- "$@" "$reeve_file"; fi
done
[ $# -eq 0 ] || LC_ALL=C awk '
  FNR == 1 { state = 0; found = 0 }
  { sub(/\r$/, "") }
  state == 0 && $0 == "-----BEGIN CERTIFICATE-----" { if (found++ < 10) { state = 1; lines = 0; print "file " FILENAME }; next }
  state == 1 && $0 == "-----END CERTIFICATE-----" { state = 0; print "end"; next }
  state == 1 && ++lines <= 400 && length($0) <= 76 && /^[A-Za-z0-9+\/=]+$/ { print }
' "$@" </dev/null 2>/dev/null || :`
}

interface Judged {
  /** Days left; a lower one is worse. */
  readonly rank: number
  readonly reason: string
  readonly message: string
  readonly sample?: Assessment['samples'][number]
  /** Nothing is wrong for everybody, but for some. */
  readonly remark?: string
}

function assess(reading: Reading, wanted: readonly Wanted[]): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const now = Number(/^clock (\d{1,12})$/m.exec(reading.stdout)?.[1])
  if (!Number.isSafeInteger(now)) return { healthy: 'unknown', reason: 'NotRead', message: 'the target did not tell its time', samples: [] }
  const chains = certificatesIn(reading.stdout)
  const judged = wanted.map((one) => judge(one, chains.get(one.file) ?? [], now))
  const samples = judged.flatMap(({ sample }) => (sample ? [sample] : []))
  const bad = judged.filter(({ rank }) => rank < leastDays).sort((one, other) => one.rank - other.rank)
  const [worst] = bad
  if (worst !== undefined) return { healthy: false, reason: worst.reason, message: bad.map(({ message }) => message).join('; '), samples }
  const least = Math.floor(Math.min(...judged.map(({ rank }) => rank)))
  const remarks = judged.flatMap(({ remark }) => (remark === undefined ? [] : [remark]))
  const message = [`every certificate lasts ${least} days or more`, ...remarks].join('; ')
  return { healthy: true, reason: remarks.length === 0 ? 'CertificatesLast' : 'CertificateNotForAll', message, samples }
}

function judge({ vhost, file, names }: Wanted, chain: readonly (X509Certificate | undefined)[], now: number): Judged {
  const what = `certificate of ${vhost} (${file})`
  const [own, ...above] = chain
  if (own === undefined) return { rank: -Infinity, reason: 'CertificateUnreadable', message: `${what} cannot be read` }
  const ends = sample('proxy_certificate_expiry_timestamp_seconds', secondsOf(own.validToDate), { server: vhost })
  const broken = breakOf([own, ...above])
  if (broken !== undefined) return { rank: -Infinity, reason: 'CertificateChain', message: `${what}: ${broken}`, sample: ends }
  const begins = secondsOf(own.validFromDate)
  if (begins > now)
    return { rank: -Infinity, reason: 'CertificateNotYetValid', message: `${what} is valid only from ${dayOf(begins)} on`, sample: ends }
  const remark = remarkOf(own, above.length, what, names)
  return { ...judgeEnd([own, ...above], what, now), sample: ends, ...(remark === undefined ? {} : { remark }) }
}

/** The first of a chain that ends; a root that is sent along is not asked for by anybody. */
function judgeEnd(chain: readonly (X509Certificate | undefined)[], what: string, now: number): Pick<Judged, 'rank' | 'reason' | 'message'> {
  const counting = chain.filter((one) => one !== undefined).filter((one, index) => index === 0 || one.subject !== one.issuer)
  const ends = Math.min(...counting.map((one) => secondsOf(one.validToDate)))
  const which = ends === secondsOf(counting[0]?.validToDate ?? new Date(0)) ? what : `${what}: one of its authorities`
  const rank = (ends - now) / secondsOfDay
  if (rank <= 0) return { rank, reason: 'CertificateExpired', message: `${which} expired ${dayOf(ends)}, ${Math.ceil(-rank)} days ago` }
  return { rank, reason: 'CertificateExpires', message: `${which} expires ${dayOf(ends)}, in ${Math.floor(rank)} days` }
}

/** Where a certificate of a file is not followed by that of its authority (RFC 8446 4.4.2): some clients take it, and some do not. */
function breakOf(chain: readonly (X509Certificate | undefined)[]): string | undefined {
  const at = chain.findIndex((one, index) => index > 0 && (one === undefined || !chain[index - 1]?.checkIssued(one)))
  if (at === -1) return undefined
  return chain[at] === undefined
    ? `number ${at + 1} of its file is no certificate`
    : `number ${at + 1} of its file, ${subjectOf(chain[at])}, is not of the authority that issued the one before it`
}

function remarkOf(own: X509Certificate, above: number, what: string, names: readonly string[]): string | undefined {
  const without = names.filter((name) => own.checkHost(name.replace(/^\*?\./, 'reeve-probe.')) === undefined)
  if (without.length > 0) return `${what} is not for ${without.slice(0, 3).join(', ')}${without.length > 3 ? ' and others' : ''}`
  const isAlone = above === 0 && own.subject !== own.issuer
  return isAlone ? `${what} is sent without that of its authority: who does not know that one refuses it` : undefined
}

/** For people: one line of it, without what a certificate may hide in it. */
function subjectOf({ subject }: X509Certificate): string {
  return JSON.stringify(
    subject
      .replaceAll('\n', ', ')
      .replaceAll(/[^ -~]/g, '?')
      .slice(0, 100),
  )
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

/** File → its certificates in their order; undefined for what is none. */
function certificatesIn(stdout: string): ReadonlyMap<string, readonly (X509Certificate | undefined)[]> {
  const found = new Map<string, (X509Certificate | undefined)[]>()
  for (const [, file = '', body = ''] of stdout.matchAll(/^file (\/.*)\n([A-Za-z0-9+/=\n]*)end$/gm))
    found.set(file, [...(found.get(file) ?? []), certificateOf(body)])
  return found
}

function certificateOf(base64: string): X509Certificate | undefined {
  try {
    const found = new X509Certificate(Buffer.from(base64, 'base64'))
    return Number.isFinite(secondsOf(found.validToDate)) && Number.isFinite(secondsOf(found.validFromDate)) ? found : undefined
  } catch {
    // Not a certificate: whoever reads the answer is told that it cannot be read.
    return undefined
  }
}
