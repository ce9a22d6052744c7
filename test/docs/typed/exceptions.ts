/** Commands that another test types, and words of it by which it is seen that it does. */
export const elsewhere: Readonly<Record<string, { readonly test: string; readonly by: string }>> = {
  'npm run demo': { test: 'test/lab/demo.lab.test.ts', by: 'demo' },
  'npm run demo -- --script': { test: 'test/lab/demo.lab.test.ts', by: '--script' },
  'npm run demo -- --two': { test: 'test/lab/demo.lab.test.ts', by: 'demo' },
  'npm test': { test: '.ci/run', by: 'npm test' },
  'npm run test:long': { test: 'test/long.ts', by: 'REEVE_TEST_LONG' },
  'npm run bench': { test: 'test/bench/bench.ts', by: 'bench' },
  'npm run generate': { test: 'test/check.ts', by: 'generate' },
  'promtool test rules alerts.test.yml': { test: 'test/dashboards/dashboards.test.ts', by: "'alerts.test.yml'" },
  'reeve init --hypervisor root@192.0.2.10': { test: 'test/cli/init.lab.test.ts', by: "'--hypervisor'" },
  'reeve bootstrap root@ADDRESS --name he1 >he1.new': { test: 'test/cli/rebuilt.lab.test.ts', by: 'bootstrap' },
  '/opt/reeve/bin/reeve run': { test: 'packaging/reeve.service', by: 'ExecStart=/opt/reeve/bin/reeve run' },
  'reeve sendmail': { test: 'test/mail/hub.ts', by: 'docs/mail.md' },
  'systemctl stop reeve': { test: 'docs/upgrade.md', by: '```sh\nsystemctl stop reeve' },
  'nginx -t': { test: 'test/http/hooksGuide.test.ts', by: "spawn('nginx'" },
  "nft add element inet reeve banned.ip_main '{ 203.0.113.9 timeout 1h }'": {
    test: 'test/kinds/firewall/filled.test.ts',
    by: 'add element inet reeve',
  },
}

/** Blocks of pages that the guide's test does not type, and who does. */
export const blocksElsewhere: Readonly<Record<string, { readonly test: string; readonly by: string }>> = {
  'README.md': { test: 'test/guide/guide.lab.test.ts', by: "'README.md'" },
  'dashboards/README.md': { test: 'test/dashboards/dashboards.test.ts', by: 'dashboards/README.md' },
  'docs/protocol.md': { test: 'test/docs/typed/hang.ts', by: 'PLAN/apply recover' },
  'docs/security.md': { test: 'test/docs/security.test.ts', by: 'docs/security.md' },
}

/** What Reeve or a daemon does, or a way to write a command down: nothing that a reader types as it stands. */
export const mentions: readonly string[] = [
  'reeve suspend',
  'reeve resume',
  'reeve silence',
  'reeve approve',
  'reeve release',
  'reeve takeover',
  'lxc-attach … /bin/sh -s',
  'vzctl exec2 CTID /bin/sh -s',
  'vzctl set',
  'vzctl exec2',
  'vzctl destroy',
  'sync FILE…',
  'rm -r',
  'mv armed confirmed',
  'mv armed undone',
  'sudo -n',
  'smartctl -l selftest',
  'smartctl -x',
  'systemctl status',
  'journalctl -u',
  'journalctl --directory',
  'lvs -o lv_health_status',
  'rndc freeze',
  'rndc thaw',
  'postconf -e',
  'postmap -s',
  'postqueue -s',
  'apache2 -t',
  'varnishd -C',
  'smartd -c … -q showtests',
  'rsyslogd -N1',
  'lvm fullreport',
  'lvm vgs',
  'lvm lvs',
  'lvcreate --type thin-pool',
  'wipefs -o',
  'wipefs DEVICE',
  'btrfs filesystem sync',
]

/** Commands that no test types, and why not. docs/troubleshooting.md says so to the reader, with the same list. */
export const nowhere: Readonly<Record<string, string>> = {
  'cat /proc/mdstat': 'needs a kernel with md',
  'vzctl exec CTID cat /proc/user_beancounters': 'needs a kernel of OpenVZ',
  'vzctl exec NUMBER systemctl --failed': 'needs a kernel of OpenVZ',
  'certbot renew --dry-run': 'needs an authority on the internet',
  "certbot renew --deploy-hook 'systemctl reload nginx'": 'needs an authority on the internet',
  'apt-get update && apt-get dist-upgrade': 'needs sources of packages, and changes with them',
  'ls /var/log/unattended-upgrades/': 'is there once unattended-upgrades has run',
  'docker stop -t 310': 'needs Docker: the image is built and run by buildah',
  reboot: 'ends the machine that it is typed on',
}
