import { textOf } from '../disk.ts'
import { Incomplete } from '../shell/cursor.ts'
import { parseScript } from '../shell/parse.ts'
import { type Call, newProcess, type Process, pause, sleep, type Tool } from '../shell/process.ts'
import { absolute, openToRead } from '../shell/redirect.ts'
import { run, runToEnd } from '../shell/run.ts'
import { nullStream, release, type Stream, tryLock, unlock } from '../shell/streams.ts'
import type { Command } from '../shell/syntax.ts'

/** A program of its own with what it inherits: the exported variables and the descriptors. */
export function spawn(parent: Process, changes: { readonly isDetached?: boolean } = {}): Process {
  const exported = new Map([...parent.exported].flatMap((name) => [[name, parent.variables.get(name) ?? ''] as const]))
  const fds = changes.isDetached
    ? new Map<number, Stream>([0, 1, 2].map((fd) => [fd, nullStream()]))
    : new Map([...parent.fds].map(([fd, stream]) => [fd, shared(stream)]))
  const child = newProcess({
    machine: parent.machine,
    variables: exported,
    fds,
    ...(changes.isDetached ? {} : { group: parent.group }),
  })
  child.directory = parent.directory
  return child
}

function shared(stream: Stream): Stream {
  stream.refs++
  return stream
}

/** `sh -c TEXT`, `sh FILE WORDS…`, `sh -s WORDS…`, or commands from stdin as they come. */
async function sh(call: Call): Promise<number> {
  const child = spawn(call.process)
  return waitFor(call.process, child, startShell(child, call.words))
}

/** A signal for the one that waits is one for whom it waits. */
async function waitFor(parent: Process, child: Process, job: Promise<number>): Promise<number> {
  const isOver = await pause(parent, job)
  if (!isOver && parent.signal !== undefined) {
    child.signal = parent.signal
    child.wake?.()
  }
  return job
}

export async function startShell(child: Process, words: readonly string[]): Promise<number> {
  const [first, ...rest] = words
  child.words = words
  if (first === '-c') {
    child.positional = rest.slice(2)
    return runText(child, rest[0] ?? '')
  }
  if (first !== undefined && !first.startsWith('-')) {
    const node = child.machine.disk.at(absolute(child, first))
    child.positional = rest
    if (node?.type !== 'file') return runToEnd(child, () => Promise.resolve(127))
    return runText(child, textOf(node))
  }
  child.positional = first === '-s' ? rest : []
  const stdin = child.fds.get(0)
  return stdin?.readMore === undefined ? runText(child, stdin?.readAll?.() ?? '') : runInteractive(child, stdin.readMore)
}

async function runText(child: Process, text: string): Promise<number> {
  let command: Command
  try {
    command = parseScript(text)
  } catch (error) {
    child.fds.get(2)?.write?.(`sh: ${error instanceof Error ? error.message : error}\n`)
    return runToEnd(child, () => Promise.resolve(2))
  }
  return runToEnd(child, command)
}

/** Each command runs as soon as it is whole; one that stays unfinished never does. */
async function runInteractive(child: Process, readMore: () => Promise<string | undefined>): Promise<number> {
  let pending = ''
  const loop = async (): Promise<number> => {
    for (;;) {
      const more = await readMore()
      if (more === undefined) return child.status
      pending += more
      if (!pending.endsWith('\n')) continue
      const command = wholeOf(pending)
      if (command === undefined) continue
      pending = ''
      await run(child, command)
    }
  }
  return runToEnd(child, loop)
}

function wholeOf(text: string): Command | undefined {
  try {
    return parseScript(text)
  } catch (error) {
    if (error instanceof Incomplete) return undefined
    throw error
  }
}

async function pauseFor(call: Call): Promise<number> {
  return (await sleep(call.process, Number(call.words[0]) * 1000)) ? 0 : 143
}

