import type { Step } from '../../model/primitive.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { PortState } from './spec.ts'

/**
 * Plugs an interface into a bridge and moves its routes there; its addresses the bridge has already. Live and at boot the same. Arguments: bridge, port.
 * Routes that the kernel or a router made come again by themselves. The first port gives the bridge its MAC
 * address, which switches and hosters know; 3 is one that was given to it already (net-sysfs, NET_ADDR_SET).
 */
export const plugScript: Script = sh`bridge=$1 port=$2 tries=0
while [ ! -e "/sys/class/net/$port" ] && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
[ -e "/sys/class/net/$port" ] || { echo "there is no interface $port" >&2; exit 1; }
if [ ! -e "/sys/class/net/$bridge/brif/$port" ]; then
  read -r how <"/sys/class/net/$bridge/addr_assign_type"
  if [ "$how" != 3 ]; then read -r mac <"/sys/class/net/$port/address"; ip link set dev "$bridge" address "$mac"; fi
  ip link set dev "$port" master "$bridge" || exit 1
fi
ip link set dev "$port" up
for family in 4 6; do
  routes=$(ip "-$family" route show table all dev "$port" | sed -e '/proto kernel/d' -e '/proto ra/d' -e '/table local/d' -e 's/ linkdown//' -e 's/ dead//' -e 's/ offload//')
  ip "-$family" address flush dev "$port" scope global
  printf '%s\n' "$routes" | while read -r route; do
    [ -z "$route" ] || ip "-$family" route replace $route dev "$bridge" || exit 1
  done || exit 1
done`

function noteOf(bridge: string, port: string, what: string): Script {
  return sh`"$REEVE_BEFORE"/${`bridge-${bridge}.port-${port}.${what}`}`
}

/** What it was plugged into, its addresses and its routes lie in files before anything moves. */
export function plug(bridge: string, { name: port, addresses }: PortState): Step {
  const note = (what: string) => noteOf(bridge, port, what)
  const moved = addresses.map(({ address }) => address).join(' ')
  return {
    title: moved === '' ? `plug ${port} into ${bridge}` : `plug ${port} into ${bridge}, and move ${moved} and its routes there`,
    phase: 'change',
    guard: sh`[ -e ${`/sys/class/net/${port}`} ] || { printf 'there is no interface %s any more\n' ${port} >&2; exit 1; }
[ ! -e ${`/sys/class/net/${port}/master`} ] || [ -e ${`/sys/class/net/${bridge}/brif/${port}`} ] || { printf '%s is plugged in elsewhere meanwhile\n' ${port} >&2; exit 1; }`,
    run: sh`ip -o address show dev ${port} scope global > ${note('addresses')}
for family in 4 6; do ip "-$family" route show table all dev ${port} | sed -e '/proto kernel/d' -e '/proto ra/d' -e '/table local/d' -e 's/ linkdown//' -e 's/ dead//' -e 's/ offload//' > ${note('routes')}"$family"; done
[ ! -e ${`/sys/class/net/${bridge}/brif/${port}`} ] || : > ${note('in')}
cat ${`/sys/class/net/${bridge}/address`} > ${note('mac')}
sync "$REEVE_BEFORE"
: > ${note('begun')}
sh -c ${plugScript.text} reeve-plug ${bridge} ${port}`,
    check: sh`[ -e ${`/sys/class/net/${bridge}/brif/${port}`} ]`,
    undo: sh`[ -e ${note('begun')} ] && [ -e ${`/sys/class/net/${port}`} ] || exit 0
if [ ! -e ${note('in')} ] && [ -e ${`/sys/class/net/${bridge}/brif/${port}`} ]; then ip link set dev ${port} nomaster; fi
while read -r index device family address word broadcast rest; do
  case $family in inet6) flags=nodad ;; *) flags= ;; esac
  [ "$word" != brd ] || flags="brd $broadcast"
  ip address replace "$address" $flags dev ${port}
done < ${note('addresses')}
for family in 4 6; do
  while read -r route; do ip "-$family" route replace $route dev ${port}; done < ${note('routes')}"$family"
done
read -r mac < ${note('mac')}
[ ! -d ${`/sys/class/net/${bridge}/bridge`} ] || ip link set dev ${bridge} address "$mac"`,
  }
}

/** Only where the bridge does not carry the default route. */
export function unplug(bridge: string, port: string): Step {
  return {
    title: `take ${port} out of ${bridge}`,
    phase: 'change',
    run: sh`[ ! -e ${`/sys/class/net/${bridge}/brif/${port}`} ] || ip link set dev ${port} nomaster`,
    undo: sh`[ ! -e ${`/sys/class/net/${port}`} ] || [ ! -d ${`/sys/class/net/${bridge}/brif`} ] || ip link set dev ${port} master ${bridge}`,
  }
}
