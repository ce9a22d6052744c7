import type { Alarm } from '../../model/alarm.ts'
import type { Fleet } from '../../model/fleet.ts'
import { type Assessment, type Reading, type Sample, sample, type Vital } from '../../model/kind.ts'
import { parseSeconds } from '../../model/quantity.ts'
import { type Placement, targetKey } from '../../model/target.ts'
import { sh } from '../../shell/sh.ts'
import { maxDiskOf, queueName, spoolFolder } from './client.ts'
import { sinkPath } from './compile.ts'
import { type ProbeLine, probeLines, readSink, type SinkReading } from './heard.ts'
import { type Sender, type SyslogSink, senderOn, sendersOf } from './places.ts'
import { directoryOf, heardName, probeTag } from './server.ts'

/** Every sender logs a line about itself, and the sink tells of whom it heard: so the whole way is proven, by the sink's own clock. Apart from cycles. */
export function vitals(sink: SyslogSink, { target, role }: Placement, fleet: Fleet): readonly Vital[] {
  const everySeconds = intervalOf(sink)
  const common = { target, pace: 'slow', everySeconds } as const
  if (role === 'sink') {
    const watched = sendersOf(sink, fleet).filter((one) => probeLines(one).some(({ kind }) => kind === 'selected'))
    return [{ ...common, id: 'heard', probe: heardProbe(sink), assess: (reading) => assessSink(sink, watched, reading) }]
  }
  const sender = senderOn(sink, target, fleet)
  return sender === undefined
    ? []
    : [{ ...common, id: 'sent', probe: sentProbe(sink, sender), assess: (reading) => assessSender(sender, reading) }]
}

function intervalOf({ spec }: SyslogSink): number {
  const read = parseSeconds(spec.interval ?? '5m')
  return read.ok ? read.value : 300
}

/** `v1` is the form of the line: `SINK TARGET KIND`. */
function sentProbe(sink: SyslogSink, sender: Sender) {
  const key = targetKey(sender.target)
  const lines = probeLines(sender).map((line) => `<${priorityOf(line)}>v1 ${sink.name} ${key} ${line.kind}\n`)
  return sh`
  printf %s ${lines.join('')} | logger --prio-prefix -t ${probeTag} || return 1
  stat -c 'queued %s' ${spoolFolder}/${queueName(sink)}.* 2>/dev/null || :
`
}

/** RFC 5424, 6.2.1. */
function priorityOf({ facility, severity }: ProbeLine): number {
  return facility * 8 + severity
}

function assessSender({ client, target }: Sender, reading: Reading): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotSent', message: reading.reason, samples: [] }
  const queued = [...reading.stdout.matchAll(/^queued (\d{1,15})$/gm)].reduce((sum, [, bytes]) => sum + Number(bytes), 0)
  const samples: readonly Sample[] = [sample('syslog_queue_disk_bytes', queued, { target: targetKey(target) })]
  if (client.protocol === 'udp')
    return { healthy: true, reason: 'Lossy', message: 'it sends by UDP: what is lost on the way is lost', samples }
  const most = Number(maxDiskOf(client))
  const share = Math.round((queued / most) * 100)
  if (queued <= most * 0.8) return { healthy: true, reason: 'Sending', message: 'it sends, or keeps what waits', samples }
  const message = `what waits for the sink takes ${share} % of the disk that it may take; then the newest are lost`
  return { healthy: false, reason: 'QueueFilling', message, samples }
}

/** The last of each line: two processes, however many senders. */
function heardProbe({ spec, name }: SyslogSink) {
  const heard = `${directoryOf(spec.server)}/${heardName}`
  const last = `$3 == "v1" && $4 == name && NF == 6 { last[$5 " " $6] = $1 } END { for (key in last) print "heard", last[key], key }`
  return sh`
  date +'now %s'
  stat -c 'since %Y' ${sinkPath}
  stat -f -c 'free %a %S' ${directoryOf(spec.server)} 2>/dev/null || :
  { tail -q -c 500000 ${`${heard}.1`} ${heard} 2>/dev/null || :; } | awk -v ${`name=${name}`} ${last}
`
}

function assessSink(sink: SyslogSink, senders: readonly Sender[], reading: Reading): Assessment {
  const answer = reading.status === 'unknown' ? reading.reason : readSink(reading.stdout)
  if (typeof answer === 'string') return { healthy: 'unknown', reason: 'NotRead', message: answer, samples: [] }
  const patience = 3 * intervalOf(sink)
  const states = senders.map(({ target }) => stateOf(targetKey(target), answer, patience))
  const samples = [
    ...(answer.freeBytes === undefined ? [] : [sample('syslog_sink_free_bytes', answer.freeBytes)]),
    ...states.flatMap(({ sender, heard }) =>
      heard === undefined ? [] : [sample('syslog_sender_last_heard_timestamp_seconds', heard, { sender })],
    ),
  ]
  const alarms = states.flatMap((state) => alarmOf(state))
  const unread = states.flatMap(({ sender, is }) => (is === 'awaited' ? [sender] : []))
  return { ...verdict(states, senders.length), samples, alarms, unread }
}

interface SenderState {
  readonly sender: string
  readonly heard: number | undefined
  readonly is: 'heard' | 'awaited' | 'silent' | 'unselected'
  readonly silentSeconds: number
}

function stateOf(sender: string, { nowSeconds, sinceSeconds, senders }: SinkReading, patience: number): SenderState {
  const { selected, below } = senders.get(sender) ?? {}
  const silentSeconds = nowSeconds - (selected ?? sinceSeconds)
  const isSilent = silentSeconds > patience
  const hears = selected === undefined ? 'awaited' : 'heard'
  // A sender that was told only now what not to send may have sent it a moment ago.
  const isUnselected = below !== undefined && nowSeconds - below <= patience / 3 + 60 && below > sinceSeconds + patience / 3
  return { sender, heard: selected, is: isSilent ? 'silent' : isUnselected ? 'unselected' : hears, silentSeconds }
}

function verdict(states: readonly SenderState[], all: number): Pick<Assessment, 'healthy' | 'reason' | 'message'> {
  const named = (is: SenderState['is']) => listed(states.filter((state) => state.is === is).map(({ sender }) => sender))
  if (named('silent') !== '') return { healthy: false, reason: 'SenderSilent', message: `nothing arrives from ${named('silent')}` }
  if (named('unselected') !== '')
    return { healthy: false, reason: 'UnselectedArrives', message: `messages that nobody selected arrive from ${named('unselected')}` }
  if (named('awaited') !== '') return { healthy: 'unknown', reason: 'Awaited', message: `nothing has arrived yet from ${named('awaited')}` }
  return { healthy: true, reason: 'Receiving', message: all === 0 ? 'nobody is said to send to it' : `hears all ${all} senders` }
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
}

function alarmOf({ sender, is, silentSeconds }: SenderState): readonly Alarm[] {
  if (is !== 'silent') return []
  return [
    {
      condition: 'SenderSilent',
      subject: sender,
      items: ['silent'],
      summary: `nothing has arrived from ${sender} for ${Math.round(silentSeconds / 60)} minutes`,
      facts: [['sender', sender]],
      todo: `look at rsyslog on ${sender} (journalctl -u rsyslog), then at what is between it and the sink; what it keeps meanwhile is sent later`,
    },
  ]
}
