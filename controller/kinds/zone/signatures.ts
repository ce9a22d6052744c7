import { type Assessment, type Reading, sample, type Vital } from '../../model/kind.ts'
import { type Target, targetKey } from '../../model/target.ts'
import { askDns, parseDns } from '../../shell/dnsAsk.ts'
import { parseSigned, signedTypes } from '../../shell/dnsSigned.ts'
import { sh } from '../../shell/sh.ts'

/** BIND's default policy renews a signature when 5 of its 14 days are left: one with less than this was not renewed (dnssec-policy of named.conf(5)). */
const leastSeconds = 4 * 86_400

/** How long a zone's signatures hold on one of its servers, and what the parent must hold. */
export function signatureVital(target: Target, role: string, zone: string): Vital {
  const questions = Object.values(signedTypes).map((type) => ({ address: '127.0.0.1', port: 53, type, name: zone }))
  return {
    id: 'signatures',
    target,
    pace: 'slow',
    everySeconds: 600,
    probe: sh`printf 'clock '; date +%s
${askDns(questions)}`,
    assess: (reading) => assess(reading, { zone, labels: { target: targetKey(target), role } }),
  }
}

interface Signed {
  readonly zone: string
  readonly labels: { readonly target: string; readonly role: string }
}

function assess(reading: Reading, { zone, labels }: Signed): Assessment {
  const silent = (message: string): Assessment => ({ healthy: 'unknown', reason: 'NotRead', message, samples: [] })
  if (reading.status === 'unknown') return silent(reading.reason)
  const now = Number(/^clock (\d{1,12})$/m.exec(reading.stdout)?.[1] ?? Number.NaN)
  const { isWhole, answers } = parseDns(reading.stdout)
  if (!isWhole || Number.isNaN(now) || answers.length === 0) return silent('its name server did not answer')
  const { until, ds, isDsDue } = parseSigned(reading.stdout, zone)
  if (until === undefined) return { healthy: false, reason: 'Unsigned', message: `${zone} is served without signatures`, samples: [] }
  const samples = [sample('zone_signatures_end_timestamp_seconds', until, labels)]
  const date = new Date(until * 1000).toISOString().slice(0, 16).replace('T', ' ')
  if (until - now < leastSeconds)
    return { healthy: false, reason: 'SignaturesEnd', message: `signatures of ${zone} end at ${date} UTC, and were not renewed`, samples }
  return { healthy: true, reason: 'Signed', message: `${zone} is signed until ${date} UTC; ${forParent(ds, isDsDue)}`, samples }
}

/** Before, caches may still hold that the zone has no keys, and would take it for forged. */
function forParent(ds: readonly string[], isDue: boolean): string {
  const words = ds.map((one) => `DS ${one}`).join(', ')
  return isDue ? `its parent must hold ${words}` : `its parent shall hold ${words} once BIND says so (in a few hours), and not before`
}
