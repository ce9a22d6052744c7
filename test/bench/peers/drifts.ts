import { run } from '../../lab/process.ts'
import { type SshTarget, sshArgs } from '../../lab/ssh-client.ts'

/** Something that a hand does to a host that was as wanted, and how one sees that it was put right. Shell text; `isRight` ends with 0 where it was. */
export interface Drift {
  readonly name: string
  readonly harm: string
  readonly isRight: string
}

/** The files and tables of either side: a peer's stand elsewhere than Reeve's. */
export interface Places {
  readonly table: 'bench' | 'reeve'
  /** A file of nginx that holds the second vhost. */
  readonly vhost: string
  /** A map of Postfix, without its ending. */
  readonly map: string
  readonly zone: string
}

export const peerPlaces: Places = {
  table: 'bench',
  vhost: '/etc/nginx/sites-enabled/v1.conf',
  map: '/etc/postfix/transport',
  zone: '/etc/bind/db.zone0.example.net',
}

export const reevePlaces: Places = {
  table: 'reeve',
  vhost: '/etc/nginx/reeve/vhost-v1.conf',
  map: '$(ls /etc/postfix/reeve/*.db | head -n 1 | sed s/.db$//)',
  zone: '/var/lib/bind/reeve/db.zone0.example.net',
}

export function drifts({ table, vhost, map, zone }: Places): readonly Drift[] {
  return [
    { name: 'a file edited', harm: `echo x >>/etc/bench/0.conf`, isRight: `! grep -qx x /etc/bench/0.conf` },
    {
      name: 'a vhost edited',
      harm: `sed -i 's/This is 1"/Spoilt"/; s/This is 1;/Spoilt;/' ${vhost}`,
      isRight: `! grep -q Spoilt ${vhost}`,
    },
    {
      name: 'a rule added to the live firewall',
      harm: `nft insert rule inet ${table} input tcp dport 6666 accept`,
      isRight: `! nft list table inet ${table} | grep -q 6666`,
    },
    {
      name: 'the database of a mail map removed',
      harm: `map=${map}; echo "$map" >/run/bench-map; rm "$map.db"`,
      isRight: `test -e "$(cat /run/bench-map).db"`,
    },
    { name: 'a service stopped', harm: 'systemctl stop cron', isRight: 'systemctl is-active -q cron' },
    {
      name: 'a kernel setting changed',
      harm: 'sysctl -qw net.ipv4.ip_forward=0',
      isRight: '[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]',
    },
    { name: 'a zone edited', harm: `echo 'bad A 192.0.2.66' >>${zone}`, isRight: `! grep -q 192.0.2.66 ${zone}` },
  ]
}

/** Does all of them at once. */
export async function harm(host: SshTarget, all: readonly Drift[]): Promise<void> {
  const { code, stderr } = await run('ssh', [...sshArgs(host), 'sh -s'], { stdin: `set -e\n${all.map((one) => one.harm).join('\n')}\n` })
  if (code !== 0) throw new Error(`a drift could not be made: ${stderr}`)
}

/** Names of those that still stand. */
export async function left(host: SshTarget, all: readonly Drift[]): Promise<readonly string[]> {
  const script = all.map(({ isRight }, number) => `{ ${isRight}; } >/dev/null 2>&1 || echo ${number}`).join('\n')
  const { stdout } = await run('ssh', [...sshArgs(host), 'sh -s'], { stdin: `${script}\n` })
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [all[Number(line)]?.name ?? line]))
}
