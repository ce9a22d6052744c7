import { createHash } from 'node:crypto'
import { createDisk, type Disk, file, made, makeFolders, type Node } from './disk.ts'
import { type Machine, newProcess, type Process, signal } from './shell/process.ts'
import type { Stream } from './shell/streams.ts'
import { fileTools } from './tools/files.ts'
import { processTools, startShell } from './tools/processes.ts'
import { newUnit, systemTools } from './tools/system.ts'
import { textTools } from './tools/text.ts'

/** A hypervisor in memory: its disk, its units and its processes, on which the controller's scripts run as they are. */
export interface SimulatedHost {
  readonly name: string
  readonly disk: Disk
  readonly machine: Machine
  /** Runs `sh -c COMMAND`, or what a person types. Answers its exit status. */
  exec(command: string, streams: Streams): Promise<number>
  /** Runs a command to its end. */
  run(command: string): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>
  /** As the power would go and come again: all processes are gone, and all below /run. */
  powerCycle(): void
  /** From now on nothing more can be written. */
  fillDisk(isFull: boolean): void
}

export interface Streams {
  readonly stdin: Stream
  readonly stdout: Stream
  readonly stderr: Stream
  /** Called with the process once it is there. */
  started?(process: Process): void
}

export interface HostOptions {
  readonly name: string
  /** Told of each file that was written, replaced or removed. */
  wrote?(path: string): void
  complain?(message: string): void
}

const tools = new Map([...textTools, ...fileTools, ...processTools, ...systemTools])

const sysctls: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '0',
  'net/ipv4/conf/all/rp_filter': '2',
  'net/ipv4/conf/all/accept_redirects': '0',
  'net/ipv4/conf/all/send_redirects': '1',
  'net/ipv4/conf/default/rp_filter': '2',
  'vm/swappiness': '60',
}

const packages = ['cron', 'dbus', 'iproute2', 'procps', 'rsyslog', 'sudo', 'openssh-server', 'nftables']
const units = ['cron.service', 'rsyslog.service', 'ssh.service', 'dbus.service']

export function createHost(options: HostOptions): SimulatedHost {
  let bootedMs = performance.now() - 3_600_000
  let boots = 0
  let isFull = false
  let goOn = (): void => {}
  const nowSeconds = (): number => Date.now() / 1000
  const uptimeSeconds = (): number => (performance.now() - bootedMs) / 1000
  const processes = new Map<number, Process>()
  const special = (path: string): Node | undefined => processNode(path, processes)
  const disk = createDisk({ nowSeconds, special })
  let lastPid = 1000
  const machine: Machine = {
    disk,
    tools,
    processes,
    nextPid: () => ++lastPid,
    nowSeconds,
    uptimeSeconds,
    hasRoom: () => !isFull,
    wrote: options.wrote ?? (() => {}),
    timers: new Map(),
    units: new Map(),
    packages: new Map(packages.map((name) => [name, '1.0-1'])),
    thaw: undefined,
    pace: undefined,
    freeze(isFrozen) {
      if (isFrozen && machine.thaw === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>()
        machine.thaw = promise
        goOn = resolve
      } else if (!isFrozen) {
        machine.thaw = undefined
        goOn()
      }
    },
    complain: options.complain ?? (() => {}),
  }
  for (const unit of units) machine.units.set(unit, newUnit(machine, true, true))
  install(disk, options.name, {
    uptime: () => `${uptimeSeconds().toFixed(2)} ${uptimeSeconds().toFixed(2)}\n`,
    bootId: () => `${uuid(`${options.name} boot ${boots}`)}\n`,
    loadavg: () => `0.00 0.00 0.00 1/100 ${lastPid}\n`,
  })

  async function exec(command: string, { stdin, stdout, stderr, started }: Streams): Promise<number> {
    const variables = new Map([
      ['PATH', '/usr/sbin:/usr/bin:/sbin:/bin'],
      ['SSH_CONNECTION', '127.0.0.1 1 127.0.0.1 22'],
    ])
    const fds = new Map([stdin, stdout, stderr].map((stream, fd) => [fd, stream]))
    const child = newProcess({ machine, variables, fds })
    started?.(child)
    return startShell(child, ['-c', command])
  }

  return {
    name: options.name,
    disk,
    machine,
    exec,
    async run(command) {
      const [out, err] = [collector(), collector()]
      const code = await exec(command, { stdin: collector(), stdout: out, stderr: err })
      return { code, stdout: out.text(), stderr: err.text() }
    },
    powerCycle() {
      for (const process of processes.values()) signal(process, 'KILL')
      for (const timer of machine.timers.values()) clearTimeout(timer)
      machine.timers.clear()
      processes.clear()
      boots++
      bootedMs = performance.now()
      const run = disk.at('/run')
      if (run?.type === 'directory') run.entries.clear()
      makeFolders(disk, '/run/systemd/system')
      for (const unit of machine.units.values()) unit.isActive = unit.isEnabled
    },
    fillDisk(full) {
      isFull = full
    },
  }
}

function collector(): Stream & { text(): string } {
  let text = ''
  return {
    refs: 1,
    write(more) {
      text += more
      return true
    },
    readAll: () => '',
    readLine: () => undefined,
    text: () => text,
  }
}

interface Kernel {
  uptime(): string
  bootId(): string
  loadavg(): string
}

function install(disk: Disk, name: string, { uptime, bootId, loadavg }: Kernel): void {
  const folders = ['/etc/sysctl.d', '/etc/systemd/system', '/var/lib', '/var/backups', '/run/systemd/system', '/tmp', '/usr/sbin', '/root']
  for (const path of [...folders, '/proc/sys/kernel/random']) makeFolders(disk, path)
  const nowSeconds = Date.now() / 1000
  disk.put('/etc/machine-id', file(`${uuid(`${name} machine`).replaceAll('-', '')}\n`, nowSeconds))
  disk.put('/etc/hostname', file(`${name}\n`, nowSeconds))
  disk.put('/proc/uptime', made(uptime))
  disk.put('/proc/loadavg', made(loadavg))
  disk.put('/proc/meminfo', file('MemTotal:       16000000 kB\nMemFree:         8000000 kB\nMemAvailable:   12000000 kB\n', nowSeconds))
  disk.put('/proc/version', file('Linux version 6.1.0-28-amd64 (debian-kernel@lists.debian.org)\n', nowSeconds))
  disk.put('/proc/sys/kernel/random/boot_id', made(bootId))
  for (const [key, value] of Object.entries(sysctls)) {
    makeFolders(disk, `/proc/sys/${key.slice(0, key.lastIndexOf('/'))}`)
    disk.put(`/proc/sys/${key}`, file(`${value}\n`, nowSeconds))
  }
}

/** proc(5): a folder for each process, and its state. */
function processNode(path: string, processes: ReadonlyMap<number, Process>): Node | undefined {
  const [, pid, what] = /^\/proc\/(\d+)(?:\/(\w+))?$/.exec(path) ?? []
  const process = pid === undefined ? undefined : processes.get(Number(pid))
  if (process === undefined) return undefined
  if (what === undefined)
    return { type: 'directory', entries: new Map(), mode: 0o555, owner: 'root:root', changedSeconds: 0, lock: noLock() }
  return what === 'stat' ? made(() => `${process.pid} (sh) S 1 ${process.group} ${process.group} 0 -1\n`) : undefined
}

function noLock() {
  return { exclusive: undefined, shared: new Set<object>(), wake: [] }
}

/** The same for the same words: a simulation can be repeated. */
function uuid(words: string): string {
  const hex = createHash('sha256').update(words).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
