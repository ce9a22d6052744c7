#!/bin/sh
# mmdebstrap essential hook, before the kernel is installed: an initrd of a few modules instead of all. Emulated, unpacking the full one costs seconds of every boot.
set -eu
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/etc/initramfs-tools/hooks"
echo 'MODULES=list' > "$1/etc/initramfs-tools/conf.d/lab"
cat > "$1/etc/initramfs-tools/hooks/lab" <<'HOOK'
#!/bin/sh
[ "${1:-}" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules virtio_pci virtio_blk ext4 ahci sd_mod
HOOK
chmod 755 "$1/etc/initramfs-tools/hooks/lab"
