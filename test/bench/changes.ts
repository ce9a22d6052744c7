import type { DayChange } from './peers/day.ts'
import { domainName, vhostName, zoneName } from './peers/day.ts'

/** One sort of change that people commit: one line of the day's work (peers/day.ts). `turn` makes each of them another one. */
export interface Sort {
  readonly name: string
  change(turn: number): DayChange
  /** Shell: the checker and the reload of the daemon that it concerns, and nothing else: no change can take less on this host. */
  readonly byHand: string
  /** Shell: ends with 0 where the host does as the change says. Asks the daemon, where there is one. */
  isThere(turn: number): string
}

const web = (turn: number): string => `198.18.${turn >> 8}.${turn & 255}`
const port = (turn: number): number => 30_000 + turn

export const sorts: readonly Sort[] = [
  {
    name: 'a line of a file',
    change: (turn) => ({ line: `turn ${turn}` }),
    byHand: 'cp -p /etc/bench/0.conf /var/tmp/bench.new; sync /var/tmp/bench.new; mv /var/tmp/bench.new /var/tmp/bench.old; sync /var/tmp',
    isThere: (turn) => `grep -qx 'turn ${turn}' /etc/bench/0.conf`,
  },
  {
    name: 'a rule of the firewall',
    change: (turn) => ({ port: port(turn) }),
    // Loaded where it does no harm, which takes as long.
    byHand: 'nft list table inet reeve >/run/bench.nft; nft -c -f /run/bench.nft; unshare -n nft -f /run/bench.nft',
    isThere: (turn) => `nft list table inet reeve | grep -q 'dport ${port(turn)} '`,
  },
  {
    name: 'a vhost',
    change: (turn) => ({ answer: `turn ${turn}` }),
    byHand: 'nginx -q -t; systemctl reload nginx',
    isThere: (turn) => `[ "$(curl -s -H 'Host: ${vhostName(0)}' http://127.0.0.1/)" = 'turn ${turn}' ]`,
  },
  {
    name: 'a mail map',
    change: (turn) => ({ user: `user${turn}` }),
    byHand: 'postfix check; postfix reload 2>/dev/null',
    isThere: (turn) => `postmap -q 'user${turn}@${domainName(0)}' texthash:/etc/postfix/reeve/relay_recipients >/dev/null`,
  },
  {
    name: 'a zone',
    change: (turn) => ({ web: web(turn) }),
    byHand: `named-checkzone -q ${zoneName(0)} /var/lib/bind/reeve/db.${zoneName(0)}; rndc reload ${zoneName(0)} >/dev/null`,
    isThere: (turn) => `[ "$(dig +short @127.0.0.1 www.${zoneName(0)})" = ${web(turn)} ]`,
  },
]
