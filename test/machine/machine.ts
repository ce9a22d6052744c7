import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ran, type Run, runWith, temporaryDirectory } from './shell.ts'

/** A machine with systemd, dpkg and nginx of its own: this one's root under an overlay, booted by systemd-nspawn(1) without a network. */
export interface Machine {
  readonly run: Run
  /** Its first process, seen from here: by it, its namespaces are found. */
  readonly pid: number
  [Symbol.asyncDispose](): Promise<void>
}

/** Each machine has systemd-nspawn's own state to itself: one that was killed leaves some behind, and the next of that name would not start. */
const boot = (at: string): string => `set -e
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=755 nspawn /run/systemd/nspawn
mount -t tmpfs -o mode=755 machine ${at}
mkdir ${at}/upper ${at}/work ${at}/root
mount -t overlay overlay -o lowerdir=/,upperdir=${at}/upper,workdir=${at}/work ${at}/root
rm -f ${at}/root/etc/machine-id; : > ${at}/root/etc/machine-id
mkdir -p ${at}/root/var/lib/reeve
exec systemd-nspawn -q -D ${at}/root --private-network --register=no --keep-unit --console=pipe -b systemd.unit=basic.target systemd.firstboot=off </dev/null`

export async function bootMachine(): Promise<Machine> {
  const directory = temporaryDirectory()
  const nspawn = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', boot(directory.path)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const leader = await untilRunning(nspawn, () => said)
  const run: Run = (text) =>
    runWith(
      ['nsenter', '-t', String(leader), '-m', '-u', '-i', '-n', '-p', '-C', 'dash', '-s'],
      `cd /\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n${text}`,
    )
  await run('ip link set lo up')
  const dispose = async (): Promise<void> => {
    const gone = new Promise((resolve) => nspawn.once('close', resolve))
    // Its init first: systemd-nspawn does not take it along when it is killed itself. The kernel ends all else in its PID namespace.
    process.kill(leader, 'SIGKILL')
    nspawn.kill('SIGKILL')
    await gone
    directory[Symbol.dispose]()
  }
  return { run, pid: leader, [Symbol.asyncDispose]: dispose }
}

/** Joins two machines by a cable: `10.77.0.1` and `10.77.0.2`. */
export async function connect(one: Machine, other: Machine): Promise<void> {
  const [near, far] = [`rvm${one.pid}`, `rvm${other.pid}`]
  const ends = `ip link add ${near} netns ${one.pid} type veth peer name ${far} netns ${other.pid}`
  await must(await runWith(['sh', '-s'], ends))
  await must(await one.run(`ip address add 10.77.0.1/24 dev ${near}; ip link set ${near} up`))
  await must(await other.run(`ip address add 10.77.0.2/24 dev ${far}; ip link set ${far} up`))
}

const tree = ['bin', 'controller', 'crds', 'packaging', 'package.json', 'package-lock.json', '.npmrc', 'LICENSE']

/** Copies what a clone of this repository would run from into a machine, which sees no other file system of this one; `more`: paths beside it. */
export async function bringTree({ pid }: Machine, folder: string, more: readonly string[] = []): Promise<void> {
  const root = join(import.meta.dirname, '../..')
  const there = `/proc/${pid}/root${folder}`
  await must(await runWith(['sh', '-s'], `set -e; mkdir -p ${there}; cd ${root}; cp -a ${[...tree, ...more].join(' ')} ${there}/`))
}

async function must({ code, stderr }: Ran): Promise<void> {
  if (code !== 0) throw new Error(stderr)
}

async function untilRunning(nspawn: ChildProcess, said: () => string): Promise<number> {
  for (let tries = 0; tries < 300; tries++) {
    if (nspawn.exitCode !== null)
      throw new Error(`the machine did not boot; without a word, fs.inotify.max_user_instances is used up: ${said()}`)
    const leader = childOf(nspawn.pid ?? 0)
    if (leader !== undefined) {
      const state = await runWith(['nsenter', '-t', String(leader), '-m', '-p', '-C', 'systemctl', 'is-system-running'], '')
      if (/running|degraded/.test(state.stdout)) return leader
    }
    await sleep(100)
  }
  const leader = childOf(nspawn.pid ?? 0)
  if (leader !== undefined) process.kill(leader, 'SIGKILL')
  nspawn.kill('SIGKILL')
  throw new Error(`the machine did not boot in 30 seconds: ${said().slice(-2000)}`)
}

function childOf(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return child ? Number(child) : undefined
  } catch {
    return undefined
  }
}
