import { builtins, specialBuiltins } from './builtins.ts'
import { expandPattern, expandText, expandWords } from './expand.ts'
import { parseScript } from './parse.ts'
import { patternOf } from './pattern.ts'
import { Exit, end, fork, jumpless, Killed, Leave, type Process, type Tool, toolOf, withVariables } from './process.ts'
import { execForGood, redirect, tryRedirect } from './redirect.ts'
import { bufferStream, inputStream, nullStream, type Stream } from './streams.ts'
import { type Command, inPlace } from './syntax.ts'

/** Runs a command in this process. Answers its exit status; throws Exit, Leave and Killed as a shell would jump. */
export async function run(process: Process, command: Command): Promise<number> {
  if (process.machine.thaw !== undefined) await process.machine.thaw
  const wait = command.type === 'simple' ? process.machine.pace?.(process) : undefined
  if (wait !== undefined) await wait
  if (process.signal !== undefined) await heed(process)
  switch (command.type) {
    case 'simple':
      return failing(process, await simple(process, command))
    case 'list':
      return list(process, command)
    case 'andOr':
      return andOr(process, command)
    case 'pipeline':
      return pipeline(process, command)
    case 'group':
      return run(process, command.body)
    case 'subshell':
      return failing(process, await inSubshell(process, command.body))
    case 'if':
      return branch(process, command)
    case 'while':
      return loop(process, command)
    case 'for':
      return each(process, command)
    case 'case':
      return choose(process, command)
    case 'function':
      process.functions = new Map(process.functions).set(command.name, command.body)
      return 0
    case 'redirected':
      return redirected(process, command)
  }
}

/** A trap, or the end. */
async function heed(process: Process): Promise<void> {
  const trap = process.signal === 'TERM' ? process.traps.get('TERM') : undefined
  if (trap === undefined) throw new Killed()
  process.signal = undefined
  await run(process, parsed(trap))
}

/** `set -e`. */
function failing(process: Process, status: number): number {
  process.status = status
  if (status !== 0 && process.options.has('e') && process.conditions === 0) throw new Exit(status)
  return status
}

async function list(process: Process, { items }: Extract<Command, { type: 'list' }>): Promise<number> {
  let status = 0
  for (const { command, isBackground } of items) {
    status = isBackground ? background(process, command) : await run(process, command)
    process.status = status
  }
  return status
}

async function andOr(process: Process, { first, rest }: Extract<Command, { type: 'andOr' }>): Promise<number> {
  const last = rest.length - 1
  let status = await condition(process, first)
  for (let index = 0; index <= last; index++) {
    const one = rest[index]
    if (one === undefined || (one.operator === '&&') !== (status === 0)) continue
    status = index === last ? await run(process, one.command) : await condition(process, one.command)
  }
  process.status = status
  return status
}

async function condition(process: Process, command: Command): Promise<number> {
  process.conditions++
  try {
    process.status = await run(process, command)
    return process.status
  } finally {
    process.conditions--
  }
}

async function pipeline(process: Process, { commands, isNegated }: Extract<Command, { type: 'pipeline' }>): Promise<number> {
  if (isNegated) process.conditions++
  try {
    const status = commands.length === 1 && commands[0] ? await run(process, commands[0]) : await piped(process, commands)
    process.status = isNegated ? Number(status === 0) : status
    return process.status
  } finally {
    if (isNegated) process.conditions--
  }
}

/** One after the other: what a command wrote is there when the next one begins. */
async function piped(process: Process, commands: readonly Command[]): Promise<number> {
  let input: Stream | undefined
  let status = 0
  for (let index = 0; index < commands.length; index++) {
    const command = commands[index]
    if (command === undefined) continue
    const out = index === commands.length - 1 ? undefined : bufferStream()
    status = await inSubshell(process, command, { ...(input ? { stdin: input } : {}), ...(out ? { stdout: out } : {}) })
    input = out ? inputStream(out.text()) : undefined
  }
  return failing(process, status)
}

export async function inSubshell(
  parent: Process,
  command: Command,
  streams: { readonly stdin?: Stream; readonly stdout?: Stream } = {},
): Promise<number> {
  return runToEnd(fork(parent, streams), command)
}

/** Runs a process of its own until it ends, with its trap, and closes what it has open. */
export async function runToEnd(process: Process, work: Command | (() => Promise<number>)): Promise<number> {
  let status = await jumpless(process, typeof work === 'function' ? work : () => run(process, work))
  const trap = process.traps.get('EXIT')
  if (trap !== undefined && process.signal !== 'KILL') {
    process.traps.delete('EXIT')
    process.status = status
    process.conditions = 1
    const last = await jumpless(process, () => run(process, parsed(trap)).then(() => status))
    status = last
  }
  end(process)
  return status
}

function background(process: Process, command: Command): number {
  const child = fork(process, { stdin: nullStream() })
  child.conditions = 0
  const job = runToEnd(child, inPlace(command))
  process.jobs.set(child.pid, job)
  process.lastBackground = child.pid
  job.catch((error: unknown) => child.fds.get(2)?.write?.(String(error)))
  return 0
}

