import { dnsRecords } from '../../controller/primitives/dnsRecords/spec.ts'
import { dnsZone, zoneMark } from '../../controller/primitives/dnsZone/spec.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { mailQueue } from '../../controller/primitives/mailQueue/spec.ts'
import { debianPackage } from '../../controller/primitives/package/spec.ts'
import { service } from '../../controller/primitives/service/spec.ts'
import { setting } from '../../controller/primitives/setting/spec.ts'
import { type Sample, treeOf } from './sample.ts'

const site = file({
  path: '/etc/nginx/conf.d/conform.conf',
  content: 'server { listen 8081; return 204; }\n',
  mode: '0644',
  owner: 'root:root',
})

/** A package of our own making: a host of the tests has no way to any archive. */
const makePackage = `set -e
mkdir -p /repo/build/DEBIAN
printf 'Package: conform\\nVersion: 1\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.com>\\nDescription: sample\\n' >/repo/build/DEBIAN/control
dpkg-deb -b /repo/build /repo/conform.deb >/dev/null
cd /repo
{ cat build/DEBIAN/control; printf 'Filename: ./conform.deb\\nSize: %s\\nSHA256: %s\\n' "$(stat -c %s conform.deb)" "$(sha256sum <conform.deb | cut -c1-64)"; } >Packages
rm -f /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
rm -rf /var/lib/apt/lists/*`

const answersFor = dnsZone({
  zone: 'conform.example.',
  role: {
    type: 'primary',
    before: `${zoneMark('conform', 'Kind/one')}$TTL 60\nconform.example. 60 IN SOA ns.conform.example. root.conform.example. (\n`,
    after: '60 60 600 60 )\nconform.example. 60 IN NS ns.conform.example.\nns.conform.example. 60 IN A 192.0.2.1\n',
    policy: 'dateserial',
    signing: 'none',
    safety: { maxDeletePercent: 30, maxUpdatePercent: 30, minExisting: 10 },
  },
})

/** named with a zone whose file is not there yet: its statement is another thing's to write. */
const startNamed = `grep -q conform.example /etc/bind/named.conf.local ||
  echo 'zone "conform.example" { type primary; file "/var/lib/bind/reeve/db.conform.example"; };' >>/etc/bind/named.conf.local
systemctl start named; rndc reconfig; sleep 0.2`

/** A message that waits for a server that was down, and that server, which is back: smtp-sink(1), of Postfix' own package. */
const waits = `[ ! -s /run/sink ] || { kill "$(cat /run/sink)" || :; while kill -0 "$(cat /run/sink)" 2>/dev/null; do sleep 0.1; done; }
sendmail -f a@outside.example bob@example.com </dev/null
until postqueue -j | grep -q 'connect to 127.0.0.1'; do sleep 0.2; done
(setsid smtp-sink -u nobody 127.0.0.1:2526 9 >/dev/null 2>&1 & echo $! >/run/sink)
until bash -c 'exec 3<>/dev/tcp/127.0.0.1/2526' 2>/dev/null; do sleep 0.1; done`
const startPostfix = `mkdir /etc/postfix/reeve; echo 'example.com relay' >/etc/postfix/reeve/relay_domains
postconf -e relay_domains=example.com 'transport_maps=inline:{example.com=relay:[127.0.0.1]:2526}' inet_protocols=ipv4
systemctl restart postfix@-`
const ours = dnsRecords({
  zone: 'updated.example.',
  soa: { ttl: 60, names: ['ns.updated.example.', 'root.updated.example.'], times: [60, 60, 600, 60] },
  sets: [
    { name: 'www.updated.example.', type: 'A', ttl: 60, values: ['192.0.2.1', '192.0.2.2'] },
    { name: 't.updated.example.', type: 'TXT', ttl: 90, values: ['"$(id) `id` \\\\ \\" ;"', '"é%s"'] },
  ],
  safety: { maxDeletePercent: 30, maxUpdatePercent: 30, minExisting: 10 },
})

const update = (lines: string): string =>
  `printf 'server 127.0.0.1\\nzone updated.example\\n${lines}\\nsend\\n' | nsupdate -k /run/named/session.key`

