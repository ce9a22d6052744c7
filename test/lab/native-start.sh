#!/bin/sh
# Runs as the first process of new mount, network and process namespaces: joins a cgroup of its own, mounts the host's root and boots it.
# Whoever ends this process ends all that is inside, and the kernel takes the mount and the network away with it.
# Arguments: name, read-only root, folder for what is written, cgroup folders.
set -eu
name=$1 lower=$2 written=$3
shift 3
for group; do echo 0 > "$group/cgroup.procs"; done
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$written/upper,workdir=$written/work" "$written/root"
ip link set lo up
# The lab gives us a network device from outside; nothing inside may start before it is there.
read -r go
# A console of its own is not needed: sshd answers. The network's sysctls belong to this namespace, so they may be written.
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
exec systemd-nspawn --quiet --boot --directory="$written/root" --machine="$name" --hostname="$name" --capability=all \
  --network-namespace-path=/proc/self/ns/net --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no --console=pipe < /dev/null
