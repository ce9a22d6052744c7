import { type ShellHost, startShellHost } from '../engine/shell-host.ts'

/** A host whose containers are real ones of LXC, on this machine's kernel. It has no device-mapper: roots lie in folders. */
export interface LxcHost extends ShellHost {
  /** Name for a container; the kernel's names of cgroups are the same for all hosts of this machine. */
  readonly name: string
  /** SHA-256 of `archivePath`. */
  readonly sha256: string
  /** Runs shell text; its stdout, or throws. */
  must(script: string): Promise<string>
}

/** A root file system in an archive on the host: a shell that answers LXC's signal to stop, and a program with the set-user-id bit. */
export const archivePath = '/mnt/root.tar'

export const init = `#!/bin/sh
trap 'exit 0' PWR
trap : HUP
while :; do sleep 1 & wait $!; done
`

export const makeArchive = `mkdir -p /mnt/r && cd /mnt/r && mkdir -p bin sbin etc/network proc sys dev root run tmp lib lib64 usr
cp -L /bin/sh /bin/sleep /bin/cat /bin/hostname /bin/stat /bin/ls bin/ 2>/dev/null || :
for file in bin/*; do for lib in $(ldd $file | grep -o '/lib[^ ]*'); do mkdir -p .$(dirname $lib); cp -Ln $lib .$lib || :; done; done
cp -L /bin/cat bin/su && chmod 4755 bin/su
echo root:x:0:0:root:/root:/bin/sh >etc/passwd
cat >sbin/init <<'END'
${init}END
chmod 0755 sbin/init
tar -cf ${archivePath} . && cd / && rm -r /mnt/r`

/** debootstrap flushes every disk of the machine, which here is not only ours. */
const ownSync = `cp /usr/bin/sync /usr/local/lib/real-sync && printf '#!/bin/sh\\n[ $# = 0 ] || exec /usr/local/lib/real-sync "$@"\\n' >/mnt/sync && chmod 0755 /mnt/sync && mount --bind /mnt/sync /usr/bin/sync`

/** The kernel's trees of cgroups, over the view of this network namespace; LXC makes its own below that of the first process. */
const makeHost = `umount /sys
mkdir -p /mnt/cgroup && mount --rbind /sys/fs/cgroup /mnt/cgroup && mount -t sysfs none /sys && mount --rbind /mnt/cgroup /sys/fs/cgroup && umount -l /mnt/cgroup
for tree in /sys/fs/cgroup/*/cgroup.procs; do echo 1 >$tree; done
mkdir -p /var/lib/lxc && mount -t tmpfs -o mode=755 none /var/lib/lxc
ip link add br-lxc type bridge && ip addr add 192.168.100.1/24 dev br-lxc && ip link set br-lxc up`

/** Ends a container of the test's own for good: the kernel's names of cgroups are the same for all hosts of this machine. */
export function endContainer(name: string): string {
  return `lxc-stop -n ${name} -k </dev/null >/dev/null 2>&1; find /sys/fs/cgroup -depth -type d -name 'lxc.*.${name}*' -exec rmdir {} + 2>/dev/null; :`
}

let started = 0

/** `name` of the container: one of its own, unless it is given. */
export async function startLxcHost(name = `t${process.pid}-${++started}`): Promise<LxcHost> {
  const shell = await startShellHost({
    ownNetwork: true,
    ownProcesses: true,
    overlays: ['/etc', '/usr/local', '/usr/share/lxc', '/usr/share/debootstrap'],
  })
  const must = async (script: string): Promise<string> => {
    const { code, stdout } = await shell.run(script)
    if (code !== 0) throw new Error(`ended with ${code}: ${script}\n${stdout}`)
    return stdout
  }
  await must(`set -e\n${makeHost}\n${ownSync}\n${makeArchive}`)
  const sha256 = (await must(`sha256sum <${archivePath}`)).slice(0, 64)
  const close = shell.close.bind(shell)
  return Object.assign(shell, {
    name,
    sha256,
    must,
    async close() {
      await shell.run(endContainer(name))
      await close()
    },
  })
}
