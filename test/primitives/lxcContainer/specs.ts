import {
  guestFileHeader,
  type LxcContainerSpec,
  type LxcContainerWish,
  lxcContainer,
} from '../../../controller/primitives/lxcContainer/spec.ts'

const interfaces = (address: string) =>
  `${guestFileHeader}
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet manual
  up ip addr replace ${address} brd + dev eth0
  up ip route replace default via 192.168.100.1 dev eth0
`

/** A container as the kind compiles it; `settings` are laid over the usual ones. */
export function web(change: Partial<LxcContainerWish> = {}, settings: Readonly<Record<string, string>> = {}): LxcContainerSpec {
  const address = (settings['lxc.net.0.ipv4.address'] ?? '192.168.100.10/24 192.168.100.255').split(' ')[0] ?? ''
  const hostname = settings['lxc.uts.name'] ?? 'web'
  return lxcContainer({
    name: 'web',
    rootfs: { volumeGroup: 'vg_data', name: 'web', format: 'ext4' },
    guestFiles: [
      { path: '/etc/hostname', content: `${hostname}\n`, mode: '0644', refresh: 'always' },
      { path: '/etc/network/interfaces', content: interfaces(address), mode: '0644', refresh: 'ifOurs' },
      { path: '/root/.ssh/authorized_keys', content: 'ssh-ed25519 AAAA me@home\n', mode: '0600', refresh: 'never' },
    ],
    settings: {
      'lxc.uts.name': 'web',
      'lxc.rootfs.path': 'lvm:/dev/vg_data/web',
      'lxc.net.0.type': 'veth',
      'lxc.net.0.link': 'br-lxc',
      'lxc.net.0.flags': 'up',
      'lxc.net.0.name': 'eth0',
      'lxc.net.0.ipv4.address': '192.168.100.10/24 192.168.100.255',
      'lxc.net.0.ipv4.gateway': '192.168.100.1',
      'lxc.start.auto': '1',
      'lxc.cgroup2.memory.max': '268435456',
      'lxc.cgroup2.pids.max': '500',
      ...settings,
    },
    defaults: { 'lxc.net.0.hwaddr': '00:16:3e:00:00:03', 'lxc.apparmor.profile': 'generated', 'lxc.apparmor.allow_nesting': '0' },
    state: 'running',
    stop: { timeoutSeconds: 30, force: true },
    ...change,
  })
}
