import type { Fleet } from '../../model/fleet.ts'
import { insideOf } from '../../model/placement.ts'
import { policiesOf } from '../../model/policies.ts'
import type { Needed, NetworkProbe, Spec } from '../../model/primitive.ts'
import type { Placement } from '../../model/target.ts'
import { type FileSpec, file, markLine } from '../../primitives/file/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { service } from '../../primitives/service/spec.ts'
import { clientConf } from './client.ts'
import { daemonCheck } from './daemon-check.ts'
import { statement } from './language.ts'
import { commonOwner, listenersOf, reachableAt, type Sender, type SyslogSink, senderOn, sinksOn } from './places.ts'
import { rotationConf } from './rotation.ts'
import { serverConf } from './server.ts'
import { wayTo } from './way.ts'

export const sinkPath = '/etc/rsyslog.d/20-reeve-sink.conf'
const plain = { mode: '0644', owner: 'root:root' }

/** What the sink, or one that sends to it, must hold. rsyslog reads its configuration only at its start: a HUP opens files anew and no more. */
export function compile(sink: SyslogSink, { target, role }: Placement, fleet: Fleet): readonly Spec[] {
  const sender = role === 'sink' ? undefined : senderOn(sink, target, fleet)
  if (role !== 'sink' && sender === undefined) return []
  const inside = insideOf(target)
  const packages = [...new Set(['rsyslog', ...packagesOf(sink, sender)])].map((name) => ({ ...debianPackage(name), needs: inside }))
  const way = sender === undefined ? [] : wayTo(sink, sender, fleet)
  const needs: readonly Needed[] = [...inside, ...way, ...packages.map(({ id }) => ({ target, id }))]
  const loaded = sender === undefined ? sinkFiles(sink, fleet, needs) : senderFiles(sink, sender, fleet, needs)
  const rotated = sender === undefined ? [rotation(sink, fleet, needs)] : []
  const rsyslog = service({
    unit: 'rsyslog.service',
    isEnabled: true,
    state: 'running',
    loads: loaded,
    check: daemonCheck(sinksOn(target, fleet)),
    reload: 'restart',
    prove: sender === undefined ? proofs(sink, fleet) : [],
    needs,
  })
  const policies = policiesOf(sink.spec, { restarts: 'Always' })
  return [...packages, ...rotated, ...loaded, rsyslog].map((one) => ({ ...one, ...policies }))
}

function packagesOf({ spec }: SyslogSink, sender: Sender | undefined): readonly string[] {
  const protocols = sender === undefined ? spec.server.listeners.map(({ protocol }) => protocol) : [sender.client.protocol ?? 'tcp']
  const { tls } = sender === undefined ? spec.server : sender.client
  return [
    ...(sender === undefined ? ['logrotate'] : []),
    ...(protocols.includes('relp') ? ['rsyslog-relp'] : []),
    ...(tls === undefined ? [] : ['rsyslog-gnutls']),
  ]
}

function sinkFiles(sink: SyslogSink, fleet: Fleet, needs: readonly Needed[]): readonly FileSpec[] {
  return [file({ path: sinkPath, content: markLine(fleet.name, sink.id) + serverConf(sink), ...plain, needs })]
}

/** A module may be loaded once: the one for RELP stands in a file of its own, which several manifests ask for alike. */
function senderFiles(sink: SyslogSink, sender: Sender, fleet: Fleet, needs: readonly Needed[]): readonly FileSpec[] {
  const relp = `${markLine(fleet.name, commonOwner)}${statement('module', { load: 'omrelp' })}\n`
  return [
    ...(sender.client.protocol === 'relp' ? [file({ path: '/etc/rsyslog.d/10-reeve-relp.conf', content: relp, ...plain, needs })] : []),
    file({
      path: `/etc/rsyslog.d/30-reeve-${sink.name}.conf`,
      content: markLine(fleet.name, sink.id) + clientConf(sink, sender, fleet),
      ...plain,
      needs,
    }),
  ]
}

function rotation(sink: SyslogSink, fleet: Fleet, needs: readonly Needed[]): FileSpec {
  const content = markLine(fleet.name, sink.id) + rotationConf(sink)
  return file({ path: '/etc/logrotate.d/reeve-sink', content, ...plain, needs, check: ['logrotate', '--debug', '--state', '/dev/null'] })
}

/** That something accepts connections where we listen; what may hold the port instead, the check has looked for. */
function proofs(sink: SyslogSink, fleet: Fleet): readonly NetworkProbe[] {
  return listenersOf(sink).flatMap((listener): readonly NetworkProbe[] => {
    const host = listener.protocol === 'udp' ? undefined : reachableAt(sink, listener, fleet)
    return host === undefined ? [] : [{ type: 'tcp', host, port: listener.port }]
  })
}
