import type { Fleet } from '../../model/fleet.ts'
import { manifestsBy } from '../../model/fleetIndex.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic, Manifest } from '../../model/manifest.ts'
import { parseSeconds } from '../../model/quantity.ts'
import { type Target, targetKey } from '../../model/target.ts'
import { checkNat } from './check-nat.ts'
import { checkIcmpNames, checkLog, checkRule } from './check-rule.ts'
import { checkSet } from './check-set.ts'
import { partOf, tcpProbe } from './compile.ts'
import { checkContainers, withAddresses } from './containers.ts'
import type { Finding } from './finding.ts'
import { type Denial, denialOf } from './guard.ts'
import { parseEndpoint } from './nat.ts'
import { manifestNamed, placementsOf } from './place.ts'
import type { FirewallSpec } from './spec.ts'
import { icmpTypes } from './words.ts'

export type Firewall = Manifest<'Firewall', FirewallSpec>

/** What the schema cannot say. A manifest with errors of its own is not weighed against others. */
export function checkFirewall(manifest: Firewall, fleet: Fleet): readonly Diagnostic[] {
  const own = ownFindings(manifest.spec, fleet)
  const placements = placementsOf(manifest.spec, fleet)
  const findings = own.length > 0 ? own : placements.flatMap(({ target }) => checkTarget(manifest, target, fleet))
  return [
    ...findings.map(({ path, summary }) => complain(manifest, path === '' ? 'spec' : `spec.${path}`, summary)),
    ...(own.length === 0 && placements.length === 0 ? [nowhere(manifest)] : []),
  ]
}

function ownFindings(written: FirewallSpec, fleet: Fleet): readonly Finding[] {
  const without = checkContainers(written, fleet)
  if (without.length > 0) return without
  const spec = withAddresses(written, fleet)
  return [
    ...checkAim(spec),
    ...checkPolicy(spec),
    ...below('log', checkLog(spec.log)),
    ...checkCoexist(spec),
    ...checkEssential(spec),
    ...checkConfirm(spec),
    ...Object.keys(spec.sets ?? {}).flatMap((name) => checkSet(name, spec)),
    ...(spec.rules ?? []).flatMap((rule, index) => below(`rules[${index}]`, checkRule(rule, spec.sets))),
    ...(spec.nat ?? []).flatMap((nat, index) => below(`nat[${index}]`, checkNat(nat, spec))),
    ...checkIcmpNames(spec.icmp?.v4 ?? [], icmpTypes, 'icmp.v4'),
  ]
}

/** A selector may wait for its hypervisors; but a typing error in a label would leave a host without its Firewall. */
function nowhere(manifest: Firewall): Diagnostic {
  const summary = 'no Hypervisor has these labels, so these rules are nowhere'
  return {
    ...complain(manifest, 'spec.targetSelector', summary, 'hold them against metadata.labels of the Hypervisors'),
    severity: 'warning',
  }
}

function below(path: string, findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, path: finding.path === '' ? path : `${path}.${finding.path}` }))
}

function checkAim(spec: FirewallSpec): readonly Finding[] {
  const given = [spec.target, spec.targets, spec.targetSelector].filter((aim) => aim !== undefined)
  return given.length === 1 ? [] : [{ path: '', summary: 'give one of target, targets and targetSelector' }]
}

function checkPolicy(spec: FirewallSpec): readonly Finding[] {
  const chains = Object.entries(spec.policy ?? {}).filter(([, value]) => value !== 'accept' && value !== 'drop')
  const bad = chains.map(([chain]) => ({
    path: `policy.${chain}`,
    summary: 'chain policy can only be accept or drop; use deny.action: reject',
  }))
  const governed = ['established', 'loopback', 'icmp', 'log', 'deny', 'coexist'] as const
  const stray = spec.policy === undefined ? governed.filter((field) => spec[field] !== undefined) : []
  return [
    ...bad,
    ...stray.map((path) => ({ path, summary: `${path} does nothing without policy: it belongs to the Firewall that sets policy` })),
  ]
}

function checkCoexist(spec: FirewallSpec): readonly Finding[] {
  const isClosed = spec.policy?.forward === 'drop' || spec.policy?.input === 'drop'
  if (spec.coexist === undefined || spec.policy === undefined || isClosed) return []
  return [{ path: 'coexist', summary: 'coexist does nothing where neither policy.forward nor policy.input is drop' }]
}

