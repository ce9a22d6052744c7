import type { LxcContainerSpec } from '../../../controller/primitives/lxcContainer/spec.ts'
import { compiled, webWith } from '../../kinds/container/fleet.ts'

/** A random valid spec of a Container, by the lines of its manifest. */
export function randomLines(random: () => number): string {
  const whole = (most: number): number => Math.floor(random() * most)
  const maybe = (line: string): readonly string[] => (random() < 0.5 ? [line] : [])
  const network = `{name: eth0, bridge: br-lxc, veth: v${whole(99)}, mtu: ${1280 + whole(220)}, ipv4: {address: 10.0.${whole(256)}.${2 + whole(200)}/24}, ipv6: {address: '2001:DB8:0:${whole(9)}::${1 + whole(999)}/64'}}`
  const memory = 64 + whole(4000)
  const resources = [
    ...maybe(`memory: ${memory}Mi, memoryHigh: ${1 + whole(memory - 32) + 16}Mi, swap: "${whole(3) * 4096}"`),
    ...maybe(`cpus: ${(1 + whole(400)) / 100}`),
    ...maybe(`cpuWeight: ${2 + whole(9998)}`),
    ...maybe(`cpuSet: "${['0', '1', '0-1', '1,0'][whole(4)]}"`),
    ...maybe(`pids: ${10 + whole(9999)}`),
  ]
  return [
    ...maybe(`network: [${network}]`),
    ...maybe(`resources: {${resources.join(', ')}}`),
    ...maybe('devices: [{path: /dev/fuse}]'),
    ...maybe(`mounts: [{source: /srv/${whole(9)}/a@b, target: /data/${whole(9)}, readOnly: ${random() < 0.5}}]`),
    ...maybe('security: {capabilitiesDrop: [net_raw, sys_nice], nesting: true, apparmor: unconfined}'),
    ...maybe('unprivileged: true'),
    ...maybe(`autostart: {delay: ${whole(60)}, groups: [onboot, g${whole(5)}]}`),
  ].join('\n')
}

/** What the kind makes of them. */
export function specOf(lines: string): LxcContainerSpec {
  return compiled(webWith(lines)).at(-1) as LxcContainerSpec
}
