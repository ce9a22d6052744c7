import type { BridgeSpec } from './spec.ts'

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
    ...spec.addresses.map((address) => `ip address replace ${address} dev ${spec.name}`),
    `ip link set dev ${spec.name} up`,
  ]
}

/** Ordered before the network target and so before what starts containers (lxc.service, lxc-net.service). */
export function unitText(spec: BridgeSpec, fleet: string, owner: string): string {
  return `# Managed by Reeve, fleet ${fleet}, ${owner}
[Unit]
Description=Bridge ${spec.name}
DefaultDependencies=no
After=local-fs.target systemd-sysctl.service
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
