import type { Alarm } from '../../model/alarm.ts'
import { type Assessment, type Reading, type Sample, sample, type Vital } from '../../model/kind.ts'
import { parseSeconds } from '../../model/quantity.ts'
import { type Target, targetKey } from '../../model/target.ts'
import { sh } from '../../shell/sh.ts'
import type { MailRoute } from './targets.ts'

/**
 * postqueue(1) prints one object a line, in which what strangers wrote comes last; awk(1) counts them, whatever there are. A queue of a hundred thousand takes a second,
 * so this runs apart from cycles. What a gateway holds is named by one number: lists of main.cf without what is each machine's own, and the content of their maps.
 */
const probe = sh`(
LC_ALL=C; export LC_ALL
date '+now %s'
{ postqueue -j </dev/null 2>/dev/null || echo unread; } | awk '
  $0 == "unread" { failed = 1; next }
  match($0, /^\{"queue_name": "[a-z]+"/) {
    name = substr($0, 17, RLENGTH - 17); count[name]++
    if (match($0, /"arrival_time": [0-9]+/)) {
      at = substr($0, RSTART + 16, RLENGTH - 16) + 0
      if (name != "hold" && (!oldest || at < oldest)) oldest = at
    }
    if ((from = index($0, "\"delay_reason\": \"")) > 0 && (name == "deferred")) {
      reason = substr($0, from + 17, 160); sub(/"[]},].*/, "", reason)
      if (reason in reasons || kinds < 500) { if (!(reason in reasons)) kinds++; reasons[reason]++ }
    }
  }
  END {
    if (failed) { print "unread"; exit }
    for (name in count) printf "queue %s %d\n", name, count[name]
    if (oldest) printf "oldest %d\n", oldest
    for (reason in reasons) if (reasons[reason] > most) { most = reasons[reason]; top = reason }
    if (most) printf "reason %d %s\n", most, top
    print "end"
  }'
settings=$(postconf -n 2>/dev/null </dev/null | grep -vE '^(myhostname|mydomain|myorigin|mydestination|mynetworks|inet_interfaces|inet_protocols|smtp_bind_address6?|proxy_interfaces|alias_maps|alias_database|compatibility_level|virtual_maps) =') || :
printf 'holds main.cf %s\n' "$(printf '%s' "$settings" | sha256sum | cut -c 1-12)"
set -f
for key in relay_domains transport_maps relay_recipient_maps virtual_alias_maps virtual_alias_domains smtp_tls_policy_maps; do
  for word in $(postconf -hx "$key" 2>/dev/null </dev/null | tr ',\t' '  '); do
    word=\${word#proxy:}
    case $word in texthash:/*|hash:/*|lmdb:/*|btree:/*|cdb:/*|inline:*) ;; *) continue ;; esac
    printf 'holds %s %s\n' "$word" "$(timeout 30 postmap -s "$word" 2>/dev/null </dev/null | sort | sha256sum | cut -c 1-12)"
  done
done
)`

export function queueVital(route: MailRoute, target: Target): Vital {
  const key = targetKey(target)
  return { id: `queue-${key}`, target, pace: 'slow', everySeconds: 60, probe, assess: (reading) => assess(reading, route, key) }
}

/** What waits in a queue. */
export interface Queue {
  readonly total: number
  readonly deferred: number
  readonly oldestSeconds: number
  /** Why most of them wait, and how many of them do. */
  readonly reason?: { readonly count: number; readonly text: string }
}

/** What the gateway holds, each thing with its hash: files of others count as ours do. */
export function readHoldings(stdout: string): ReadonlyMap<string, string> {
  return new Map([...stdout.matchAll(/^holds (\S{1,300}) ([0-9a-f]{12})$/gm)].map(([, name = '', hash = '']) => [name, hash]))
}

