#!/bin/sh
# The floor of a cycle without changes: what a good administrator's one script would run to read the same things, by hand and without Reeve.
# FROZEN: numbers are compared over time against exactly this text. Fed to `sh -s` over a warm ssh connection; it only reads.
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

services() {
  systemctl show --timestamp=unix -p Id,LoadState,ActiveState,SubState,UnitFileState,InvocationID,StateChangeTimestamp,NeedDaemonReload -- "$@"
  systemctl list-units --state=failed --plain --no-legend --no-pager
}

nginx() {
  readlink /etc/nginx/reeve
  ls -l /etc/nginx/sites-enabled
  sha256sum /etc/nginx/conf.d/00-reeve.conf /etc/nginx/reeve/*
  stat -c '%a %U:%G %s %Z %n' /etc/nginx/conf.d/00-reeve.conf /etc/nginx/reeve/*
}

echo "$(cat /etc/machine-id /proc/sys/kernel/random/boot_id) $(date +%s)"
cat /proc/uptime /proc/loadavg /proc/meminfo
stat -f -c '%S %b %a' /
sha256sum /var/lib/reeve/ledger
nft list table inet reeve
nft list chains
sha256sum /var/lib/reeve/nft/current.nft /etc/systemd/system/reeve-firewall.service

if command -v lvm >/dev/null; then
  # The example fleet of the demo.
  sha256sum /etc/profile.d/reeve.sh
  stat -c '%a %U:%G %s %Z %n' /etc/profile.d/reeve.sh
  grep -Hs '' /proc/sys/net/ipv4/ip_forward /etc/sysctl.d/*
  ip -j address show type bridge
  ip route show default
  lvm fullreport --reportformat json --units b --nosuffix
  findmnt --json
  blkid -p /dev/vg_data/*
  cat /etc/fstab /etc/systemd/system/reeve-bridge-*
  cat /var/lib/lxc/*/config
  for container in plpa web; do
    grep -Hs '' /sys/fs/cgroup/lxc.payload.$container/*.max /sys/fs/cgroup/lxc.payload.$container/cgroup.events /sys/fs/cgroup/lxc.payload.$container/memory.current
  done
  lxc-attach -n plpa --clear-env -- /bin/sh -s <<'INSIDE'
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
readlink /etc/nginx/reeve
ls -l /etc/nginx/sites-enabled
sha256sum /etc/nginx/conf.d/00-reeve.conf /etc/nginx/reeve/*
stat -c '%a %U:%G %s %Z %n' /etc/nginx/conf.d/00-reeve.conf /etc/nginx/reeve/*
systemctl show --timestamp=unix -p Id,LoadState,ActiveState,SubState,UnitFileState,InvocationID,StateChangeTimestamp,NeedDaemonReload -- nginx.service
dpkg-query -W -f '${Package} ${Status} ${Version}\n' nginx-light
cat /var/lib/reeve/stamps/nginx.service
INSIDE
else
  # The fleet of the bench, fleet.ts.
  sha256sum /etc/reeve-bench/*
  stat -c '%a %U:%G %s %Z %n' /etc/reeve-bench/*
  nginx
  grep -Hs '' /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/rp_filter /proc/sys/net/ipv4/conf/all/accept_redirects \
    /proc/sys/net/ipv4/conf/all/send_redirects /proc/sys/net/ipv4/conf/default/rp_filter /etc/sysctl.d/*
  services nginx.service cron.service rsyslog.service ssh.service dbus.service
  cat /var/lib/reeve/stamps/*
  dpkg-query -W -f '${Package} ${Status} ${Version}\n' cron dbus iproute2 procps rsyslog sudo nginx-light
fi
