import { type Difference, type FieldDifference, type Impact, same } from '../../model/change.ts'
import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import { definePrimitive, type Subject } from '../../model/primitive.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { BridgeSpec, BridgeState } from './spec.ts'
import { release, retire, steps } from './steps.ts'
import { bootCommands, unitName } from './unit.ts'

/** A Linux bridge without ports: its addresses and that it is up, now and at the next boot. */
export const bridgePrimitive = definePrimitive<BridgeSpec, BridgeState>({
  type: 'bridge',
  ownership: 'exclusive',
  fields: (spec) => ({ addresses: spec.addresses.join(' '), up: 'yes', boot: bootCommands(spec).join('; ') }),
  probe,
  parse,
  diff,
  steps,
  retire,
  release,
})

/** Default routes of the main table. IPv4 (proc_net(5)): interface, destination, five more, mask. IPv6: destination, its length, …, interface. */
const defaultRoute = '^[^\t]+\t0{8}\t([^\t]+\t){5}0{8}\t|^0{32} 00 '

/** Two processes for all bridges, grep(1) for the default routes and ip(8); the boot units are read by the shell itself. */
function probe(subjects: readonly Subject<BridgeSpec>[]): Script {
  const words = subjects.flatMap(({ id }) => [keyOf(id), `/etc/systemd/system/${unitName(keyOf(id))}`, unitName(keyOf(id))])
  return sh`set -- ${words}
while [ $# -gt 0 ]; do
  if [ -d "/sys/class/net/$1/bridge" ]; then printf 'bridge %s\n' "$1"
  elif [ -e "/sys/class/net/$1" ]; then printf 'other %s\n' "$1"
  else printf 'absent %s\n' "$1"; fi
  if [ -f "$2" ]; then
    printf 'unit %s\n' "$1"
    while IFS= read -r line; do case $line in ExecStart=*) printf 'boot %s %s\n' "$1" "\${line#ExecStart=}" ;; esac; done < "$2"
  fi
  [ ! -L "/etc/systemd/system/multi-user.target.wants/$3" ] || printf 'enabled %s\n' "$1"
  shift 3
done
printf 'routes\n'
[ -r /proc/net/route ]
grep -shE ${defaultRoute} /proc/net/route /proc/net/ipv6_route </dev/null || :
printf 'links\n'
ip -j address show type bridge </dev/null`
}

interface Link {
  readonly ifname: string
  readonly flags: readonly string[]
  readonly addr_info: readonly { readonly family?: string; readonly local?: string; readonly prefixlen?: number; readonly scope?: string }[]
}

function parse(stdout: string, subjects: readonly Subject<BridgeSpec>[]): Parsed<BridgeState> {
  const at = stdout.startsWith('links\n') ? 0 : stdout.indexOf('\nlinks\n')
  if (at === -1) return { items: new Map() }
  const lines = stdout.slice(0, at).split('\n')
  const json = stdout.slice(stdout.indexOf('links\n', at) + 'links\n'.length).trim()
  // Without any bridge ip(8) of iproute2 6.1 prints nothing or [{}], depending on the version.
  const links = (json === '' ? [] : (JSON.parse(json) as readonly Partial<Link>[])).filter((one): one is Link => one.ifname !== undefined)
  const items = new Map<PrimitiveId, Observed<BridgeState>>()
  for (const { id } of subjects) items.set(id, observed(keyOf(id), lines, links))
  return { items }
}

function observed(name: string, lines: readonly string[], links: readonly Link[]): Observed<BridgeState> {
  const boot = bootOf(name, lines)
  const routes = lines.slice(lines.indexOf('routes') + 1)
  const carriesDefaultRoute = routes.some((line) => line.startsWith(`${name}\t`) || line.trimEnd().endsWith(` ${name}`))
  if (lines.includes(`absent ${name}`)) return { status: 'absent' }
  if (lines.includes(`other ${name}`)) {
    return { status: 'present', state: { isBridge: false, isUp: false, addresses: [], carriesDefaultRoute, boot } }
  }
  const link = links.find(({ ifname }) => ifname === name)
  if (!lines.includes(`bridge ${name}`) || link === undefined) return { status: 'unknown', reason: `ip did not say what ${name} is` }
  return {
    status: 'present',
    state: { isBridge: true, isUp: link.flags.includes('UP'), addresses: globalAddresses(link), carriesDefaultRoute, boot },
  }
}

function globalAddresses(link: Link): readonly string[] {
  return link.addr_info
    .filter(({ scope }) => scope !== 'link')
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
    .sort()
}

function bootOf(name: string, lines: readonly string[]): BridgeState['boot'] {
  if (!lines.includes(`unit ${name}`)) return undefined
  const prefix = `boot ${name} `
  const commands = lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))
  return { commands, isEnabled: lines.includes(`enabled ${name}`) }
}

function diff(spec: BridgeSpec, observed: Known<BridgeState>): Difference {
  const boot = bootCommands(spec).join('; ')
  if (observed.status === 'absent') {
    const fields = [field('addresses', undefined, spec.addresses.join(' ')), field('up', undefined, 'yes'), field('boot', undefined, boot)]
    return { status: 'change', change: { action: 'create', impact: 'none', fields } }
  }
  const state = observed.state
  if (!state.isBridge) return { status: 'refused', reasons: [`${spec.name} is an interface but no bridge; choose another name`] }
  const removed = state.addresses.filter((address) => !spec.addresses.includes(address))
  if (state.carriesDefaultRoute && removed.length > 0) {
    return {
      status: 'refused',
      reasons: [`${spec.name} carries the default route and so perhaps the management address; removing ${removed.join(' ')} is refused`],
    }
  }
  const fields = differences(spec, state)
  if (fields.length === 0) return same
  const impact: Impact = removed.length > 0 ? 'outage' : 'none'
  return { status: 'change', change: { action: 'update', impact, fields } }
}

function differences(spec: BridgeSpec, state: BridgeState): readonly FieldDifference[] {
  const fields: FieldDifference[] = []
  const [live, wanted] = [state.addresses.join(' '), spec.addresses.join(' ')]
  if (live !== wanted) fields.push(field('addresses', live, wanted))
  if (!state.isUp) fields.push(field('up', 'no', 'yes'))
  const boot = state.boot?.isEnabled ? state.boot.commands.join('; ') : undefined
  const wantedBoot = bootCommands(spec).join('; ')
  if (boot !== wantedBoot) fields.push(field('boot', boot, wantedBoot))
  return fields
}

function field(name: string, before: string | undefined, after: string): FieldDifference {
  return { field: name, before, after }
}
