import { markLine } from '../file/spec.ts'
import { plugScript } from './plug.ts'
import type { BridgeBoot, BridgeSpec } from './spec.ts'

/**
 * What makes the bridge at boot: a oneshot unit of its own. It works where ifupdown, networkd or neither is in charge, touches no file of a
 * person, and goes away whole; /etc/network/interfaces.d would need ifupdown, which minimal hosts have not.
 */
export function unitName(bridge: string): string {
  return `reeve-bridge-${bridge}.service`
}

/** Commands of the unit; each holds when it is run again. */
export function bootCommands(spec: BridgeSpec): readonly string[] {
  return [
    `-ip link add name ${spec.name} type bridge`,
    ...spec.addresses.map(
      (address) =>
        `ip address replace ${address} dev ${spec.name}${flagsOf(spec, address)
          .map((flag) => ` ${flag}`)
          .join('')}`,
    ),
    `ip link set dev ${spec.name} up`,
    ...spec.ports.map((port) => `${plugCommand}${spec.name} ${port}`),
  ]
}

/** An IPv6 address that moves is ours already: the second in which the kernel would ask for its like, nobody could come in by it. */
export function flagsOf({ ports }: BridgeSpec, address: string): readonly string[] {
  return ports.length > 0 && address.includes(':') ? ['nodad'] : []
}

/** systemd reads quotes, backslashes, dollars and per cents before the shell does (systemd.service(5)). */
const plugCommand = `/bin/sh -c "${plugScript.text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('$', '$$$$').replaceAll('%', '%%')}" reeve-plug `

const plugged = / reeve-plug [^ ]+ ([^ ]+)$/

/** Interfaces that the unit plugs in: those that are ours to unplug. */
export function portsOfBoot(boot: BridgeBoot | undefined): readonly string[] {
  return (boot?.commands ?? []).flatMap((command) => plugged.exec(command)?.[1] ?? [])
}

/** For people: what the unit does, without the text of the script. */
export function shownBoot(commands: readonly string[]): string {
  return commands.map((command) => (command.startsWith(plugCommand) ? `plug in ${plugged.exec(command)?.[1]}` : command)).join('; ')
}

/** Ordered before the network target and so before what starts containers (lxc.service, lxc-net.service); after who gives ports their addresses. */
export function unitText(spec: BridgeSpec, fleet: string, owner: string): string {
  const after = spec.ports.length === 0 ? '' : ' networking.service'
  return `${markLine(fleet, owner)}[Unit]
Description=Bridge ${spec.name}
DefaultDependencies=no
After=local-fs.target systemd-sysctl.service${after}
Before=network.target lxc.service lxc-net.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
${bootCommands(spec)
  .map((command) => `ExecStart=${command}`)
  .join('\n')}

[Install]
WantedBy=multi-user.target
`
}
