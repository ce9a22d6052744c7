import type { Fleet } from '../../model/fleet.ts'
import { insideOf } from '../../model/placement.ts'
import { policiesOf } from '../../model/policies.ts'
import type { Needed, Spec } from '../../model/primitive.ts'
import { type Placement, type Target, targetKey } from '../../model/target.ts'
import { block } from '../../primitives/block/spec.ts'
import { bindService } from '../../primitives/dnsZone/spec.ts'
import { file } from '../../primitives/file/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { tree } from '../../primitives/tree/spec.ts'
import { catalogsFrom, catalogsTo, consumedSpecs, producedSpecs } from './catalog.ts'
import { keysFile, optionsFile, resolverFile, serverFile } from './files.ts'
import { clientsOf, type NameServerManifest } from './places.ts'

const plain = { mode: '0644', owner: 'root:root' }

/** BIND with its configuration on its own target; resolv.conf on those of its clients. One target may be both. */
export function compile(server: NameServerManifest, { target, role }: Placement, fleet: Fleet): readonly Spec[] {
  const inside = insideOf(target)
  const specs = role === 'server' ? serverSpecs(server, target, fleet, inside) : clientSpecs(server, target, fleet, inside)
  return specs.map((one) => ({ ...one, ...policiesOf(server.spec), ...(one.type === 'dnsZone' && one.adopt ? { adopt: one.adopt } : {}) }))
}

function serverSpecs(server: NameServerManifest, target: Target, fleet: Fleet, inside: readonly Needed[]): readonly Spec[] {
  const installed = { ...debianPackage('bind9'), needs: inside }
  const needs: readonly Needed[] = [...inside, { target, id: installed.id }]
  const keys = keysFile(server, fleet)
  const files = {
    'options.conf': { content: optionsFile(server, fleet), ...plain },
    'server.conf': { content: serverFile(server, fleet), ...plain },
    ...(keys === undefined ? {} : { 'keys.conf': { content: keys, mode: '0640', owner: 'root:bind' } }),
  }
  const loaded = [
    tree({ path: '/etc/bind/reeve', files, needs }),
    block({
      path: '/etc/bind/named.conf.options',
      name: 'Server',
      content: '\tinclude "/etc/bind/reeve/options.conf";\n',
      leader: '//',
      position: { after: 'options {' },
      needs,
    }),
    block({ path: '/etc/bind/named.conf.local', name: 'Server', content: 'include "/etc/bind/reeve/server.conf";\n', leader: '//', needs }),
  ]
  const produced = catalogsFrom(server, fleet).flatMap((one) => producedSpecs(one, fleet, needs))
  const named = bindService([...loaded, ...produced], needs)
  const consumed = catalogsTo(server, fleet).flatMap((one) => consumedSpecs(one, fleet, [...needs, { target, id: named.id }]))
  return [installed, ...loaded, ...produced, named, ...consumed]
}

function clientSpecs(server: NameServerManifest, target: Target, fleet: Fleet, needs: readonly Needed[]): readonly Spec[] {
  const own = clientsOf(server, fleet).find((one) => targetKey(one.target) === targetKey(target))
  return own === undefined ? [] : [file({ path: '/etc/resolv.conf', content: resolverFile(server, own.client, fleet), ...plain, needs })]
}
