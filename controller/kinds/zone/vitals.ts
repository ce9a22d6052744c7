import type { Alarm } from '../../model/alarm.ts'
import type { Fleet } from '../../model/fleet.ts'
import { type Assessment, type Reading, type Sample, sample, type Vital } from '../../model/kind.ts'
import { type Placement, targetKey } from '../../model/target.ts'
import { askDns, type DnsAnswer, parseDns, soaType } from '../../shell/dnsAsk.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { nameOfZone, type Server, serversOf, type ZoneManifest } from './places.ts'
import { signatureVital } from './signatures.ts'

/** Whether each server of the zone answers for it with authority, and how far a secondary is behind: asked by TCP where the server stands. */
export function vitals(zone: ZoneManifest, at: Placement, fleet: Fleet): readonly Vital[] {
  const servers = serversOf(zone, fleet)
  const server = servers.find(({ target, role }) => targetKey(target) === targetKey(at.target) && role === at.role)
  const primary = servers.find(({ role }) => role === 'primary')
  if (server === undefined || primary === undefined) return []
  const asked = server.role === 'primary' ? [loopback] : [loopback, primary.address]
  const view: View = { zone, server, asked, name: nameOfZone(zone) }
  const signed = zone.spec.dnssec?.policy === 'default' ? [signatureVital(at.target, server.role, view.name)] : []
  return [
    { id: 'served', target: at.target, pace: 'slow', everySeconds: 60, probe: probe(view), assess: (reading) => assess(reading, view) },
    ...signed,
  ]
}

const loopback = '127.0.0.1'

interface View {
  readonly zone: ZoneManifest
  readonly server: Server
  readonly name: string
  /** Itself, and its primary where it is another. */
  readonly asked: readonly string[]
}

/** One that is behind is asked once more after notify-delay (5 s, named.conf(5)), and again as long as it moves: edits in a row are no trouble. */
function probe({ asked, name }: View): Script {
  const questions = askDns(asked.map((address) => ({ address, port: 53, type: soaType, name })))
  if (asked.length === 1) return questions
  return sh`(
  said=$(${questions})
  set -f; set -- $said; set +f
  for turn in 1 2 3 4 5; do
    [ "$8" != "\${19:-}" ] || break
    was=$8
    sleep 7
    said=$(${questions})
    set -f; set -- $said; set +f
    [ "$8" != "$was" ] || break
  done
  printf '%s\n' "$said"
)`
}

function assess(reading: Reading, view: View): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const { answers, silent, isWhole } = parseDns(reading.stdout)
  if (!isWhole) return { healthy: 'unknown', reason: 'NotRead', message: 'the answer was cut', samples: [] }
  const [own, primary] = view.asked.map((address) => answers.find((one) => one.address === address && one.name === view.name))
  const why = silent.get(`${loopback} 53`)
  if (own === undefined) {
    const message = `${view.name} is not answered for: ${why ?? 'nothing was said'}`
    return { ...bad('NotServed', message, [sampleOf(view, 'zone_served', 0)]), unread: [subjectOf(view)] }
  }
  return { ...judge(view, own, primary), ...staleness(view, own, primary) }
}

function subjectOf({ name, server }: View): string {
  return `${name} on ${targetKey(server.target)}`
}

/** That one does not follow its primary is nobody's change and no daemon's trouble: BIND says nothing of it. Where the primary did not answer nobody can tell. */
function staleness(view: View, own: DnsAnswer, primary: DnsAnswer | undefined): Pick<Assessment, 'alarms' | 'unread'> {
  if (view.server.role === 'primary') return { alarms: [] }
  const subject = subjectOf(view)
  if (primary?.rcode !== 0 || primary.serial === undefined) return { alarms: [], unread: [subject] }
  if (own.rcode === 0 && own.serial === primary.serial) return { alarms: [] }
  return { alarms: [stale(view, subject, own, primary.serial)] }
}

function stale({ name, asked, server }: View, subject: string, own: DnsAnswer, serial: number): Alarm {
  const isServed = own.rcode === 0 && own.serial !== undefined
  const has = isServed ? `serial ${own.serial}` : words(own)
  const on = targetKey(server.target)
  return {
    condition: 'SecondaryStale',
    subject,
    items: [isServed ? 'behind' : 'not served'],
    summary: `${on} answers for ${name} with ${has}, its primary with serial ${serial}`,
    facts: [
      ['zone', name],
      ['secondary', `${on}: ${has}`],
      ['primary', `${asked[1]}: serial ${serial}`],
    ],
    todo: `journalctl -u named on ${on} says why it does not transfer: is the key the same on both, and does TCP port 53 of ${asked[1]} let it in?`,
  }
}

function bad(reason: string, message: string, samples: readonly Sample[]): Assessment {
  return { healthy: false, reason, message, samples }
}

type ServerMetric = 'zone_served' | 'zone_serial' | 'zone_secondary_behind' | 'zone_expire_left_ratio'

function sampleOf({ server }: View, metric: ServerMetric, value: number): Sample {
  return sample(metric, value, { target: targetKey(server.target), role: server.role })
}

function judge(view: View, own: DnsAnswer, primary: DnsAnswer | undefined): Assessment {
  const { name, zone, server } = view
  const isServed = own.rcode === 0 && own.isAuthoritative && own.serial !== undefined
  const served = sampleOf(view, 'zone_served', isServed ? 1 : 0)
  if (!isServed) return bad('NotServed', `${name} is answered with ${words(own)}`, [served])
  const samples = [served, sampleOf(view, 'zone_serial', own.serial ?? 0), ...following(view, own, primary)]
  if (zone.spec.dnssec?.policy === 'default' && !own.isSigned) return bad('Unsigned', `${name} is served without signatures`, samples)
  const isBehind = server.role === 'secondary' && primary?.serial !== undefined && primary.serial !== own.serial
  if (isBehind) return bad('SecondaryStale', `${name} has serial ${own.serial}, its primary ${primary.serial}`, samples)
  const ratio = leftOf(view, own)
  if (ratio !== undefined && ratio < 0.25)
    return bad('ZoneExpires', `${name} was not renewed: it is forgotten in ${own.expiresSeconds} seconds`, samples)
  return { healthy: true, reason: 'Serving', message: `${name} is served with serial ${own.serial}`, samples }
}

function words({ rcode, isAuthoritative }: DnsAnswer): string {
  if (rcode === 0) return isAuthoritative ? 'no SOA' : 'no authority'
  return { 2: 'SERVFAIL', 3: 'NXDOMAIN', 5: 'REFUSED' }[rcode] ?? `rcode ${rcode}`
}

function following(view: View, own: DnsAnswer, primary: DnsAnswer | undefined): readonly Sample[] {
  if (view.server.role === 'primary') return []
  const behind = primary?.serial === undefined ? [] : [sampleOf(view, 'zone_secondary_behind', primary.serial === own.serial ? 0 : 1)]
  const ratio = leftOf(view, own)
  return [...behind, ...(ratio === undefined ? [] : [sampleOf(view, 'zone_expire_left_ratio', ratio)])]
}

/** Share of `soa.expire` that is left until the secondary forgets the zone. */
function leftOf({ zone, server }: View, { expiresSeconds }: DnsAnswer): number | undefined {
  if (server.role === 'primary' || expiresSeconds === undefined) return undefined
  return expiresSeconds / (zone.spec.soa?.expire ?? 1_209_600)
}