/** `flock [-n|-w S] [-s] FD|FILE [COMMAND…]` and `flock -u FD`. */
async function flock(call: Call): Promise<number> {
  const words = [...call.words]
  let [isShared, isUnlock, waitMs] = [false, false, Number.POSITIVE_INFINITY]
  while (words[0]?.startsWith('-')) {
    const option = words.shift()
    if (option === '-s') isShared = true
    else if (option === '-u') isUnlock = true
    else if (option === '-n') waitMs = 0
    else if (option === '-w') waitMs = Number(words.shift()) * 1000
  }
  const [target = '', ...command] = words
  const isDescriptor = /^\d+$/.test(target) && command.length === 0
  const stream = isDescriptor ? call.process.fds.get(Number(target)) : openedToLock(call, target)
  if (stream === undefined) return 65
  if (isUnlock) {
    unlock(stream)
    return 0
  }
  const isHeld = await lockWithin(call.process, stream, isShared, waitMs)
  const status = isHeld ? await runOther(call, command) : 1
  if (!isDescriptor) release(stream)
  return status
}

/** flock(1) makes the file where it is missing. */
function openedToLock({ process, machine }: Call, target: string): Stream | undefined {
  const path = absolute(process, target)
  if (machine.disk.at(path) === undefined && !machine.disk.write(path, '')) return undefined
  return openToRead(machine, path)
}

async function lockWithin(process: Process, stream: Stream, isShared: boolean, waitMs: number): Promise<boolean> {
  const endMs = performance.now() + waitMs
  while (!tryLock(stream, isShared)) {
    const leftMs = endMs - performance.now()
    if (leftMs <= 0 || process.signal !== undefined) return false
    const { promise, resolve } = Promise.withResolvers<void>()
    stream.node?.lock.wake.push(resolve)
    const timer = leftMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, leftMs)
    await pause(process, promise)
    clearTimeout(timer)
  }
  return true
}

/** A program that is named as words. */
async function runOther(call: Call, [name, ...words]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'true') return 0
  const tool = call.machine.tools.get(name.slice(name.lastIndexOf('/') + 1))
  if (tool === undefined) {
    call.err(`${name}: not found\n`)
    return 127
  }
  return tool({ ...call, words })
}

function timeout(call: Call): Promise<number> {
  const from = call.words.findIndex((word, index) => !word.startsWith('-') && call.words[index - 1] !== '-k')
  return runOther(call, call.words.slice(from + 1))
}

function sudo(call: Call): Promise<number> {
  const from = call.words.findIndex((word) => !word.startsWith('-'))
  return runOther(call, call.words.slice(from))
}

/** In a session of its own: the end of ours does not end it. */
async function setsid(call: Call): Promise<number> {
  const [name = '', ...words] = call.words
  if (!name.endsWith('sh')) return runOther(call, call.words)
  const child = spawn(call.process)
  return startShell(Object.assign(child, { group: child.pid }), words)
}

/** Starts a shell script in a unit of its own, now or later. Tools are not started that way by the controller. */
function systemdRun(call: Call): number {
  const options = call.words.filter((word) => word.startsWith('--'))
  const [, ...words] = call.words.filter((word) => !word.startsWith('--'))
  const unit = optionOf(options, 'unit')
  const afterSeconds = Number(optionOf(options, 'on-active') || 0)
  const start = (): void => {
    const child = spawn(call.process, { isDetached: true })
    void startShell(child, words).catch((error: unknown) => call.machine.complain(String(error)))
  }
  if (afterSeconds === 0) start()
  else call.machine.timers.set(`${unit}.timer`, setTimeout(start, afterSeconds * 1000))
  return 0
}

function optionOf(options: readonly string[], name: string): string {
  return options.find((option) => option.startsWith(`--${name}=`))?.slice(name.length + 3) ?? ''
}

export const processTools: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ['sh', sh],
  ['sleep', pauseFor],
  ['flock', flock],
  ['timeout', timeout],
  ['sudo', sudo],
  ['setsid', setsid],
  ['systemd-run', systemdRun],
])
