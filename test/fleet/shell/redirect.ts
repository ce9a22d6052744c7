import { directory, type FileNode, file } from '../disk.ts'
import { expandText, type Substitute } from './expand.ts'
import { Exit, type Machine, type Process } from './process.ts'
import { fifoStream, fileStream, folderStream, inputStream, nullStream, release, type Stream } from './streams.ts'
import type { Redirect } from './syntax.ts'

/** A redirection that cannot be made, in the shell's words. */
export class RedirectError extends Error {}

/** Points descriptors elsewhere; answers how to put them back. */
export async function redirect(process: Process, redirects: readonly Redirect[], substitute: Substitute): Promise<() => void> {
  const before = new Map<number, Stream | undefined>()
  try {
    for (const one of redirects) {
      const text = await expandText(process, one.word, substitute)
      const stream = open(process, one, text)
      if (before.has(one.fd)) close(process, one.fd)
      else before.set(one.fd, process.fds.get(one.fd))
      if (stream === undefined) process.fds.delete(one.fd)
      else process.fds.set(one.fd, stream)
    }
  } catch (error) {
    restore(process, before)
    throw error
  }
  return () => restore(process, before)
}

/** The same for good (`exec`). */
async function redirectForGood(process: Process, redirects: readonly Redirect[], substitute: Substitute): Promise<void> {
  for (const one of redirects) {
    const stream = open(process, one, await expandText(process, one.word, substitute))
    close(process, one.fd)
    if (stream !== undefined) process.fds.set(one.fd, stream)
  }
}

function close(process: Process, fd: number): void {
  const stream = process.fds.get(fd)
  process.fds.delete(fd)
  if (stream !== undefined) release(stream)
}

function restore(process: Process, before: ReadonlyMap<number, Stream | undefined>): void {
  for (const [fd, stream] of before) {
    close(process, fd)
    if (stream !== undefined) process.fds.set(fd, stream)
  }
}

function open(process: Process, { operator, fd }: Redirect, text: string): Stream | undefined {
  switch (operator) {
    case '<<':
      return inputStream(text)
    case '>&':
    case '<&':
      return duplicate(process, text, fd)
    case '<':
      return openToRead(process.machine, absolute(process, text))
    case '<>':
      return openToRead(process.machine, absolute(process, text))
    default:
      return openToWrite(process, absolute(process, text), operator === '>>', operator === '>' && process.options.has('C'))
  }
}

function duplicate(process: Process, text: string, fd: number): Stream | undefined {
  if (text === '-') return undefined
  const stream = process.fds.get(Number(text))
  if (stream === undefined) throw new RedirectError(`sh: ${fd}: Bad file descriptor`)
  stream.refs++
  return stream
}

export function openToRead(machine: Machine, path: string): Stream {
  if (path === '/dev/null') return nullStream()
  const node = machine.disk.at(path)
  if (node === undefined) throw new RedirectError(`sh: cannot open ${path}: No such file`)
  if (node.type === 'fifo') return fifoStream(node)
  if (node.type !== 'file') return folderStream(node)
  return access(machine, node, path, true)
}

function openToWrite(process: Process, path: string, isAppend: boolean, isExclusive: boolean): Stream {
  const { machine } = process
  if (path === '/dev/null') return nullStream()
  const known = machine.disk.at(path)
  if (known?.type === 'fifo') return fifoStream(known)
  if (known?.type === 'directory') throw new RedirectError(`sh: cannot create ${path}: Is a directory`)
  if (known?.type === 'file') {
    if (isExclusive) throw new RedirectError(`sh: cannot create ${path}: File exists`)
    if (!isAppend && known.content !== '') {
      machine.disk.changing(known, '')
      known.content = ''
      known.changedSeconds = machine.nowSeconds()
    }
    return access(machine, known, path, isAppend)
  }
  const made = file('', machine.nowSeconds(), 0o666 & ~process.umask)
  if (!machine.hasRoom(0) || !machine.disk.put(path, made)) throw new RedirectError(`sh: cannot create ${path}: Directory nonexistent`)
  return access(machine, made, path, isAppend)
}

function access(machine: Machine, node: FileNode, path: string, isAppend: boolean): Stream {
  return fileStream(node, {
    isAppend,
    hasRoom: machine.hasRoom,
    changing: (content) => machine.disk.changing(node, content),
    wrote() {
      node.changedSeconds = machine.nowSeconds()
      machine.wrote(path)
    },
  })
}

export function absolute(process: Process, path: string): string {
  return path.startsWith('/') ? path : `${process.directory === '/' ? '' : process.directory}/${path}`
}

/** A folder with this mode, and those above it. False where something else is in the way. */
export function makeParents(process: Process, path: string): boolean {
  const names = path.split('/').filter((name) => name !== '')
  return names.every((_, index) => {
    const at = `/${names.slice(0, index + 1).join('/')}`
    const known = process.machine.disk.at(at)
    if (known !== undefined) return known.type === 'directory'
    return process.machine.disk.put(at, directory(process.machine.nowSeconds(), 0o777 & ~process.umask))
  })
}

/** What cannot be made is told, and answered with undefined. */
export async function tryRedirect<T>(process: Process, attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof RedirectError)) throw error
    process.fds.get(2)?.write?.(`${error.message}\n`)
    return undefined
  }
}

/** `exec` without a command: a failure ends the shell, unless it was called by `command`. */
export async function execForGood(
  process: Process,
  redirects: readonly Redirect[],
  isPlainCommand: boolean,
  substitute: Substitute,
): Promise<number> {
  const isDone = await tryRedirect(process, () => redirectForGood(process, redirects, substitute).then(() => true))
  if (isDone === undefined && !isPlainCommand) throw new Exit(2)
  return isDone ? 0 : 2
}
