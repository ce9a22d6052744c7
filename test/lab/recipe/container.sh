#!/bin/sh
# mmdebstrap customize hook: makes the Debian root a container's, small and quiet.
set -eu
root=$1
: > "$root/etc/machine-id"
echo container > "$root/etc/hostname"
# Only lo: addresses come from LXC's configuration or from what is written here later. DHCP on a bridge without a server would hold each start for a minute.
printf 'source /etc/network/interfaces.d/*\nauto lo\niface lo inet loopback\n' > "$root/etc/network/interfaces"
ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd.service"
for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim logrotate systemd-tmpfiles-clean; do
  ln -sf /dev/null "$root/etc/systemd/system/$timer.timer"
done
# A container has no devices to wait for and no console but LXC's.
for unit in systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -rf "$root"/var/log/*.log "$root"/var/log/apt "$root"/var/cache/debconf/*-old "$root"/usr/share/locale "$root"/usr/share/doc "$root"/usr/share/man
