import type { Alarm } from '../../model/alarm.ts'
import type { Fleet } from '../../model/fleet.ts'
import { type Assessment, type Reading, sample, type Vital } from '../../model/kind.ts'
import { type Target, targetKey } from '../../model/target.ts'
import { contentOf } from './compile.ts'
import { isHypervisorInside, isVantageInside, questions, relayQuestions } from './prove.ts'
import { queueVital } from './queue.ts'
import { type Gateway, gatewaysOf, type MailRoute, nextHopOf } from './targets.ts'

/** Whether a gateway takes and refuses as it shall, what waits in its queue, and whether those behind it are there. */
export function vitals(route: MailRoute, target: Target, fleet: Fleet): readonly Vital[] {
  const key = targetKey(target)
  const gateway = gatewaysOf(route, fleet).find((one) => targetKey(one.target) === key)?.gateway
  if (gateway === undefined) return []
  const peers = peerVitals(route, target, fleet)
  return [...smtpVitals(route, gateway, target, fleet), ...peers, queueVital(route, target), ...hopVitals(route, target, fleet)]
}

function smtpVitals(route: MailRoute, gateway: Gateway, target: Target, fleet: Fleet): readonly Vital[] {
  const { data, generation } = contentOf(route, fleet)
  const own = questions(route, gateway, data, generation, fleet)
  const relay = relayQuestions(route, gateway, data, generation, fleet)
  if (own === undefined || relay === undefined) return []
  const key = targetKey(target)
  const inside = isVantageInside(route, gateway, fleet)
  return [
    { id: `smtp-${key}`, target, pace: 'fromController', probe: own, assess: (reading) => assessOwn(reading, key) },
    { id: `relay-${key}`, target, pace: 'fromController', probe: relay, assess: (reading) => assessRelay(reading, key, inside) },
  ]
}

/**
 * The hypervisor of each gateway asks the others as a stranger would: what stands at the door of one's own house proves less. Only where an address is declared:
 * that of a container may be another machine's over there.
 */
function peerVitals(route: MailRoute, target: Target, fleet: Fleet): readonly Vital[] {
  const { data, generation } = contentOf(route, fleet)
  const inside = isHypervisorInside(route, target, fleet)
  const others = gatewaysOf(route, fleet).filter(
    (one) => one.target.hypervisor !== target.hypervisor && one.gateway.addresses !== undefined,
  )
  return others.flatMap(({ gateway, target: there }): readonly Vital[] => {
    const probe = relayQuestions(route, gateway, data, generation, fleet)
    const view = { there: targetKey(there), here: target.hypervisor, inside }
    const id = `peer-${view.there}-from-${targetKey(target)}`
    return probe ? [{ id, target, pace: 'fromController', probe, assess: (reading) => assessPeer(reading, view) }] : []
  })
}

interface PeerAsked {
  readonly there: string
  readonly here: string
  readonly inside: boolean
}

/** Never unhealthy: it would hold back the placement that asks, which may be the one that comes first. */
function assessPeer(reading: Reading, { there, here, inside }: PeerAsked): Assessment {
  if (reading.status === 'unknown') return unknown(reading)
  const isClosed = /^ok\b/.test(reading.stdout)
  const isTaken = !isClosed && /"250[ "]/.test(reading.stdout)
  const isOpen = isTaken && !inside
  const samples = [sample('mail_open_relay', isClosed ? 0 : isOpen ? 1 : -1, { target: there })]
  if (isClosed) return { healthy: true, reason: 'Serving', message: `${there} relays for no stranger from ${here}`, samples, alarms: [] }
  if (isOpen)
    return { healthy: true, reason: 'OpenRelay', message: openFor(there, here), samples, alarms: [openRelay(reading, there, here)] }
  const message = `whether ${there} is an open relay cannot be told from ${here}`
  return { healthy: true, reason: 'OpenRelayUnknown', message, samples, ...(isTaken ? { alarms: [] } : { unread: [subjectOf(there)] }) }
}

