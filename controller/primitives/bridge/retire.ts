import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Step, StepContext } from '../../model/primitive.ts'
import { withoutMark } from '../../shell/markedLine.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { markExpression } from '../file/spec.ts'
import { unplug } from './plug.ts'
import { type BridgeSpec, type BridgeState, isInterfaceName } from './spec.ts'
import { portsOfBoot, unitName } from './unit.ts'

/** Goes only while nothing is plugged into it but its own ports, and never while it carries the default route. */
export function retire(entry: LedgerEntry, observed: Known<BridgeState>): Retirement {
  const name = keyOf(entry.id)
  const forget = forgetBoot(name)
  if (observed.status === 'absent') return { impact: 'none', steps: [forget] }
  const { isBridge, carriesDefaultRoute, addresses, isUp, boot, ports } = observed.state
  if (!isBridge) return { impact: 'none', steps: [], keptBecause: 'it is no bridge any more' }
  if (carriesDefaultRoute)
    return { impact: 'none', steps: [], keptBecause: 'it carries the default route: without it nobody could come in' }
  const own = ports.filter(({ name: port, master }) => master === name && portsOfBoot(boot).includes(port)).map((port) => port.name)
  if (entry.previous !== undefined) return restore(name, readPrevious(entry.previous), own, observed.state)
  const remove: Step = {
    title: `remove the bridge ${name}`,
    phase: 'change',
    guard: sh`for port in ${`/sys/class/net/${name}/brif/`}*; do
  case ${`/${own.join('/')}/`} in *"/\${port##*/}/"*) continue ;; esac
  [ ! -e "$port" ] || { printf '%s is plugged into %s; stop or move it first\n' "\${port##*/}" ${name} >&2; exit 1; }
done`,
    run: sh`ip link delete dev ${name} type bridge`,
    undo: joinScripts([
      sh`[ -d ${`/sys/class/net/${name}`} ] || ip link add name ${name} type bridge`,
      ...addresses.map((address) => sh`ip address replace ${address} dev ${name}`),
      isUp ? sh`ip link set dev ${name} up` : sh`:`,
      ...own.map((port) => sh`[ ! -e ${`/sys/class/net/${port}`} ] || ip link set dev ${port} master ${name}`),
    ]),
  }
  return { impact: 'outage', steps: [remove, forget] }
}

interface Previous {
  readonly addresses: readonly string[]
  readonly ports: readonly string[]
}

/** Of a bridge that somebody else had made: it is not ours to remove. */
export function previous(spec: BridgeSpec, observed: Known<BridgeState>): string | undefined {
  if (observed.status === 'absent') return undefined
  const { isBridge, addresses, ports } = observed.state
  const plugged = ports.filter(({ master }) => master === spec.name).map(({ name }) => name)
  return isBridge ? JSON.stringify({ addresses, ports: plugged } satisfies Previous) : undefined
}

function readPrevious(text: string): Previous {
  const { addresses, ports } = JSON.parse(text) as Partial<Previous>
  const isRead =
    Array.isArray(addresses) &&
    addresses.every((one) => /^[0-9a-f.:]+\/\d{1,3}$/.test(one)) &&
    Array.isArray(ports) &&
    ports.every(isInterfaceName)
  if (!isRead) throw new Error('the ledger does not say what the bridge was before; it is left as it is')
  return { addresses, ports }
}

/** Its addresses and ports of before; its boot is theirs again. */
function restore(name: string, before: Previous, own: readonly string[], { addresses }: BridgeState): Retirement {
  const back = before.addresses.filter((address) => !addresses.includes(address))
  const gone = addresses.filter((address) => !before.addresses.includes(address))
  const unplugged = own.filter((port) => !before.ports.includes(port))
  const set = (add: readonly string[], remove: readonly string[]): Script =>
    joinScripts([
      sh`[ -d ${`/sys/class/net/${name}`} ] || exit 0`,
      ...add.map((address) => sh`ip address replace ${address} dev ${name}`),
      ...remove.map((address) => sh`ip address delete ${address} dev ${name} 2>/dev/null || :`),
    ])
  const readdress: Step = { title: `give ${name} the addresses of before`, phase: 'change', run: set(back, gone), undo: set(gone, back) }
  const isLive = back.length + gone.length > 0
  const steps = [...(isLive ? [readdress] : []), ...unplugged.map((port) => unplug(name, port)), forgetBoot(name)]
  return { impact: gone.length + unplugged.length > 0 ? 'outage' : 'none', steps }
}

function forgetBoot(name: string): Step {
  const unit = unitName(name)
  return {
    title: `forget ${name} at the next boot`,
    phase: 'settle',
    run: sh`systemctl disable --quiet -- ${unit} 2>/dev/null || :
rm -f -- ${`/etc/systemd/system/${unit}`}`,
  }
}

/** The bridge and its boot unit stay. */
export function release(entry: LedgerEntry, _observed: Known<BridgeState>, { fleet }: StepContext): readonly Step[] {
  const path = `/etc/systemd/system/${unitName(keyOf(entry.id))}`
  const { run, undo } = withoutMark(path, [markExpression(fleet)])
  return [
    {
      title: `leave ${path} as it is, without Reeve's line`,
      run: joinScripts([run, sh`[ ! -d /run/systemd/system ] || systemctl daemon-reload`]),
      undo,
    },
  ]
}
