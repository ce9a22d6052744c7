import type { Scene } from './line.ts'

const certificate =
  'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=a.example -keyout /root/k.pem -out /root/c.pem'

export const hostScenes: readonly Scene[] = [
  {
    name: 'the console of a hypervisor',
    on: 'he1',
    lines: [
      { text: 'cat /var/lib/reeve/ledger', says: /^\{"reeve":\d/ },
      { text: 'head -n 1 /var/lib/reeve/ledger', says: /"fleet":"home"/ },
      { text: 'cat /etc/machine-id', says: /^[0-9a-f]{32}$/m },
      { text: 'ls /var/lib/reeve/journal/' },
      { text: 'systemctl status ssh', says: /active \(running\)/ },
      { text: 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub', says: /^256 SHA256:/ },
      { text: 'sshd -T', says: /^port 22$/m },
      { text: "grep -rn '' /etc/ssh/sshd_config.d/", ends: [0, 1] },
      { text: 'last -n 20' },
      { text: 'journalctl -n 50' },
      { text: 'journalctl -b -1 | tail' },
      { text: "journalctl -k | grep -A1 'oom-kill'", ends: [0, 1] },
      { text: 'dmesg', ends: [0, 1] },
      { text: 'systemctl list-jobs', says: /No jobs/ },
      { text: 'pgrep -a reeve-watch', ends: [0, 1] },
      { text: 'command -v perl', says: /perl$/m },
      { text: 'systemctl reset-failed' },
      { text: 'timedatectl', says: /System clock synchronized: (yes|no)/ },
      { text: 'systemctl status systemd-timesyncd', ends: [0, 3, 4] },
      { text: 'ss -s', says: /^TCP:/m },
      { text: 'lsblk -o NAME,SIZE,MODEL,SERIAL', ends: [0, 1, 32] },
      { text: 'du -xh --max-depth=2 PATH | sort -h | tail', as: { PATH: '/var/lib' }, says: /\/var\/lib$/m },
      { text: 'du -x --max-depth=2 DIRECTORY | sort -n | tail', as: { DIRECTORY: '/var/log' }, says: /\/var\/log$/m },
      { text: 'df -i PATH', as: { PATH: '/var' }, says: /IFree/ },
      { text: 'df -h PATH', as: { PATH: '/var' }, says: /Avail/ },
      { text: 'apt list --upgradable', says: /Listing/ },
      { text: 'cat /run/reboot-required.pkgs', prefix: 'echo linux-image-amd64 >/run/reboot-required.pkgs; ', says: /linux-image/ },
      { text: 'nft -a list chain FAMILY TABLE CHAIN', as: { FAMILY: 'inet', TABLE: 'reeve', CHAIN: 'input' }, says: /# handle \d+/ },
      { text: "mkdir -p /etc/reeve && echo 'reason: I am repairing this' >/etc/reeve/hold" },
      { text: "echo 'reason: I am repairing this' >/etc/reeve/hold" },
    ],
    after: 'rm /etc/reeve/hold /run/reboot-required.pkgs',
  },
  {
    name: 'a firewall that is taken away by hand, and comes back',
    on: 'he1',
    lines: [{ text: 'nft delete table inet reeve; systemctl disable reeve-firewall; rm /var/lib/reeve/nft/current.nft' }],
  },
  {
    name: 'a firewall that was taken away, and is put back',
    on: 'controller',
    before:
      'reeve reconcile he1; for i in $(seq 60); do sleep 1; reeve status he1 >/dev/null && reeve history --sort drift --limit 1 | grep -q inet.reeve && break; done',
    lines: [],
    after: 'reeve history --sort drift --limit 1 | grep -q inet.reeve',
  },
  {
    name: 'a firewall that is back',
    on: 'he1',
    lines: [],
    after: 'nft list table inet reeve >/dev/null && test -e /var/lib/reeve/nft/current.nft',
  },
  {
    name: 'certificates',
    on: 'he1',
    before: `${certificate} 2>/dev/null`,
    lines: [
      {
        text: 'openssl x509 -noout -enddate -subject -in FILE',
        as: { FILE: '/root/c.pem' },
        says: /^notAfter=.*\nsubject=CN = a\.example/,
      },
      { text: 'openssl x509 -noout -enddate -in CERTIFICATE', as: { CERTIFICATE: '/root/c.pem' }, says: /^notAfter=/ },
      { text: 'openssl x509 -noout -pubkey -in CERTIFICATE', as: { CERTIFICATE: '/root/c.pem' }, says: /BEGIN PUBLIC KEY/ },
      { text: 'openssl pkey -pubout -in KEY', as: { KEY: '/root/k.pem' }, says: /BEGIN PUBLIC KEY/ },
      { text: 'chmod 0600 KEY', as: { KEY: '/root/k.pem' } },
    ],
    after: 'rm /root/k.pem /root/c.pem',
  },
  {
    name: 'a log server',
    on: 'he1',
    before: `printf 'module(load="imtcp")\\ninput(type="imtcp" address="127.0.0.1" port="514")\\n' >/etc/rsyslog.d/tcp.conf; systemctl restart rsyslog
for i in $(seq 50); do ss -ltn | grep -q :514 && break; sleep 0.2; done`,
    lines: [
      { text: 'systemctl status rsyslog', says: /active \(running\)/ },
      { text: 'journalctl -u rsyslog -n 50', says: /rsyslog/ },
      { text: "bash -c ': </dev/tcp/SINK/514'", as: { SINK: '127.0.0.1' } },
      { text: 'logrotate /etc/logrotate.conf' },
    ],
    after: 'rm /etc/rsyslog.d/tcp.conf; systemctl restart rsyslog',
  },
  {
    name: 'a mail gateway',
    on: 'he1',
    before: `systemctl start postfix; printf 'a@example.org OK\\n' >/etc/postfix/known; postmap /etc/postfix/known`,
    lines: [
      { text: 'postqueue -p', says: /Mail queue is empty/ },
      { text: 'postqueue -f' },
      { text: 'qshape deferred', says: /TOTAL/ },
      { text: 'journalctl -u postfix@- -n 50', says: /daemon started/ },
      { text: 'journalctl -u postfix@-', says: /daemon started/ },
      { text: 'postfix check' },
      { text: 'postconf mynetworks mynetworks_style; postconf -P', says: /^mynetworks = / },
      { text: 'postconf -P' },
      { text: 'postconf mynetworks', says: /^mynetworks = / },
      { text: 'postmap -s hash:MAP', as: { MAP: '/etc/postfix/known' }, says: /^a@example\.org\tOK$/m },
      { text: 'systemctl reload postfix' },
    ],
    after: 'systemctl stop postfix; rm /etc/postfix/known*',
  },
  {
    name: 'a name server',
    on: 'he1',
    before: `install -d -o root -g bind -m 2775 /var/lib/bind/reeve
cat >/var/lib/bind/reeve/example.org <<'ZONE'
$TTL 3600
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.10
ZONE
chown bind: /var/lib/bind/reeve/example.org
cat >/etc/bind/named.conf.local <<'CONF'
zone "example.org" { type primary; file "/var/lib/bind/reeve/example.org"; dnssec-policy default; inline-signing yes; key-directory "/var/lib/bind/reeve"; };
CONF
systemctl start named
for i in $(seq 50); do rndc status >/dev/null 2>&1 && ls /var/lib/bind/reeve/K* >/dev/null 2>&1 && break; sleep 0.2; done`,
    lines: [
      { text: 'dig +short @ADDRESS ZONE SOA', as: { ADDRESS: '127.0.0.1', ZONE: 'example.org' }, says: /^ns\.example\.org\. hostmaster/ },
      { text: 'rndc zonestatus ZONE', as: { ZONE: 'example.org' }, says: /type: primary/ },
      { text: 'rndc dnssec -status ZONE', as: { ZONE: 'example.org' }, says: /dnssec-policy: default/ },
      { text: 'rndc sign ZONE', as: { ZONE: 'example.org' } },
      { text: 'ls -l /var/lib/bind/reeve/', says: /Kexample\.org/ },
      { text: 'ls /var/lib/bind/reeve/K*', says: /Kexample\.org/ },
      { text: 'rndc sync -clean ZONE', as: { ZONE: 'example.org' } },
      { text: 'named-checkconf -z', says: /zone example\.org\/IN: loaded serial 1/ },
      { text: 'journalctl -u named | grep -i transfer', ends: [0, 1] },
      { text: 'journalctl -u named | grep -i -e dnssec -e sign', says: /dnssec|sign/i },
      {
        text: 'rndc dnssec -rollover -key TAG ZONE',
        as: { ZONE: 'example.org', TAG: '"$(ls /var/lib/bind/reeve/K*.key | grep -o "[0-9]*\\.key" | cut -d . -f 1 | head -n 1)"' },
        says: /will be rolled|rollover/i,
      },
      {
        text: 'rndc dnssec -checkds -key TAG published ZONE',
        as: { ZONE: 'example.org', TAG: '"$(ls /var/lib/bind/reeve/K*.key | grep -o "[0-9]*\\.key" | cut -d . -f 1 | head -n 1)"' },
        says: /published/i,
      },
    ],
    after: 'systemctl stop named; rm -r /var/lib/bind/reeve; echo >/etc/bind/named.conf.local',
  },
]
