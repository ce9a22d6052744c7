#!/bin/sh
# mmdebstrap customize hook for every lab host: no key, name or id of its own yet (each machine gets them at its first start), no timers that a jump of the clock would fire.
set -eu
root=$1
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
mkdir -p "$root/root/.ssh" "$root/etc/ssh/sshd_config.d"
chmod 700 "$root/root/.ssh"
printf 'PermitRootLogin prohibit-password\nPasswordAuthentication no\nUseDNS no\nHostKey /etc/ssh/ssh_host_ed25519_key\n' > "$root/etc/ssh/sshd_config.d/lab.conf"
for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim logrotate man-db systemd-tmpfiles-clean; do
  ln -sf /dev/null "$root/etc/systemd/system/$timer.timer"
done
