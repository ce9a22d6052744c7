import type { Fleet, KindName } from '../../model/fleet.ts'
import { type Claim, defineKind, type Reference } from '../../model/kind.ts'
import type { TargetReference } from '../../model/placement.ts'
import { targetKey } from '../../model/target.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { type SyslogSink, sendersOf, sinkTarget } from './places.ts'
import type { SyslogSinkSpec } from './spec.ts'
import { vitals } from './vitals.ts'

/** A central log: rsyslog on the sink, and on those that send to it. */
export const syslogSink = defineKind<'SyslogSink'>({
  kind: 'SyslogSink',
  references,
  claims,
  check,
  place: (sink, fleet) => {
    const own = sinkTarget(sink, fleet)
    const senders = sendersOf(sink, fleet).map(({ target }) => ({ target, role: 'sender' }))
    return own === undefined ? senders : [{ target: own, role: 'sink' }, ...senders]
  },
  compile,
  vitals,
})

function references({ server, clients = [] }: SyslogSinkSpec): readonly Reference[] {
  const senders = clients.flatMap(({ targets = [] }, index) =>
    targets.flatMap((one, place) => referenceOf(one, `spec.clients[${index}].targets[${place}]`)),
  )
  return [...referenceOf(server.target, 'spec.server.target'), ...senders]
}

function referenceOf({ container, hypervisor }: TargetReference, path: string): readonly Reference[] {
  const [kind, field, name] = container === undefined ? ['Hypervisor', 'hypervisor', hypervisor] : ['Container', 'container', container]
  return name === undefined ? [] : [{ kind: kind as KindName, name, path: `${path}.${field}` }]
}

/** One rule set of that name, and one file, on a target. */
function claims(sink: SyslogSink, fleet: Fleet): readonly Claim[] {
  const own = sinkTarget(sink, fleet)
  return own === undefined ? [] : [{ scope: `log sink on ${targetKey(own)}`, value: 'rsyslog', path: 'spec.server.target' }]
}