/** named with a zone that anybody with its own key may update, and a record of somebody's in it. */
const startUpdated = `systemctl start named
grep -q updated.example /etc/bind/named.conf.local || {
  install -d -m 2775 -o root -g bind /var/lib/bind/reeve
  printf '%s\\n' '$TTL 60' 'updated.example. SOA ns root 1 60 60 600 60' 'updated.example. NS ns' 'ns A 192.0.2.9' >/var/lib/bind/reeve/db.updated.example
  echo 'zone "updated.example" { type primary; file "/var/lib/bind/reeve/db.updated.example"; update-policy { grant local-ddns zonesub ANY; }; allow-transfer { 127.0.0.1; }; };' >>/etc/bind/named.conf.local
  rndc reconfig
}
for try in 1 2 3 4 5 6 7 8 9; do dig +short @127.0.0.1 updated.example SOA | grep -q . && break; sleep 0.2; done
${update('update add theirs.updated.example 60 A 192.0.2.66')}`

/** Samples that need systemd and dpkg. */
export const nativeSamples: readonly Sample[] = [
  {
    type: 'package',
    name: 'a package',
    before: makePackage,
    wanted: [debianPackage('conform')],
    spoil: 'dpkg -r conform >/dev/null',
    footprint: "dpkg-query -W -f '${Package} ${Version} ${Status}\\n' conform 2>/dev/null || :",
    undoes: 'nothing',
  },
  {
    type: 'setting',
    name: 'settings of Postfix',
    before:
      "postconf -X relayhost virtual_alias_domains; postconf -e 'mynetworks=127.0.0.0/8,   10.0.0.0/8' 'transport_maps=hash:/theirs,  inline:{ {a = b, c} }'",
    wanted: [
      setting({ key: 'relayhost', value: '[gate.example]:25' }),
      setting({ key: 'mynetworks', value: '127.0.0.0/8, 10.1.0.0/16' }),
      setting({ key: 'smtpd_banner', value: '$myhostname "it\'s" `id` #; \\' }),
      setting({ key: 'transport_maps', value: 'texthash:/ours', keeps: { unset: '' } }),
      setting({ key: 'virtual_alias_domains', value: 'texthash:/ours', keeps: { unset: '$virtual_alias_maps' } }),
    ],
    spoil:
      "postconf -X relayhost virtual_alias_domains; postconf -e 'transport_maps=hash:/theirs, texthash:/ours'; postconf -e mynetworks=theirs; printf 'smtpd_banner =\\n  # theirs\\n  x\\n' >>/etc/postfix/main.cf",
    footprint: treeOf('/etc/postfix'),
  },
  {
    type: 'mailQueue',
    name: 'mail for a server that is back',
    before: `${startPostfix}\n${waits}`,
    wanted: [mailQueue('/etc/postfix/reeve/relay_domains', [])],
    spoil: waits,
    footprint: treeOf('/etc/postfix'),
    undoes: 'nothing',
    isSlow: true,
  },
  {
    type: 'dnsZone',
    name: 'a zone on its primary',
    before: startNamed,
    wanted: [answersFor],
    spoil: "sed -i 's/192.0.2.1/192.0.2.66/' /var/lib/bind/reeve/db.conform.example; chmod 600 /var/lib/bind/reeve/db.conform.example",
    // Not the serial: what was served already comes back under a later one, for a secondary would take no earlier.
    footprint:
      'find /var/lib/bind -printf \'%p %y %m %U:%G\\n\' | sort; for f in /var/lib/bind/reeve/db.*; do [ ! -f "$f" ] || sed 4d "$f"; done',
  },
  {
    type: 'dnsRecords',
    name: 'records of ours in a zone that others update',
    before: startUpdated,
    wanted: [ours],
    spoil: update('update delete www.updated.example A\\nupdate add t.updated.example 60 TXT "theirs"'),
    footprint:
      'cat /var/lib/bind/reeve/db.updated.example.ours 2>/dev/null; dig +noall +answer @127.0.0.1 updated.example AXFR | grep -v SOA | sort',
  },
  {
    type: 'service',
    name: 'a service with what it loads',
    wanted: [
      site,
      service({
        unit: 'nginx.service',
        state: 'running',
        isEnabled: true,
        loads: [site],
        check: { argv: ['nginx', '-t'], failOn: [] },
        reload: 'reload',
      }),
    ],
    spoil: 'systemctl stop nginx; systemctl disable -q nginx 2>/dev/null',
    footprint: `${treeOf('/etc/nginx', '/etc/systemd/system')}; systemctl is-active nginx; systemctl is-enabled nginx; :`,
  },
]