/** Undefined where postqueue(1) did not say all. */
export function readQueue(stdout: string): Queue | undefined {
  const now = Number(/^now (\d{1,12})$/m.exec(stdout)?.[1] ?? Number.NaN)
  if (!/^end$/m.test(stdout) || Number.isNaN(now)) return undefined
  const counts = [...stdout.matchAll(/^queue ([a-z]+) (\d{1,12})$/gm)].map(([, name = '', count = '']) => [name, Number(count)] as const)
  const oldest = /^oldest (\d{1,12})$/m.exec(stdout)?.[1]
  const [, count, text = ''] = /^reason (\d{1,12}) (.*)$/m.exec(stdout) ?? []
  return {
    total: counts.reduce((sum, [, one]) => sum + one, 0),
    deferred: new Map(counts).get('deferred') ?? 0,
    oldestSeconds: oldest === undefined ? 0 : Math.max(0, now - Number(oldest)),
    ...(count === undefined ? {} : { reason: { count: Number(count), text: text.replaceAll(/[^ -~]/g, '?') } }),
  }
}

/** A long queue is told, and makes the gateway not unhealthy: it holds what others cannot take, and a change that helps must still be rolled out. */
function assess(reading: Reading, route: MailRoute, target: string): Assessment {
  const queue = reading.status === 'read' ? readQueue(reading.stdout) : undefined
  const subject = `queue of ${target}`
  if (queue === undefined) {
    const message = reading.status === 'read' ? `${target}: postqueue did not say what waits` : reading.reason
    return { healthy: 'unknown', reason: 'NotRead', message, samples: fingerprint(reading.stdout, target), unread: [subject] }
  }
  const samples: readonly Sample[] = [
    sample('mail_queue_messages', queue.total, { target }),
    sample('mail_queue_deferred_messages', queue.deferred, { target }),
    sample('mail_queue_oldest_seconds', queue.oldestSeconds, { target }),
    ...fingerprint(reading.stdout, target),
  ]
  const words =
    queue.total === 0 ? `nothing waits on ${target}` : `${queue.total} messages wait on ${target}, ${queue.deferred} of them deferred`
  return { healthy: true, reason: 'Serving', message: words, samples, alarms: alarmOf(queue, route, target, subject) }
}

/** Equal on all gateways of a route: what differs is in files or settings of others, since ours are held against Git in every cycle. */
function fingerprint(stdout: string, target: string): readonly Sample[] {
  const holdings = [...readHoldings(stdout)].sort(([one], [other]) => (one < other ? -1 : 1))
  if (holdings.length === 0) return []
  // 48 bits, which a number of JavaScript and of Prometheus holds exactly; each map's hash is that long already.
  const value = holdings.reduce((sum, [name, hash]) => (sum * 31n + BigInt(`0x${hash}`) + nameNumber(name)) % (1n << 48n), 0n)
  return [sample('mail_gateway_fingerprint', Number(value), { target })]
}

function nameNumber(name: string): bigint {
  return [...name].reduce((sum, character) => (sum * 131n + BigInt(character.codePointAt(0) ?? 0)) % (1n << 48n), 7n)
}

function alarmOf(queue: Queue, route: MailRoute, target: string, subject: string): readonly Alarm[] {
  const { deferredWarn = 100, deferredCritical = 1000, oldestWarn = '1h', oldestCritical = '4h' } = route.spec.health ?? {}
  const isStuck = queue.deferred > deferredCritical || queue.oldestSeconds > secondsOf(oldestCritical)
  const isLong = queue.deferred > deferredWarn || queue.oldestSeconds > secondsOf(oldestWarn)
  if (!isLong && !isStuck) return []
  const reason = queue.reason === undefined ? [] : [['most of them', `${queue.reason.count}: ${queue.reason.text}`] as const]
  const age = `${Math.floor(queue.oldestSeconds / 60)} min`
  return [
    {
      condition: isStuck ? 'MailQueueStuck' : 'MailQueueLong',
      subject,
      items: [isStuck ? 'stuck' : 'long'],
      summary: `${queue.deferred} messages on ${target} wait for another try, the oldest of all for ${age}`,
      facts: [['messages', String(queue.total)], ['deferred', String(queue.deferred)], ['oldest', age], ...reason],
      todo: `see why with: postqueue -p on ${target}; when the server behind it is back, postqueue -f sends at once`,
    },
  ]
}

function secondsOf(text: string): number {
  const read = parseSeconds(text)
  return read.ok ? read.value : Number.POSITIVE_INFINITY
}
