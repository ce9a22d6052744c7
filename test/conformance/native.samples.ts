import { file } from '../../controller/primitives/file/spec.ts'
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