function subjectOf(there: string): string {
  return `relay of ${there}`
}

function openFor(there: string, here: string): string {
  return `${there} takes mail from ${here} for strangers`
}

function openRelay(reading: Reading, there: string, here: string): Alarm {
  return {
    condition: 'OpenRelay',
    subject: subjectOf(there),
    items: ['open'],
    summary: openFor(there, here),
    facts: [['it says', said(reading)]],
    todo: `postconf -P on ${there}: a restriction in master.cf wins against main.cf. Is ${here} meant to send through it, say so in relayFrom`,
  }
}

function unknown(reading: Reading): Assessment {
  return { healthy: 'unknown', reason: 'NotAsked', message: reading.reason, samples: [] }
}

function assessOwn(reading: Reading, target: string): Assessment {
  if (reading.status === 'unknown') return unknown(reading)
  const isOk = /^ok\b/.test(reading.stdout)
  const samples = [sample('mail_gateway_up', isOk ? 1 : 0, { target })]
  if (isOk) return { healthy: true, reason: 'Serving', message: `${target} takes and refuses recipients as it shall`, samples }
  return { healthy: false, reason: 'GatewayFailing', message: `${target}: ${said(reading)}`, samples }
}

/** 0 proven closed, 1 open, -1 not to be told from where we stand: what it answers otherwise is told by the other question. */
function assessRelay(reading: Reading, target: string, inside: boolean): Assessment {
  if (reading.status === 'unknown') return unknown(reading)
  const relay = (value: number) => [sample('mail_open_relay', value, { target })]
  if (/^ok\b/.test(reading.stdout))
    return { healthy: true, reason: 'Serving', message: `${target} relays for no stranger`, samples: relay(0) }
  const isTaken = /"250[ "]/.test(reading.stdout)
  if (!isTaken)
    return {
      healthy: true,
      reason: 'OpenRelayUnknown',
      message: `${target} was not asked for strangers: ${said(reading)}`,
      samples: relay(-1),
    }
  if (inside) {
    const message = `whether ${target} is an open relay cannot be told from its hypervisor, which may send through it; main.cf was checked`
    return { healthy: true, reason: 'OpenRelayUnknown', message, samples: relay(-1) }
  }
  const todo = `if its hypervisor may send through it, say so in relayFrom`
  return {
    healthy: false,
    reason: 'OpenRelay',
    message: `${target} takes mail from its hypervisor for strangers; ${todo}: ${said(reading)}`,
    samples: relay(1),
  }
}

function said(reading: Reading): string {
  return reading.stdout.trim().slice(0, 400) || 'no answer'
}

/** A server behind that is down is what the queue is for: it is told, and makes nobody ill. */
function hopVitals(route: MailRoute, target: Target, fleet: Fleet): readonly Vital[] {
  const targets = [...route.spec.domains.flatMap((one) => one.target ?? []), ...(route.spec.routes ?? []).map((one) => one.target)]
  const hops = new Map(
    targets
      .filter(({ useMx }) => !useMx)
      .flatMap((one) => nextHopOf(one, fleet) ?? [])
      .map((hop) => [hop.text, hop]),
  )
  return [...hops.values()].slice(0, 8).map(({ text, host, port }): Vital => {
    const probe = { type: 'smtp', host, port, asks: [] } as const
    return { id: `hop-${targetKey(target)}-${text}`, target, pace: 'fromController', probe, assess: (reading) => assessHop(reading, text) }
  })
}

function assessHop(reading: Reading, server: string): Assessment {
  if (reading.status === 'unknown') return unknown(reading)
  const isUp = /^ok\b/.test(reading.stdout)
  const message = isUp ? `${server} greets` : `${server} does not greet, so its mail waits: ${said(reading)}`
  return {
    healthy: true,
    reason: isUp ? 'Serving' : 'TargetDown',
    message,
    samples: [sample('mail_target_up', isUp ? 1 : 0, { server })],
  }
}
