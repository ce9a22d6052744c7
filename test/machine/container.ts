import { spawn } from 'node:child_process'
import { canEnter, shellInside } from '../../controller/engine/apply/inside.ts'
import type { Target } from '../../controller/model/target.ts'
import { joinScripts, sh, shellFunction } from '../../controller/shell/sh.ts'
import { type Run, runWith, temporaryDirectory } from './shell.ts'

/** A real LXC container with systemd, dpkg and this machine's programs, on a hypervisor that is a network and mount namespace of this machine with the bridge lxcbr1. */
export interface Hypervisor {
  readonly run: Run
  /** Runs a script in a container as the engine does: asks whether it can be entered, then through lxc-attach(1). */
  inside(target: Target): Run
  [Symbol.asyncDispose](): Promise<void>
}

/** This machine's root under an overlay is the container's, and a folder in memory LXC's own. */
const start = (at: string, name: string, address: string): string => `set -e
mount -t tmpfs -o mode=755 machine ${at}
mkdir ${at}/upper ${at}/work ${at}/root ${at}/lxc ${at}/lxc/${name}
mount -t overlay overlay -o lowerdir=/,upperdir=${at}/upper,workdir=${at}/work ${at}/root
: > ${at}/root/etc/machine-id
mkdir -p ${at}/root/var/lib/reeve /var/lib/lxc
mount --bind ${at}/lxc /var/lib/lxc
mkdir -p /run/lxc
mount -t tmpfs -o mode=755 reeve /run/lxc
mkdir ${at}/cgroup
mount --rbind /sys/fs/cgroup ${at}/cgroup
mount -t sysfs sysfs /sys
mount --rbind ${at}/cgroup /sys/fs/cgroup
ip link set lo up
ip link add lxcbr1 type bridge
ip address add 192.168.9.1/24 dev lxcbr1; ip address add 192.168.9.3/24 dev lxcbr1; ip link set lxcbr1 up
cat >/var/lib/lxc/${name}/config <<C
lxc.rootfs.path = dir:${at}/root
lxc.uts.name = ${name}
lxc.net.0.type = veth
lxc.net.0.link = lxcbr1
lxc.net.0.flags = up
lxc.net.0.ipv4.address = ${address}/24 192.168.9.255
lxc.mount.auto = proc:rw sys:rw cgroup:rw
lxc.apparmor.profile = unconfined
lxc.autodev = 1
lxc.tty.max = 0
lxc.pty.max = 64
lxc.init.cmd = /lib/systemd/systemd systemd.unit=basic.target
C
lxc-start -n ${name} -l WARN -o ${at}/log </dev/null || { cat ${at}/log >&2; exit 1; }
echo ready
exec sleep 900`

/** Starts one with this name and address. */
export async function startContainer(name: string, address: string): Promise<Hypervisor> {
  const directory = temporaryDirectory()
  const child = spawn('unshare', ['-n', '-m', '--propagation', 'private', 'sh', '-c', start(directory.path, name, address)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', () => reject(new Error(`the container did not start: ${said}`)))
  })
  const run: Run = (text) =>
    runWith(['nsenter', '-t', String(child.pid), '-n', '-m', 'dash', '-s'], `cd /\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n${text}`)
  const inside =
    (target: Target): Run =>
    (text) =>
      run(entered(target, text))
  await run(
    `for i in $(seq 100); do lxc-attach -n ${name} --clear-env -- systemctl is-system-running </dev/null | grep -qE 'running|degraded' && break; sleep 0.1; done`,
  )
  return {
    run,
    inside,
    [Symbol.asyncDispose]: async () => {
      await run(`timeout 20 lxc-stop -k -n ${name} </dev/null`)
      const gone = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGKILL')
      await gone
      directory[Symbol.dispose]()
    },
  }
}

const marker = 'REEVE_TEST_INSIDE'

function entered(target: Target, text: string): string {
  const can = joinScripts([shellFunction('can_enter', canEnter(target)), sh`can_enter || exit $?`])
  return `${can.text}\n${shellInside(target, 60).text} <<'${marker}'\n${text}\n${marker}\n`
}
