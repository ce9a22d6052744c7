import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { runOrThrow } from '../../lab/process.ts'
import type { SshTarget } from '../../lab/ssh-client.ts'
import { counts, dayFiles, numbers, packages, services, zoneName } from './day.ts'
import type { Peer } from './peer.ts'

/** As people run it: as it comes, with fewer round trips for each task, and with Mitogen, which keeps an interpreter on the host. */
export const ansibleWays = {
  'Ansible, stock': '[ssh_connection]\npipelining = False\n',
  'Ansible, pipelining': '[ssh_connection]\npipelining = True\n',
  'Ansible, Mitogen': 'strategy_plugins = /usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy\nstrategy = mitogen_linear\n',
} as const
export type AnsibleWay = keyof typeof ansibleWays

/** One playbook with its files in a folder of this machine. */
export async function createAnsible(way: AnsibleWay, folder: string, host: SshTarget): Promise<Peer> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'ansible.cfg'), configuration(ansibleWays[way], host))
  await writeFile(join(folder, 'play.yaml'), stringify(playbook()))
  const want = async (answer: string) => {
    for (const [path, text] of Object.entries(dayFiles(answer))) {
      await mkdir(join(folder, 'files', dirname(path)), { recursive: true })
      await writeFile(join(folder, 'files', path), text)
    }
  }
  const inventory = `${host.name} ansible_host=${host.address} ansible_port=${host.port} ansible_user=root ansible_ssh_private_key_file=${host.identityFile} ansible_python_interpreter=/usr/bin/python3\n`
  await writeFile(join(folder, 'hosts'), inventory)
  const environment = { ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), ANSIBLE_NOCOLOR: '1', HOME: folder, LC_ALL: 'C.UTF-8' }
  return {
    name: `${way} (${await versions(way)})`,
    want,
    run: () => runOrThrow('ansible-playbook', ['-i', join(folder, 'hosts'), join(folder, 'play.yaml')], { environment }),
  }
}

async function versions(way: AnsibleWay): Promise<string> {
  const names = ['ansible-core', ...(way === 'Ansible, Mitogen' ? ['ansible-mitogen'] : [])]
  return (await runOrThrow('dpkg-query', ['-W', '-f', '${Version} ', ...names])).trim().replace(' ', ' and ')
}

function configuration(more: string, { knownHostsFile, name }: SshTarget): string {
  const ssh = `-o ControlMaster=auto -o ControlPersist=600s -o UserKnownHostsFile=${knownHostsFile} -o HostKeyAlias=${name}`
  const [defaults, section] = more.startsWith('[') ? ['', more] : [more, '[ssh_connection]\n']
  return `[defaults]\nhost_key_checking = True\ndeprecation_warnings = False\n${defaults}${section}ssh_args = ${ssh}\n`
}

/** No facts are gathered, since nothing here asks for one. */
function playbook(): readonly object[] {
  const files = Object.keys(dayFiles(''))
  const under = (folder: string) => files.filter((path) => path.startsWith(folder))
  const maps = ['relay_domains', 'relay_recipients', 'transport', 'virtual'].map((name) => `/etc/postfix/${name}`)
  const zones = numbers(counts.zones).map(zoneName)
  return [
    {
      hosts: 'all',
      gather_facts: false,
      tasks: [
        { name: 'packages', apt: { name: [...packages, 'nginx-light', 'postfix', 'bind9', 'nftables'], state: 'present' } },
        { name: 'folder', file: { path: '/etc/bench', state: 'directory', mode: '0755' } },
        copies('files', under('/etc/bench/')),
        { ...copies('kernel settings', under('/etc/sysctl.d/')), notify: 'load kernel settings' },
        { ...copies('firewall', ['/etc/nftables.conf'], 'nft -c -f %s'), notify: 'load firewall' },
        { ...copies('vhosts', under('/etc/nginx/')), notify: 'reload nginx' },
        { ...copies('mail settings', ['/etc/postfix/main.cf']), notify: 'reload postfix' },
        { ...copies('mail maps', maps), notify: ['postmap', 'reload postfix'] },
        ...zones.map((zone) => ({
          ...copies(`zone ${zone}`, [`/etc/bind/db.${zone}`], `named-checkzone ${zone} %s`),
          notify: 'reload named',
        })),
        { ...copies('names', ['/etc/bind/named.conf.local'], 'named-checkconf %s'), notify: 'reload named' },
        {
          name: 'services',
          systemd: { name: '{{ item }}', state: 'started', enabled: true },
          loop: [...services, 'nginx', 'postfix', 'named'],
        },
      ],
      handlers: [
        handler('load kernel settings', 'sysctl -p /etc/sysctl.d/50-bench.conf'),
        handler('load firewall', 'nft -f /etc/nftables.conf'),
        handler('reload nginx', 'nginx -t && systemctl reload nginx'),
        handler('postmap', maps.map((map) => `postmap ${map}`).join(' && ')),
        handler('reload postfix', 'postfix reload'),
        handler('reload named', 'rndc reload'),
      ],
    },
  ]
}

function copies(name: string, paths: readonly string[], validate?: string): object {
  const copy = { src: 'files{{ item }}', dest: '{{ item }}', mode: '0644', ...(validate === undefined ? {} : { validate }) }
  return { name, copy, loop: paths }
}

function handler(name: string, command: string): object {
  return { name, shell: command }
}
