import { stringify } from 'yaml'
import type { Way } from './fleet.ts'

/** What a simulated host can hold (host.ts). */
const settings = ['ip_forward', 'conf.all.rp_filter', 'conf.all.accept_redirects', 'conf.all.send_redirects', 'conf.default.rp_filter']
const packages = ['cron', 'dbus', 'iproute2', 'procps', 'rsyslog', 'sudo', 'openssh-server', 'nftables']
const services = ['cron.service', 'rsyslog.service', 'ssh.service', 'dbus.service']
const others = settings.length + packages.length + services.length

/** The manifest of one hypervisor with so many managed things, 17 of them no files. `word` stands in the first file: another word is another commit. */
export function manifestOf({ name, address, port, hostKey }: Way, resources: number, word = 'first'): string {
  const files = Array.from({ length: resources > others ? resources - others : resources }, (_, index) => ({
    path: `/etc/reeve-fleet/${index}.conf`,
    content: `# ${index === 0 ? `${name} ${word}` : 'as ever'}\n${`option_${index} = value\n`.repeat(20)}`,
  }))
  const system = {
    files,
    ...(resources > others
      ? {
          sysctl: Object.fromEntries(settings.map((key) => [`net.ipv4.${key}`, '1'])),
          packages,
          services: services.map((unit) => ({ unit, enabled: true })),
        }
      : {}),
  }
  const spec = { address, ports: [port], hostKeys: [hostKey], system }
  return stringify({ apiVersion: 'reeve.dev/v1', kind: 'Hypervisor', metadata: { name }, spec })
}
