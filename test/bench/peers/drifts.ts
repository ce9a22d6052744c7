import { run } from '../../lab/process.ts'
import { type SshTarget, sshArgs } from '../../lab/ssh-client.ts'

/** Something that a hand does to a host that was as wanted, and how one sees that it was put right. Shell text; `isRight` ends with 0 where it was, `mend` puts it right by hand. */
export interface Drift {
  readonly name: string
  readonly harm: string
  readonly isRight: string
  readonly mend: string
}

/** The files and tables of either side: a peer's stand elsewhere than Reeve's. */
export interface Places {
  readonly table: 'bench' | 'reeve'
  /** A file of nginx that holds the second vhost. */
  readonly vhost: string
  /** What Postfix reads of a map: postmap's database, and of Reeve the map itself, which needs none (texthash). */
  readonly map: string
  readonly zone: string
}

export const peerPlaces: Places = {
  table: 'bench',
  vhost: '/etc/nginx/sites-enabled/v1.conf',
  map: '/etc/postfix/transport.db',
  zone: '/etc/bind/db.zone0.example.net',
}

export const reevePlaces: Places = {
  table: 'reeve',
  vhost: '/etc/nginx/reeve/vhost-v1.conf',
  map: '/etc/postfix/reeve/transport',
  zone: '/var/lib/bind/reeve/db.zone0.example.net',
}

export function drifts({ table, vhost, map, zone }: Places): readonly Drift[] {
  return [
    {
      name: 'a file edited',
      harm: `echo x >>/etc/bench/0.conf`,
      isRight: `! grep -qx x /etc/bench/0.conf`,
      mend: `sed -i '/^x$/d' /etc/bench/0.conf`,
    },
    {
      name: 'a vhost edited',
      harm: `sed -i 's/This is 1"/Spoilt"/; s/This is 1;/Spoilt;/' ${vhost}`,
      isRight: `! grep -q Spoilt ${vhost}`,
      mend: `sed -i 's/Spoilt"/This is 1"/; s/Spoilt;/This is 1;/' ${vhost}`,
    },
    {
      name: 'a rule added to the live firewall',
      harm: `nft insert rule inet ${table} input tcp dport 6666 accept`,
      isRight: `! nft list table inet ${table} | grep -q 6666`,
      mend: `nft delete rule inet ${table} input handle "$(nft -a list table inet ${table} | sed -n '/dport 6666/s/.*handle //p')"`,
    },
    {
      name: 'what Postfix reads of a mail map removed',
      harm: `rm ${map}`,
      isRight: `test -e ${map}`,
      mend: `postmap ${map.replace(/\.db$/, '')}`,
    },
    { name: 'a service stopped', harm: 'systemctl stop cron', isRight: 'systemctl is-active -q cron', mend: 'systemctl start cron' },
    {
      name: 'a kernel setting changed',
      harm: 'sysctl -qw net.ipv4.ip_forward=0',
      isRight: '[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]',
      mend: 'sysctl -qw net.ipv4.ip_forward=1',
    },
    {
      name: 'a zone edited',
      harm: `echo 'bad A 192.0.2.66' >>${zone}`,
      isRight: `! grep -q 192.0.2.66 ${zone}`,
      mend: `sed -i '/192.0.2.66/d' ${zone}`,
    },
  ]
}

/** Does all of them at once. */
export async function harm(host: SshTarget, all: readonly Drift[]): Promise<void> {
  const { code, stderr } = await run('ssh', [...sshArgs(host), 'sh -s'], { stdin: `set -e\n${all.map((one) => one.harm).join('\n')}\n` })
  if (code !== 0) throw new Error(`a drift could not be made: ${stderr}`)
}

/** Those that still stand. */
export async function left(host: SshTarget, all: readonly Drift[]): Promise<readonly Drift[]> {
  const script = all.map(({ isRight }, number) => `{ ${isRight}; } >/dev/null 2>&1 || echo ${number}`).join('\n')
  const { code, stdout, stderr } = await run('ssh', [...sshArgs(host), 'sh -s'], { stdin: `${script}\n` })
  if (code !== 0) throw new Error(`what was repaired could not be looked at: ${stderr}`)
  const still = new Set(stdout.split('\n'))
  return all.filter((_, number) => still.has(String(number)))
}
