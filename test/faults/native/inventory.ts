import { parseLedger } from '../../../controller/engine/ledger.ts'
import type { LabHost } from '../../lab/machine.ts'

/** By name, what a look at the host gave. */
export type Look = Readonly<Record<string, string>>

/** Things of a person on the same host, most of them in the folders and files that Reeve writes too: made before Reeve came, and never to be touched by it. */
export const makeCanaries = `set -e
useradd -m carl; echo precious >/home/carl/thesis; echo 'kept mail' >/var/mail/carl
mkdir -p /srv/data; head -c 300000 /dev/urandom >/srv/data/marker
echo 'server { listen 8099; location / { return 200 "of carl"; } }' >/etc/nginx/conf.d/carl.conf
printf 'zone "carl.example" { type master; file "/etc/bind/db.carl"; };\\n' >>/etc/bind/named.conf.local
printf '$TTL 60\\n@ SOA ns.carl.example. root.carl.example. 1 60 60 60 60\\n@ NS ns.carl.example.\\nns A 192.0.2.77\\n' >/etc/bind/db.carl
echo '10.1.1.1 carl' >>/etc/hosts
echo '5 5 * * * carl true' >/etc/cron.d/carl; echo '6 6 * * * true' | crontab -u carl -
echo 'local7.* /var/log/carl.log' >/etc/rsyslog.d/99-carl.conf
postconf -e inet_protocols=ipv4 mydestination=localhost header_size_limit=51200 transport_maps=texthash:/etc/postfix/carl
echo 'carl.example smtp:[192.0.2.77]' >/etc/postfix/carl
echo 'net.ipv4.conf.all.secure_redirects = 1' >/etc/sysctl.d/carl.conf
mkdir -p /etc/nftables.d; printf 'table inet carl {\\n chain input {\\n type filter hook input priority 10; policy accept;\\n tcp dport 9999 counter drop\\n }\\n}\\n' >/etc/nftables.d/carl.nft
nft -f /etc/nftables.d/carl.nft
systemctl start postfix
printf 'Subject: held\\n\\nprecious\\n' | sendmail -f carl@localhost nobody@carl.example
until postqueue -p | grep -q nobody@carl; do sleep 0.1; done
postsuper -h ALL 2>/dev/null
systemctl restart nginx rsyslog`

/** What a boot forgets of them is no loss of anybody's. */
export const afterBoot = 'nft list table inet carl >/dev/null 2>&1 || nft -f /etc/nftables.d/carl.nft; systemctl start postfix'

export interface LookOptions {
  /** The one of its place. */
  readonly domain: string
  /** How many of one tree may stand beside each other. */
  readonly generations: number
}

const ofTwoVariants: LookOptions = { domain: 'example.com', generations: 2 }

const partsOf = ({ domain, generations }: LookOptions): Readonly<Record<string, string>> => ({
  'carl: home': 'sha256sum /home/carl/thesis /var/mail/carl /srv/data/marker',
  'carl: files':
    'sha256sum /etc/nginx/conf.d/carl.conf /etc/bind/db.carl /etc/cron.d/carl /etc/rsyslog.d/99-carl.conf /etc/postfix/carl /etc/sysctl.d/carl.conf /etc/nftables.d/carl.nft /var/spool/cron/crontabs/carl',
  'carl: lines':
    'grep -h carl /etc/hosts /etc/bind/named.conf.local /etc/passwd; postconf -h header_size_limit transport_maps; grep -c . /root/.ssh/authorized_keys',
  'carl: rules': 'nft -s list table inet carl',
  'carl: mail': 'find /var/spool/postfix/hold -type f | wc -l',
  'carl: services': 'curl -s -m 5 http://127.0.0.1:8099/; echo; dig +short +time=2 +tries=2 @127.0.0.1 ns.carl.example',
  ledger: 'cat /var/lib/reeve/ledger',
  journals: 'ls -A /var/lib/reeve/journal',
  temporary:
    "find /etc /var/lib/reeve /root /home -name '*.reeve-new*' -o -name '*.new' -o -name '*.mended' | sort; ls -A /run/reeve/mnt 2>/dev/null; systemctl list-units --plain --no-legend 'reeve-*' | cut -d' ' -f1 | grep -E '^reeve-[0-9a-f]{8}'",
  // Trees are read through their link: what is live counts, and of generations there are so many at most. Zones carry serials that count the changes, and backups of the shadow suite are of the change before.
  files: `cd /etc && find -L . -name '.reeve-*' -prune -o -type f ! -name '*-' ! -name mtab ! -path './reeve/*' ! -name '*.jnl' ! -path './bind/reeve/*' -exec sha256sum {} + 2>/dev/null | sed '/db[.]/d' | sort -k2
find . -type d -name '.reeve-*' | sed 's|/[.]reeve-.*||' | sort | uniq -c | awk '$1 > ${generations}'`,
  rules: "nft -s list ruleset | sed 's/# handle.*//; /table inet carl/,/^}/d'",
  served: `for n in app extra; do curl -s -m 5 -H "Host: $n.${domain}" http://127.0.0.1/; echo; done
for n in www.${domain} extra.${domain} www.extra.${domain.split('.')[0]}; do dig +short +time=2 +tries=2 @127.0.0.1 $n; echo; done
postconf -n; postmap -q extra@${domain} texthash:/etc/postfix/reeve/virtual || true
sysctl net.ipv4.ip_forward net.ipv4.conf.all.log_martians; ip -o -4 address show br-lxc | sed 's/^[0-9]*: //'; getent passwd ada
systemctl is-active nginx named postfix rsyslog cron ssh; systemctl --failed --plain --no-legend`,
})