/** A host without neighbour discovery is gone from IPv6 within minutes, and with it perhaps Reeve's own way in. */
function checkEssential(spec: FirewallSpec): readonly Finding[] {
  if (spec.icmp?.v6Essential !== false || spec.unsafeAllowLockout) return []
  const summary = 'without neighbour discovery the target loses IPv6 within minutes; leave v6Essential out, or add unsafeAllowLockout'
  return [{ path: 'icmp.v6Essential', summary }]
}

function checkConfirm(spec: FirewallSpec): readonly Finding[] {
  const seconds = parseSeconds(spec.confirm?.timeout ?? '30s')
  const isUsable = seconds.ok && seconds.value >= 5 && seconds.value <= 600
  const probes = (spec.confirm?.tcp ?? []).map((text, index) => ({ text, path: `confirm.tcp[${index}]` }))
  const bad = probes.filter(({ text }) => tcpProbe(text).length === 0)
  return [
    ...(isUsable ? [] : [{ path: 'confirm.timeout', summary: 'confirm.timeout must be 5s to 10m' }]),
    ...bad.map(({ path }) => ({ path, summary: 'confirm.tcp must be HOST:PORT with a port of 1-65535' })),
  ]
}

/** What a dnat asks for: `tcp 46.4.71.77:80`, with `*` for any address of the target, and the interface where one is given. */
export function dnatKey(nat: NonNullable<FirewallSpec['nat']>[number]): string {
  const from = [nat.interface, nat.source].filter((part) => part !== undefined).map((part) => ` from ${String(part)}`)
  const own = parseEndpoint(nat.to ?? '')?.network.family === 'ip6' ? '[*]' : '*'
  return `${nat.protocol ?? 'tcp'} ${nat.destination ?? own}:${nat.port ?? ''}${from.join('')}`
}

/** What this manifest does together with the others of a target. */
function checkTarget(manifest: Firewall, target: Target, fleet: Fleet): readonly Finding[] {
  const all = onTarget(target, fleet).filter((other) => other === manifest || ownFindings(other.spec, fleet).length === 0)
  const rival = all.find((other) => other.name !== manifest.name && other.spec.policy !== undefined)
  if (manifest.spec.policy !== undefined && rival !== undefined)
    return [{ path: 'policy', summary: `policy is also set by ${rival.id} on ${targetKey(target)}; keep it in one of them` }]
  return target.inside === undefined ? checkWayIn(manifest, target, all, fleet) : []
}

function onTarget(target: Target, fleet: Fleet): readonly Firewall[] {
  return manifestsBy(fleet, 'Firewall', targetsOf, targetKey(target))
}

function targetsOf({ spec }: Firewall, fleet: Fleet): readonly string[] {
  return placementsOf(spec, fleet).map((at) => targetKey(at.target))
}

/** The part of a Hypervisor's spec that says where its sshd is. */
interface Reached {
  readonly address?: string
  readonly ports?: readonly number[]
  readonly sshdPort?: number
}

/** The controller reaches the host by any one of its SSH ports; the Firewall that would shut the last one is to blame. */
function checkWayIn(manifest: Firewall, target: Target, all: readonly Firewall[], fleet: Fleet): readonly Finding[] {
  if (all.some((other) => other.spec.unsafeAllowLockout)) return []
  const host = manifestNamed(fleet, 'Hypervisor', target.hypervisor)?.spec as Reached | undefined
  const ports = host?.sshdPort === undefined ? (host?.ports ?? [22]) : [host.sshdPort]
  const parts = all
    .map((other) => partOf(other.name, withAddresses(other.spec, fleet)))
    .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1))
  const denials = ports.map((port) => denialOf(parts, { address: host?.address, port }))
  const mine = denials.find((denial) => denial?.part === manifest.name)
  if (denials.includes(undefined) || mine === undefined) return []
  const way = `any address -> tcp/${ports.join(', tcp/')} on ${target.hypervisor}`
  return [lockOut(mine, way, manifest.spec)]
}

function lockOut({ rule, because }: Denial, way: string, spec: FirewallSpec): Finding {
  if (rule === undefined)
    return { path: '', summary: `this ruleset would lock out the controller (${way}); add a rule or unsafeAllowLockout` }
  const how =
    because === 'limit'
      ? `rule ${rule} lets it in only as often as its limit allows`
      : `others decide by a set what rule ${rule} does to it`
  const index = (spec.rules ?? []).findIndex(({ name }) => name === rule)
  const summary = `this ruleset could lock out the controller (${way}): ${how}; accept its addresses before, without limit, or add unsafeAllowLockout`
  return { path: index === -1 ? '' : `rules[${index}]`, summary }
}
