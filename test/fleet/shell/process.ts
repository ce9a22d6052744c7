import type { Disk } from '../disk.ts'
import { release, type Stream } from './streams.ts'
import type { Command } from './syntax.ts'

/** What processes run on. */
export interface Machine {
  readonly disk: Disk
  readonly tools: ReadonlyMap<string, Tool>
  readonly processes: Map<number, Process>
  nextPid(): number
  /** Seconds since the epoch, by the machine's own clock. */
  nowSeconds(): number
  uptimeSeconds(): number
  hasRoom(bytes: number): boolean
  /** Told of each file that was written, replaced or removed. */
  wrote(path: string): void
  /** What was started for later, by the name of its timer. */
  readonly timers: Map<string, NodeJS.Timeout>
  readonly units: Map<string, Unit>
  /** Package → version. */
  readonly packages: Map<string, string>
  /** All processes stand still, or go on (SIGSTOP, SIGCONT). */
  freeze(isFrozen: boolean): void
  /** While they stand still: when they go on. */
  thaw: Promise<void> | undefined
  /** Asked before each command: what a process has to wait for first, so that others come between. */
  pace: ((process: Process) => Promise<void> | undefined) | undefined
  /** Told where the simulation itself fails. */
  complain(message: string): void
}

/** A service as systemctl(1) shows it. */
export interface Unit {
  isActive: boolean
  isEnabled: boolean
  /** Of its last start, and of its last change, seconds since the epoch. */
  startedSeconds: number
  changedSeconds: number
  /** Microseconds since boot. */
  changedMonotonic: number
  invocation: string
}

/** One run of a program. */
export interface Call {
  /** Without the program's name. */
  readonly words: readonly string[]
  readonly process: Process
  readonly machine: Machine
  /** All of stdin. */
  input(): string
  out(text: string): void
  err(text: string): void
}

export type Tool = (call: Call) => number | Promise<number>

/** Ends a shell with this status. */
export class Exit extends Error {
  readonly status: number
  constructor(status: number) {
    super(`exit ${status}`)
    this.status = status
  }
}

/** Leaves a function or loops. */
export class Leave extends Error {
  readonly how: 'return' | 'break' | 'continue'
  readonly value: number
  constructor(how: 'return' | 'break' | 'continue', value: number) {
    super(how)
    this.how = how
    this.value = value
  }
}

/** Ended by a signal that it has no trap for. */
export class Killed extends Error {}

/** One shell, or a copy of it. */
export interface Process {
  readonly pid: number
  /** `$$` */
  readonly shellPid: number
  readonly group: number
  readonly machine: Machine
  /** What it was started with, as ps(1) shows it after the shell's name. */
  words: readonly string[]
  readonly variables: Map<string, string>
  readonly exported: Set<string>
  functions: ReadonlyMap<string, Command>
  readonly fds: Map<number, Stream>
  positional: readonly string[]
  options: ReadonlySet<string>
  status: number
  /** Status of the last `$(…)`: that of a command that is nothing but assignments. */
  substituted: number
  lastBackground: number
  readonly jobs: Map<number, Promise<number>>
  readonly traps: Map<string, string>
  /** How many conditions we are in: there a failure ends nothing. */
  conditions: number
  umask: number
  directory: string
  signal: 'TERM' | 'KILL' | undefined
  wake: (() => void) | undefined
}

interface Born {
  readonly machine: Machine
  readonly variables?: ReadonlyMap<string, string>
  readonly fds: ReadonlyMap<number, Stream>
  readonly group?: number
}

/** A process with nothing but these. The descriptors are taken over. */
export function newProcess({ machine, variables, fds, group }: Born): Process {
  const pid = machine.nextPid()
  const process: Process = {
    pid,
    shellPid: pid,
    group: group ?? pid,
    machine,
    words: [],
    variables: new Map(variables),
    exported: new Set(variables?.keys()),
    functions: new Map(),
    fds: new Map(fds),
    positional: [],
    options: new Set(),
    status: 0,
    substituted: 0,
    lastBackground: 0,
    jobs: new Map(),
    traps: new Map(),
    conditions: 0,
    umask: 0o022,
    directory: '/',
    signal: undefined,
    wake: undefined,
  }
  machine.processes.set(pid, process)
  return process
}

/** A copy, as a subshell is one. */
export function fork(parent: Process, changes: { readonly stdout?: Stream; readonly stdin?: Stream } = {}): Process {
  const pid = parent.machine.nextPid()
  const child: Process = {
    ...parent,
    pid,
    variables: new Map(parent.variables),
    exported: new Set(parent.exported),
    fds: new Map(parent.fds),
    jobs: new Map(),
    traps: new Map(),
    signal: undefined,
    wake: undefined,
  }
  if (changes.stdin) child.fds.set(0, changes.stdin)
  if (changes.stdout) child.fds.set(1, changes.stdout)
  for (const stream of child.fds.values()) stream.refs++
  child.machine.processes.set(pid, child)
  return child
}

/** Closes all that it had open. */
export function end(process: Process): void {
  process.machine.processes.delete(process.pid)
  for (const stream of process.fds.values()) release(stream)
  process.fds.clear()
}

/** kill(2). */
export function signal(process: Process, name: 'TERM' | 'KILL'): void {
  process.signal = process.signal === 'KILL' ? 'KILL' : name
  process.wake?.()
}

/** Waits for something, unless a signal comes first: then it is false. */
export async function pause(process: Process, something: Promise<unknown>): Promise<boolean> {
  if (process.signal !== undefined) return false
  const { promise, resolve } = Promise.withResolvers<void>()
  process.wake = resolve
  await Promise.race([something, promise])
  process.wake = undefined
  return process.signal === undefined
}

/** Waits so long. */
export async function sleep(process: Process, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const isOver = await pause(process, promise)
  clearTimeout(timer)
  return isOver
}

/** Sets them for one command; `stay`: for good. */
export async function withVariables(
  process: Process,
  values: readonly [string, string][],
  stay: boolean,
  work: () => Promise<number>,
): Promise<number> {
  const before = stay ? [] : values.map(([name]) => [name, process.variables.get(name)] as const)
  for (const [name, value] of values) process.variables.set(name, value)
  try {
    return await work()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) process.variables.delete(name)
      else process.variables.set(name, value)
    }
  }
}

/** Takes what a shell jumps by as its exit status. */
export async function jumpless(process: Process, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Exit) return error.status
    if (error instanceof Killed) return process.signal === 'KILL' ? 137 : 143
    if (error instanceof Leave) return error.value
    throw error
  }
}

/** A program by its name or path. */
export function toolOf(machine: Machine, name: string): Tool | undefined {
  return machine.tools.get(/^\/(usr\/)?s?bin\//.test(name) ? name.slice(name.lastIndexOf('/') + 1) : name)
}
