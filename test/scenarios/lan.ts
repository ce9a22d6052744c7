import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { NativeHost } from '../lab/nspawn.ts'
import { runOrThrow } from '../lab/process.ts'

/** A bridge in a network namespace of its own, with an address of a stranger on it. Who disposes it pulls all cables. */
export interface Lan extends AsyncDisposable {
  /** A process in its network namespace. */
  readonly pid: number
  /** Gives a host a second network device, eth1, with these addresses; again after it booted. */
  plug(host: NativeHost, addresses: readonly string[]): Promise<void>
  /** Pulled, packets vanish without an error. */
  setCable(host: NativeHost, isPlugged: boolean): Promise<void>
}

/** `stranger`: an address with its prefix length. */
export async function startLan(stranger: string): Promise<Lan> {
  const make = `ip link set lo up; ip link add br0 type bridge; ip address add ${stranger} dev br0; ip link set br0 up; echo ready; exec sleep infinity`
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sh', '-ec', make], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = await readyOf(child)
  const ip = (at: number, ...words: readonly string[]) => runOrThrow('nsenter', ['-t', String(at), '-n', 'ip', ...words])
  return {
    pid,
    async plug(host, addresses) {
      const port = portOf(host)
      // That of before goes with the namespace of its other end, but in the kernel's own time.
      await ip(pid, 'link', 'delete', port).catch(() => {})
      await ip(pid, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', String(host.pid))
      await ip(pid, 'link', 'set', port, 'master', 'br0', 'up')
      for (const address of addresses) await ip(host.pid, 'address', 'add', address, 'dev', 'eth1')
      await ip(host.pid, 'link', 'set', 'eth1', 'up')
    },
    setCable: (host, isPlugged) => ip(pid, 'link', 'set', portOf(host), isPlugged ? 'up' : 'down').then(() => undefined),
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'close')
      child.kill('SIGKILL')
      await gone
    },
  }
}

function portOf({ name }: NativeHost): string {
  return `p-${name}`.slice(0, 15)
}

async function readyOf(child: ChildProcess): Promise<number> {
  if (child.pid === undefined || !child.stdout) throw new Error('setpriv cannot be started; is util-linux installed?')
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the network could not be made'))),
  ])
  return child.pid
}