async function branch(process: Process, { clauses, otherwise }: Extract<Command, { type: 'if' }>): Promise<number> {
  for (const clause of clauses) if ((await condition(process, clause.condition)) === 0) return run(process, clause.body)
  return otherwise === undefined ? 0 : run(process, otherwise)
}

async function loop(process: Process, { isUntil, condition: goesOn, body }: Extract<Command, { type: 'while' }>): Promise<number> {
  let status = 0
  while (((await condition(process, goesOn)) === 0) !== isUntil) {
    const left = await once(process, body)
    if (left === 'break') return 0
    status = typeof left === 'number' ? left : 0
  }
  return status
}

async function each(process: Process, { name, words, body }: Extract<Command, { type: 'for' }>): Promise<number> {
  let status = 0
  for (const value of words === undefined ? process.positional : await expandWords(process, words, substitute)) {
    process.variables.set(name, value)
    const left = await once(process, body)
    if (left === 'break') return 0
    status = typeof left === 'number' ? left : 0
  }
  return status
}

async function once(process: Process, body: Command): Promise<number | 'break' | 'continue'> {
  try {
    return await run(process, body)
  } catch (error) {
    if (!(error instanceof Leave) || error.how === 'return') throw error
    if (error.value > 1) throw new Leave(error.how, error.value - 1)
    return error.how
  }
}

async function choose(process: Process, { word, items }: Extract<Command, { type: 'case' }>): Promise<number> {
  const text = await expandText(process, word, substitute)
  for (const { patterns, body } of items)
    for (const pattern of patterns)
      if (patternOf(await expandPattern(process, pattern, substitute)).test(text)) {
        process.status = 0
        return run(process, body)
      }
  return 0
}

async function redirected(process: Process, { command, redirects }: Extract<Command, { type: 'redirected' }>): Promise<number> {
  const back = await tryRedirect(process, () => redirect(process, redirects, substitute))
  if (back === undefined) return failing(process, 2)
  try {
    return await run(process, command)
  } finally {
    back()
  }
}

async function simple(process: Process, { assigns, words, redirects }: Extract<Command, { type: 'simple' }>): Promise<number> {
  let fields = await expandWords(process, words, substitute)
  const isPlainCommand = fields[0] === 'command' && fields[1] !== '-v'
  if (isPlainCommand) fields = fields.slice(1)
  const [name, ...rest] = fields
  process.substituted = 0
  const values: [string, string][] = []
  for (const { name: variable, word } of assigns) {
    values.push([variable, await expandText(process, word, substitute)])
    // Later ones see those before them.
    if (name === undefined) process.variables.set(...(values.at(-1) as [string, string]))
  }
  // A word may have waited for a command: whoever was killed meanwhile opens nothing any more.
  if (process.signal === 'KILL') throw new Killed()
  if (name === 'exec' && rest.length === 0) return execForGood(process, redirects, isPlainCommand, substitute)
  const back = redirects.length === 0 ? () => {} : await tryRedirect(process, () => redirect(process, redirects, substitute))
  if (back === undefined) {
    if (name !== undefined && specialBuiltins.has(name) && !isPlainCommand) throw new Exit(2)
    return 2
  }
  try {
    if (name === undefined) return process.substituted
    return await withVariables(process, values, specialBuiltins.has(name), () => invoke(process, name, rest, isPlainCommand))
  } finally {
    back()
  }
}

async function invoke(process: Process, name: string, words: readonly string[], skipsFunctions: boolean): Promise<number> {
  const body = skipsFunctions ? undefined : process.functions.get(name)
  if (body !== undefined) return call(process, body, words)
  if (name === 'exec') throw new Exit(await invoke(process, words[0] ?? '', words.slice(1), true))
  const builtin = builtins.get(name)
  if (builtin !== undefined) return builtin(process, words, { run, invoke: (one, more) => invoke(process, one, more, false) })
  const tool = toolOf(process.machine, name)
  if (tool === undefined) {
    process.fds.get(2)?.write?.(`sh: ${name}: not found\n`)
    return 127
  }
  return runTool(process, tool, words)
}

async function runTool(process: Process, tool: Tool, words: readonly string[]): Promise<number> {
  let isWritable = true
  const write = (fd: number, text: string): void => {
    if (process.fds.get(fd)?.write?.(text) === false) isWritable = false
  }
  const status = await tool({
    words,
    process,
    machine: process.machine,
    input: () => process.fds.get(0)?.readAll?.() ?? '',
    out: (text) => write(1, text),
    err: (text) => write(2, text),
  })
  if (process.signal !== undefined) await heed(process)
  return isWritable ? status : status || 1
}

async function call(process: Process, body: Command, words: readonly string[]): Promise<number> {
  const before = process.positional
  process.positional = words
  try {
    return await run(process, body)
  } catch (error) {
    if (error instanceof Leave && error.how === 'return') return error.value
    throw error
  } finally {
    process.positional = before
  }
}

/** `$(…)` */
export async function substitute(process: Process, body: Command): Promise<string> {
  const out = bufferStream()
  process.substituted = await inSubshell(process, body, { stdout: out })
  return out.text().replace(/\n+$/, '')
}

const scripts = new Map<string, Command>()

/** The few texts of traps. */
function parsed(text: string): Command {
  const known = scripts.get(text) ?? parseScript(text)
  scripts.set(text, known)
  return known
}
