#!/bin/sh
# mmdebstrap customize hook: what makes the Debian root a hypervisor of the lab.
set -eu
root=$1
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

echo '/dev/vda / ext4 errors=remount-ro 0 1' > "$root/etc/fstab"
echo 'nameserver 10.0.2.3' > "$root/etc/resolv.conf"
cat > "$root/etc/network/interfaces" <<'NET'
# eth0: the emulator's user network (10.0.2.2 is the gateway). eth1 is in interfaces.d: the network between the lab's machines.
source /etc/network/interfaces.d/*
auto lo
iface lo inet loopback
auto eth0
iface eth0 inet static
  address 10.0.2.15/24
  gateway 10.0.2.2
NET

# lxc-net would make the bridge lxcbr0 and its NAT table: a bare hypervisor has neither.
ln -sf /dev/null "$root/etc/systemd/system/lxc-net.service"
echo 'USE_LXC_BRIDGE="false"' > "$root/etc/default/lxc-net"
# The distribution's default asks for lxcbr0 and a generated AppArmor profile; the lab's kernel runs without AppArmor.
printf 'lxc.net.0.type = empty\nlxc.apparmor.profile = unconfined\n' > "$root/etc/lxc/default.conf"

# smartd refuses virtual machines and gives up where it comes before the disk; the lab's AHCI disk answers SMART, a little late.
mkdir -p "$root/etc/systemd/system/smartmontools.service.d"
printf '[Unit]\nConditionVirtualization=\n[Service]\nExecStartPre=-/usr/bin/udevadm wait --timeout=20 /dev/sda\n' > "$root/etc/systemd/system/smartmontools.service.d/lab.conf"

install -m 755 "$here/first-boot" "$root/usr/local/sbin/lab-first-boot"
install -m 644 "$here/lab-first-boot.service" "$root/etc/systemd/system/lab-first-boot.service"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../lab-first-boot.service "$root/etc/systemd/system/multi-user.target.wants/lab-first-boot.service"

# Installed for who asks for a mailer; nobody did yet.
systemctl --root="$root" --quiet disable postfix.service
