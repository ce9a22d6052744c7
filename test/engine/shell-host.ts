import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Host } from '../../controller/engine/host.ts'
import type { NetworkProbe } from '../../controller/model/primitive.ts'
import type { Script } from '../../controller/shell/sh.ts'
import { startMemoryHost } from './memory-host.ts'

/** A real POSIX shell as a host: in mount namespaces of its own, with empty /var/lib/reeve, /run/reeve and /etc/reeve, so that it can be thrown away. */
export interface ShellHost extends Host {
  /** Runs a command in the same namespace, beside the controller's shell. */
  run(script: string): Promise<{ readonly code: number; readonly stdout: string }>
  /** Kills the controller's shell, as a dead connection would. */
  cut(): void
  /** kill -9, at the same moment, of the /bin/sh whose words begin so; of those who sleep for a step too. Comes back when they have let go of all that they held. */
  killShells(words: string, more?: { readonly withSleeps?: boolean }): Promise<void>
  untilNoShell(words: string): Promise<void>
  /** What `ask` and `freshExchange` answer. */
  answer: boolean
  /** Directory that survives with the namespace, for the things under test. */
  readonly directory: string
  close(): Promise<void>
}

/** Prints the processes with such a command line. Only of this host: other tests of this machine have the same ones, and the script that looks is one itself. */
function pidsOf(pattern: string): string {
  return `for p in /proc/[0-9]*; do [ "$(readlink $p/ns/mnt)" = "$(readlink /proc/$$/ns/mnt)" ] || continue; case $(tr "\\0" " " <$p/cmdline) in ${pattern}) echo "\${p##*/}" ;; esac; done 2>/dev/null`
}

/** /mnt last: the overlays are made below it. */
const mounts =
  'mkdir -p /var/lib/reeve /run/reeve /etc/reeve && mount -t tmpfs none /var/lib/reeve && mount -t tmpfs none /run/reeve && mount -t tmpfs none /etc/reeve && mount -t tmpfs none /mnt'

export interface ShellHostOptions {
  /** A network namespace of its own too, with loopback. */
  readonly ownNetwork?: boolean
  /** Processes of its own: all that was started there, also in the background, ends with it. */
  readonly ownProcesses?: boolean
  /** A host name of its own. */
  readonly ownNames?: boolean
  /** Directories whose changes are thrown away with the namespace. */
  readonly overlays?: readonly string[]
}

/** By the shell's own number: two hosts that start at once must not take each other's folder away. */
const overlay = (path: string, index: number): string => {
  const at = `/mnt/$$.${index}`
  return `mkdir ${at} && mount -t tmpfs none ${at} && mkdir ${at}/up ${at}/work && mount -t overlay -o lowerdir=${path},upperdir=${at}/up,workdir=${at}/work overlay ${path} && umount -l ${at} && rmdir ${at}`
}

export async function startShellHost({
  ownNetwork = false,
  ownProcesses = false,
  ownNames = false,
  overlays = [],
}: ShellHostOptions = {}): Promise<ShellHost> {
  if (process.env['REEVE_TEST_SHELL'] === 'memory') return startMemoryHost()
  const words = [
    ...overlays.map((path, index) => overlay(path, index)),
    mounts,
    ...(ownNetwork ? ['mount -t sysfs none /sys', 'ip link set lo up'] : []),
    'echo ready',
    'exec sleep 3600',
  ]
  const network = [...(ownNetwork ? ['-n'] : []), ...(ownNames ? ['-u'] : [])]
  const processes = ownProcesses ? ['-p', '--fork', '--kill-child', '--mount-proc'] : []
  const keeper = spawn('unshare', ['-m', ...network, ...processes, '--propagation', 'private', 'sh', '-c', words.join(' && ')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    keeper.stdout?.once('data', () => resolve())
    keeper.once('exit', (code) => reject(new Error(`the namespace could not be made (are you root?): unshare ended with ${code}`)))
  })
  const inside = ownProcesses ? readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, 'utf8').trim() : String(keeper.pid)
  const enter = ['-m', ...network, ...(ownProcesses ? ['-p'] : []), '-t', inside, '--']
  let shell: ChildProcess | undefined
  let session = 0

  function open(): ChildProcess {
    if (shell !== undefined && shell.exitCode === null && shell.signalCode === null) return shell
    session++
    shell = spawn('nsenter', [...enter, 'sh'], { stdio: ['pipe', 'pipe', 'ignore'], detached: true })
    shell.stdout?.setEncoding('utf8')
    // Of a shell that died its exit tells; what was still written to it is nobody's.
    shell.stdin?.on('error', () => {})
    return shell
  }

  function exchange(message: Script): Promise<string> {
    const child = open()
    const marker = randomBytes(12).toString('hex')
    return new Promise((resolve, reject) => {
      let text = ''
      const onData = (data: string): void => {
        text += data
        const end = text.indexOf(`\n${marker}\n`)
        if (end === -1) return
        child.stdout?.off('data', onData)
        child.off('exit', onExit)
        resolve(text.slice(0, end))
      }
      const onExit = (): void => reject(Object.assign(new Error('the shell died'), { kind: 'closed' }))
      child.stdout?.on('data', onData)
      child.once('exit', onExit)
      child.stdin?.write(`{ ${message.text}\n} </dev/null\nprintf '\\n%s\\n' ${marker}\n`)
    })
  }

  const host: ShellHost = {
    directory: '/mnt',
    answer: true,
    exchange,
    tell: (message) => void open().stdin?.write(`{ ${message.text}\n} </dev/null >/dev/null 2>&1\n`),
    async freshExchange(message) {
      if (!host.answer) throw new Error('no new connection')
      return (await host.run(message.text)).stdout
    },
    ask: (_probe: NetworkProbe) => Promise.resolve({ ok: host.answer, message: '' }),
    sessionId: () => (shell?.exitCode === null && shell.signalCode === null ? session : 0),
    run(script) {
      return new Promise((resolve) => {
        const child = spawn('nsenter', [...enter, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
        let stdout = ''
        child.stdout.setEncoding('utf8').on('data', (data: string) => {
          stdout += data
        })
        child.once('close', (code) => resolve({ code: code ?? 1, stdout }))
      })
    },
    cut() {
      if (shell?.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
    },
    async killShells(words, { withSleeps = false } = {}) {
      const pids = pidsOf(`"/bin/sh ${words}"*${withSleeps ? '|"sleep 30 "*' : ''}`)
      const waits = `for p in $pids; do while grep -vq ') Z ' /proc/$p/stat 2>/dev/null; do sleep 0.02; done; done`
      await host.run(`pids=$(${pids}); kill -STOP $pids; kill -KILL $pids\n${waits}`)
    },
    async untilNoShell(words) {
      await host.run(`while [ -n "$(${pidsOf(`"/bin/sh ${words}"*`)})" ]; do sleep 0.1; done`)
    },
    async close() {
      shell?.kill('SIGKILL')
      keeper.kill('SIGKILL')
    },
  }
  return host
}
