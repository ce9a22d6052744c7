import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { BridgeBoot, BridgeSpec, BridgeState, PortState } from './spec.ts'
import { portsOfBoot, unitName } from './unit.ts'

/** Default routes of the main table. IPv4 (proc_net(5)): interface, destination, five more, mask. IPv6: destination, its length, …, interface. */
const defaultRoute = '^[^\t]+\t0{8}\t([^\t]+\t){5}0{8}\t|^0{32} 00 '

/** Two processes for all bridges, grep(1) for the default routes and ip(8); boot units and what keeps ports are read by the shell itself. */
export function probe(subjects: readonly Subject<BridgeSpec>[]): Script {
  const words = subjects.flatMap(({ id }) => [keyOf(id), `/etc/systemd/system/${unitName(keyOf(id))}`, unitName(keyOf(id))])
  return sh`reeve_ports=0
set -- ${words}
while [ $# -gt 0 ]; do
  if [ -d "/sys/class/net/$1/bridge" ]; then printf 'bridge %s\n' "$1"
  elif [ -e "/sys/class/net/$1" ]; then printf 'other %s\n' "$1"
  else printf 'absent %s\n' "$1"; fi
  if [ -f "$2" ]; then
    printf 'unit %s\n' "$1"
    while IFS= read -r line; do
      case $line in ExecStart=*) printf 'boot %s %s\n' "$1" "\${line#ExecStart=}" ;; esac
      case $line in *' reeve-plug '*) reeve_ports=1 ;; esac
    done < "$2"
  fi
  [ ! -L "/etc/systemd/system/multi-user.target.wants/$3" ] || printf 'enabled %s\n' "$1"
  shift 3
done
printf 'routes\n'
[ -r /proc/net/route ]
grep -shE ${defaultRoute} /proc/net/route /proc/net/ipv6_route </dev/null || :
${portFacts(subjects.flatMap(({ spec }) => spec?.ports ?? []))}
printf 'links\n'
if [ "$reeve_ports" = 1 ]; then ip -j address show </dev/null; else ip -j address show type bridge </dev/null; fi`
}

/** /run/systemd/netif/links: what networkd says of each interface, by its number (sd-network's files; systemd 252). */
function portFacts(ports: readonly string[]): Script {
  if (ports.length === 0) return sh`:`
  return sh`reeve_ports=1
set -- ${[...new Set(ports)]}
for port; do
  [ ! -d "/sys/class/net/$port/bridge" ] || printf 'bridgeport %s\n' "$port"
  index=
  { read -r index <"/sys/class/net/$port/ifindex"; } 2>/dev/null || continue
  [ -r "/run/systemd/netif/links/$index" ] || continue
  while IFS= read -r line; do case $line in ADMIN_STATE=configur*) printf 'networkd %s\n' "$port" ;; esac; done <"/run/systemd/netif/links/$index"
done`
}

interface Link {
  readonly ifname: string
  readonly flags: readonly string[]
  readonly master?: string
  readonly addr_info: readonly {
    readonly local?: string
    readonly prefixlen?: number
    readonly scope?: string
    readonly dynamic?: boolean
  }[]
}

export function parse(stdout: string, subjects: readonly Subject<BridgeSpec>[]): Parsed<BridgeState> {
  const at = stdout.startsWith('links\n') ? 0 : stdout.indexOf('\nlinks\n')
  if (at === -1) return { items: new Map() }
  const lines = stdout.slice(0, at).split('\n')
  const json = stdout.slice(stdout.indexOf('links\n', at) + 'links\n'.length).trim()
  // Without any bridge ip(8) of iproute2 6.1 prints nothing or [{}], depending on the version.
  const links = (json === '' ? [] : (JSON.parse(json) as readonly Partial<Link>[])).filter((one): one is Link => one.ifname !== undefined)
  const items = new Map<PrimitiveId, Observed<BridgeState>>()
  for (const { id, spec } of subjects) items.set(id, observed(keyOf(id), spec, lines, links))
  return { items }
}

function observed(name: string, spec: BridgeSpec | undefined, lines: readonly string[], links: readonly Link[]): Observed<BridgeState> {
  const boot = bootOf(name, lines)
  const ports = [...new Set([...(spec?.ports ?? []), ...portsOfBoot(boot)])].sort().map((port) => portOf(port, lines, links))
  const routes = lines.slice(lines.indexOf('routes') + 1)
  const carriesDefaultRoute = routes.some((line) => line.startsWith(`${name}\t`) || line.trimEnd().endsWith(` ${name}`))
  if (lines.includes(`absent ${name}`)) return { status: 'absent', around: { boot, ports } }
  if (lines.includes(`other ${name}`)) {
    return { status: 'present', state: { isBridge: false, isUp: false, addresses: [], carriesDefaultRoute, boot, ports } }
  }
  const link = links.find(({ ifname }) => ifname === name)
  if (!lines.includes(`bridge ${name}`) || link === undefined) return { status: 'unknown', reason: `ip did not say what ${name} is` }
  const addresses = globalAddresses(link).map(({ address }) => address)
  return { status: 'present', state: { isBridge: true, isUp: link.flags.includes('UP'), addresses, carriesDefaultRoute, boot, ports } }
}

function portOf(name: string, lines: readonly string[], links: readonly Link[]): PortState {
  const link = links.find(({ ifname }) => ifname === name)
  return {
    name,
    isThere: link !== undefined,
    isBridge: lines.includes(`bridgeport ${name}`),
    master: link?.master,
    addresses: link === undefined ? [] : globalAddresses(link),
    isNetworkds: lines.includes(`networkd ${name}`),
  }
}

function globalAddresses(link: Link): PortState['addresses'] {
  return link.addr_info
    .filter(({ scope }) => scope !== 'link' && scope !== 'host')
    .map(({ local, prefixlen, dynamic = false }) => ({ address: `${local}/${prefixlen}`, isDynamic: dynamic }))
    .sort((one, other) => (one.address < other.address ? -1 : 1))
}

function bootOf(name: string, lines: readonly string[]): BridgeBoot | undefined {
  if (!lines.includes(`unit ${name}`)) return undefined
  const prefix = `boot ${name} `
  const commands = lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))
  return { commands, isEnabled: lines.includes(`enabled ${name}`) }
}
