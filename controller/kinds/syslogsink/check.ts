import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { resolveTarget } from '../../model/placement.ts'
import { parseBytes, parseSeconds } from '../../model/quantity.ts'
import { targetKey } from '../../model/target.ts'
import { readLayout } from './layout.ts'
import { waysFrom } from './loops.ts'
import { addressFor, type Client, listenerFor, listenersOf, type SyslogSink, sendersOf } from './places.ts'
import { readSelector } from './selector.ts'

/** What the schema cannot say of a SyslogSink. */
export function check(sink: SyslogSink, fleet: Fleet): readonly Diagnostic[] {
  return [
    ...checkListeners(sink),
    ...checkLayout(sink),
    ...checkRotation(sink),
    ...checkInterval(sink),
    ...(sink.spec.clients ?? []).flatMap((client, index) => checkClient(sink, client, `spec.clients[${index}]`, fleet)),
    ...checkTwice(sink, fleet),
    ...checkLoops(sink, fleet),
  ]
}

function checkListeners(sink: SyslogSink): readonly Diagnostic[] {
  const { server } = sink.spec
  const seen = new Map<string, number>()
  const found = listenersOf(sink).flatMap(({ protocol, port, address }, index): readonly Diagnostic[] => {
    const at = `spec.server.listeners[${index}]`
    if (address !== undefined && !isIpAddress(address))
      return [complain(sink, `${at}.address`, `${JSON.stringify(address)} is not an IP address`)]
    const key = `${protocol === 'udp' ? 'udp' : 'tcp'} ${port}`
    const first = seen.get(`${key} ${address ?? '*'}`) ?? seen.get(`${key} *`) ?? (address === undefined ? seen.get(key) : undefined)
    seen.set(`${key} ${address ?? '*'}`, index).set(key, index)
    return first === undefined
      ? []
      : [complain(sink, at, `listeners[${first}] has ${key} already`, 'give one of them another port or address')]
  })
  const isSecured = server.tls !== undefined
  if (isSecured && !server.listeners.some(({ protocol }) => protocol === 'tcp'))
    return [
      ...found,
      complain(
        sink,
        'spec.server.tls',
        'no listener takes TLS: it is for tcp alone',
        'add a listener with protocol: tcp, or leave tls out',
      ),
    ]
  return found
}

function checkLayout(sink: SyslogSink): readonly Diagnostic[] {
  const { layout } = sink.spec.server
  const read = layout === undefined ? undefined : readLayout(layout)
  return read === undefined || read.ok ? [] : [complain(sink, 'spec.server.layout', read.reason)]
}

function checkRotation(sink: SyslogSink): readonly Diagnostic[] {
  const { maxSize = '1Mi' } = sink.spec.server.rotation ?? {}
  const read = parseBytes(maxSize)
  const isFine = read.ok && read.value >= 1n << 20n
  return isFine ? [] : [complain(sink, 'spec.server.rotation.maxSize', `${maxSize} is less than 1Mi: a file would last for minutes`)]
}

function checkInterval(sink: SyslogSink): readonly Diagnostic[] {
  const { interval = '5m' } = sink.spec
  const read = parseSeconds(interval)
  const isFine = read.ok && read.value >= 60 && read.value <= 86_400
  return isFine ? [] : [complain(sink, 'spec.interval', `interval is 1m to 1d, not ${interval}`)]
}

function checkClient(sink: SyslogSink, client: Client, at: string, fleet: Fleet): readonly Diagnostic[] {
  if (client.targets === undefined && client.targetSelector === undefined)
    return [complain(sink, at, 'nobody sends by this client', 'add targets or targetSelector')]
  return [
    ...checkWay(sink, client, at, fleet),
    ...checkTls(sink, client, at),
    ...checkQueue(sink, client, at),
    ...(client.forward ?? []).flatMap(({ selector }, index) => {
      const read = readSelector(selector)
      return read.ok ? [] : [complain(sink, `${at}.forward[${index}].selector`, read.reason)]
    }),
  ]
}

function checkWay(sink: SyslogSink, client: Client, at: string, fleet: Fleet): readonly Diagnostic[] {
  const { protocol = 'tcp' } = client
  if (listenerFor(sink, client) === undefined) {
    const has = [...new Set(listenersOf(sink).map((listener) => listener.protocol))].join(' and ')
    return [complain(sink, `${at}.protocol`, `the sink does not listen on ${protocol}, only on ${has}`)]
  }
  if (addressFor(sink, client, fleet) !== undefined) return []
  const { container = '' } = sink.spec.server.target
  return [
    complain(
      sink,
      at,
      `Container ${container} declares no IPv4 address to send to`,
      'give it network[].ipv4.address, or write address here',
    ),
  ]
}

function checkTls(sink: SyslogSink, { protocol = 'tcp', tls }: Client, at: string): readonly Diagnostic[] {
  if (tls !== undefined && protocol !== 'tcp')
    return [complain(sink, `${at}.tls`, `${protocol} has no TLS here`, 'use protocol: tcp, or leave tls out')]
  const asks = sink.spec.server.tls !== undefined && protocol === 'tcp'
  if (asks && tls === undefined) return [complain(sink, at, 'the sink asks for TLS on tcp, and this client has none', 'add tls')]
  if (tls !== undefined && !asks) return [complain(sink, `${at}.tls`, 'the sink speaks no TLS', 'add spec.server.tls, or leave tls out')]
  return []
}

function checkQueue(sink: SyslogSink, { protocol, queue }: Client, at: string): readonly Diagnostic[] {
  if (queue === undefined) return []
  if (protocol === 'udp') return [complain(sink, `${at}.queue`, 'udp cannot queue', 'use tcp or relp, or leave queue out')]
  const { memory = 10_000, spillAt = 50, maxDisk = '256Mi' } = queue
  const read = parseBytes(maxDisk)
  // rsyslog's queue files are of 1 MiB each.
  if (!read.ok || read.value < 4n << 20n) return [complain(sink, `${at}.queue.maxDisk`, `maxDisk is at least 4Mi, not ${maxDisk}`)]
  if (spillAt >= memory) return [complain(sink, `${at}.queue.spillAt`, `spillAt (${spillAt}) must be below memory (${memory})`)]
  return []
}

function checkTwice(sink: SyslogSink, fleet: Fleet): readonly Diagnostic[] {
  const seen = new Map<string, string>()
  return (sink.spec.clients ?? []).flatMap(({ targets = [] }, index) =>
    targets.flatMap((one, place): readonly Diagnostic[] => {
      const target = resolveTarget(fleet, one)
      const at = `spec.clients[${index}].targets[${place}]`
      const first = target && seen.get(targetKey(target))
      if (target && first === undefined) seen.set(targetKey(target), at)
      return first === undefined ? [] : [complain(sink, at, `${one.container ?? one.hypervisor} sends already, by ${first}`)]
    }),
  )
}

function checkLoops(sink: SyslogSink, fleet: Fleet): readonly Diagnostic[] {
  const ways = waysFrom(sink, fleet)
  return sendersOf(sink, fleet).flatMap(({ target, index }): readonly Diagnostic[] => {
    const from = targetKey(target)
    const back = ways.get(from)
    return back === undefined ? [] : [complain(sink, `spec.clients[${index}]`, `forwarding loop: ${[from, ...back].join(' → ')}`)]
  })
}
