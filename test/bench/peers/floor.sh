#!/bin/sh
# The floor for the day's work (day.ts) where Reeve keeps it: what a good administrator's one script would run to read the same things by hand.
# FROZEN like ../floor.sh: numbers are compared over time against exactly this text. Fed to `sh -s` over a warm ssh connection; it only reads.
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

echo "$(cat /etc/machine-id /proc/sys/kernel/random/boot_id) $(date +%s)"
cat /proc/uptime /proc/loadavg /proc/meminfo
stat -f -c '%S %b %a' /
sha256sum /var/lib/reeve/ledger
nft list table inet reeve
nft list chains
sha256sum /var/lib/reeve/nft/current.nft /etc/systemd/system/reeve-firewall.service
readlink /etc/nginx/reeve /etc/postfix/reeve /etc/bind/reeve
ls -l /etc/nginx/sites-enabled
set -- /etc/bench/* /etc/nginx/conf.d/00-reeve.conf /etc/nginx/reeve/* /etc/postfix/reeve/* /etc/bind/reeve/* /etc/bind/named.conf.options \
  /etc/bind/named.conf.local /var/lib/bind/reeve/db.*
sha256sum "$@"
stat -c '%a %U:%G %s %Z %n' "$@"
cat /var/lib/bind/reeve/db.*
postconf -n
postqueue -j
for number in 0 1 2 3 4 5; do echo "zone$number.example.net SOA"; done | dig +short @127.0.0.1 -f -
rndc status
grep -Hs '' /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/rp_filter /proc/sys/net/ipv4/conf/all/accept_redirects \
  /proc/sys/net/ipv4/conf/all/send_redirects /proc/sys/net/ipv4/conf/default/rp_filter /etc/sysctl.d/*
systemctl show --timestamp=unix -p Id,LoadState,ActiveState,SubState,UnitFileState,InvocationID,StateChangeTimestamp,NeedDaemonReload -- \
  nginx.service postfix@-.service named.service cron.service rsyslog.service ssh.service dbus.service
systemctl list-units --state=failed --plain --no-legend --no-pager
cat /var/lib/reeve/stamps/*
dpkg-query -W -f '${Package} ${Status} ${Version}\n' cron dbus iproute2 procps rsyslog sudo nginx-light postfix bind9
