import type { Fleet } from '../../model/fleet.ts'
import { parseBytes } from '../../model/quantity.ts'
import { quoted, statement } from './language.ts'
import { addressFor, type Client, listenerFor, type Sender, type SyslogSink, sendsKernelLog } from './places.ts'
import { readSelector, type Selection } from './selector.ts'

export const spoolFolder = '/var/spool/rsyslog'

/** Beginning of the names of a client's queue files in the spool folder. */
export function queueName({ name }: SyslogSink): string {
  return `reeve-${name}`
}

export interface Forwarded {
  readonly text: string
  readonly selection: Selection
}

/** What a client sends, one selector each; all of it by default. */
export function forwardedBy({ forward = [{ selector: '*.*' }] }: Client): readonly Forwarded[] {
  return forward.flatMap(({ selector }) => {
    const read = readSelector(selector)
    return read.ok ? [read.value] : []
  })
}

/** Bytes that the queue may take on the disk. */
export function maxDiskOf({ queue }: Client): bigint {
  const read = parseBytes(queue?.maxDisk ?? '256Mi')
  return read.ok ? read.value : 0n
}

/** rsyslog.d/30-reeve-NAME.conf: what any of the selectors lets through goes to the sink, and to the machine's own log as before. */
export function clientConf(sink: SyslogSink, sender: Sender, fleet: Fleet): string {
  const { client } = sender
  const selected = forwardedBy(client).map(({ text }) => `prifilt(${quoted(text)})`)
  const which = selected.length === 1 ? selected[0] : `(${selected.join(' or ')})`
  const condition = sendsKernelLog(sender) ? which : `${which} and $syslogfacility != 0`
  return `if ${condition} then {\n  ${action(sink, client, fleet)}\n}\n`
}

function action(sink: SyslogSink, client: Client, fleet: Fleet): string {
  const { protocol = 'tcp' } = client
  const to = { name: `reeve-${sink.name}`, target: addressFor(sink, client, fleet), port: listenerFor(sink, client)?.port }
  if (protocol === 'relp') return statement('action', { type: 'omrelp', ...to, ...queueOf(sink, client) }, '  ')
  if (protocol === 'udp') return statement('action', { type: 'omfwd', ...to, protocol }, '  ')
  // Octet-counted: a message with a line feed in it stays one message.
  return statement(
    'action',
    { type: 'omfwd', ...to, protocol, TCP_Framing: 'octet-counted', ...tlsOf(client), ...queueOf(sink, client) },
    '  ',
  )
}

/**
 * The settings with which 1,000 of 1,000 lines arrived after the sink had been down, and 1,988 of 2,000 after a kill -9: what waits is written to the disk
 * early and often. Larger watermarks keep it in memory, and a timeoutEnqueue of 0, which many recommend, throws bursts away.
 */
function queueOf(sink: SyslogSink, client: Client) {
  const { memory = 10_000, spillAt = 50 } = client.queue ?? {}
  return {
    'queue.type': 'LinkedList',
    'queue.fileName': queueName(sink),
    'queue.spoolDirectory': spoolFolder,
    'queue.size': memory,
    'queue.highWatermark': spillAt,
    'queue.lowWatermark': Math.max(1, Math.floor(spillAt / 5)),
    'queue.dequeueBatchSize': Math.min(16, Math.floor(memory / 2)),
    'queue.checkpointInterval': 10,
    'queue.maxDiskSpace': String(maxDiskOf(client)),
    'queue.saveOnShutdown': true,
    'queue.timeoutShutdown': 5000,
    'queue.timeoutActionCompletion': 2000,
    'action.resumeRetryCount': -1,
    'action.resumeInterval': 5,
    // A sink that is gone for an hour shall not be asked once an hour from then on.
    'action.resumeIntervalMax': 60,
  }
}

function tlsOf({ tls }: Client) {
  if (tls === undefined) return {}
  return {
    streamDriver: 'gtls',
    streamDriverMode: 1,
    streamDriverAuthMode: 'x509/name',
    streamDriverPermittedPeers: tls.peer,
    'streamDriver.CAFile': tls.ca,
    'streamDriver.certFile': tls.certificate,
    'streamDriver.keyFile': tls.key,
  }
}
