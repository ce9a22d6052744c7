/** What looks at a thing: a sort of thing on a target, or the health of one. Each may start two processes, however many things there are. */
export type Tools = readonly string[]

/** Of fleet.ts. */
export const nativeTools: Tools = [
  ...['file', 'tree', 'link', 'service', 'sysctl', 'package', 'nftTable'],
  ...['health of the hypervisor', 'health of the firewall'],
]

/** Of the example's he1; what enters a container counts as one more. */
export const exampleTools: Tools = [
  ...['file', 'block', 'sysctl', 'bridge', 'logicalVolume', 'filesystem', 'mount', 'lxcContainer', 'package', 'nftTable'],
  ...['health of the hypervisor', 'health of the firewall', 'health of the containers'],
  ...['lxc-attach', 'package in plpa', 'file in plpa', 'tree in plpa', 'link in plpa', 'service in plpa'],
]

/** Twelve for the shell's own, the watch-dog and the host's facts. */
export function forksAllowed(tools: Tools): number {
  return 12 + 2 * tools.length
}