const cut = '-- reeve-test --'

/** One look at all that a fault could lose, double or leave behind. */
export async function look(host: LabHost, options: LookOptions = ofTwoVariants): Promise<Look> {
  const parts = partsOf(options)
  const script = Object.values(parts)
    .map((part) => `( ${part} ) 2>&1 || true; echo '${cut}'`)
    .join('\n')
  const texts = (await host.must(script)).split(`${cut}\n`)
  const found = Object.fromEntries(Object.keys(parts).map((name, index) => [name, texts[index] ?? '']))
  return { ...found, ledger: ledgerOf(found['ledger'] ?? '') }
}

/** Keys with their state; what a ledger that cannot be read says of itself is a difference too. */
function ledgerOf(text: string): string {
  const reading = parseLedger(text)
  if (reading.status !== 'read') return JSON.stringify(reading)
  return [...reading.ledger.entries]
    .map(([key, entry]) => `${key} ${entry.state}\n`)
    .sort()
    .join('')
}

/** What a fault did, by the columns of the report. */
export interface Damage {
  /** Things of a person that are not what they were, in words. */
  readonly dataLost: readonly string[]
  /** Things that are gone although nobody asked for it, in words. */
  readonly wrongDeletes: readonly string[]
  /** All else that is not as after an apply that nothing disturbed. */
  readonly different: readonly string[]
}

/** Holds a look against the one that was taken where nothing was disturbed. */
export function damageOf(found: Look, wanted: Look): Damage {
  const names = Object.keys(wanted).filter((name) => found[name] !== wanted[name])
  const moves = names.map((name) => ({ name, ...linesBetween(found[name] ?? '', wanted[name] ?? '') }))
  const told = ({ name, gone, extra }: (typeof moves)[number]): string =>
    `${name}: ${[...gone.map((line) => `-${line}`), ...extra.map((line) => `+${line}`)].slice(0, 12).join(' | ')}`
  const ofPeople = moves.filter(({ name }) => name.startsWith('carl'))
  const ofReeve = moves.filter(({ name }) => !name.startsWith('carl'))
  const isGone = ({ gone, extra }: (typeof moves)[number]): boolean =>
    gone.length > extra.length || extra.some((line) => /No such file/.test(line))
  const deleted = [...ofPeople.filter(isGone), ...ofReeve.filter((move) => move.name === 'files' && isGone(move))]
  return {
    dataLost: ofPeople.map(told),
    wrongDeletes: deleted.map(told),
    different: ofReeve.map(told),
  }
}

function linesBetween(found: string, wanted: string): { readonly gone: readonly string[]; readonly extra: readonly string[] } {
  const [here, there] = [found.split('\n'), wanted.split('\n')]
  return { gone: there.filter((line) => !here.includes(line)), extra: here.filter((line) => !there.includes(line)) }
}

/** What of a look no state of Git's has a say in. */
export function ofPeople(look: Look): Look {
  return Object.fromEntries(Object.entries(look).filter(([name]) => name.startsWith('carl')))
}
