import { type FifoNode, type FileNode, type Node, textOf } from '../disk.ts'

/** An open file description (open(2)): shared by those who inherit it, closed by the last of them. */
export interface Stream {
  refs: number
  /** What it was opened on, for flock(2). */
  readonly node?: Node
  /** False where it cannot be written. */
  write?(text: string): boolean
  /** One line with its newline, or what is left; undefined at the end. A pipe may have to wait. */
  readLine?(): string | undefined | Promise<string | undefined>
  /** All that is left. */
  readAll?(): string
  /** The next piece, as it comes; undefined at the end. */
  readMore?(): Promise<string | undefined>
  close?(): void
}

export function nullStream(): Stream {
  return { refs: 1, write: () => true, readLine: () => undefined, readAll: () => '' }
}

export function inputStream(text: string): Stream {
  let at = 0
  return {
    refs: 1,
    readLine() {
      if (at >= text.length) return undefined
      const end = text.indexOf('\n', at)
      const line = end === -1 ? text.slice(at) : text.slice(at, end + 1)
      at += line.length
      return line
    },
    readAll() {
      const rest = text.slice(at)
      at = text.length
      return rest
    },
  }
}

/** Collects what is written. */
export function bufferStream(): Stream & { text(): string } {
  let text = ''
  return {
    refs: 1,
    write(more) {
      text += more
      return true
    },
    text: () => text,
  }
}

export interface FileAccess {
  readonly isAppend: boolean
  /** Whether there is room. */
  hasRoom(bytes: number): boolean
  /** Told before it is written. */
  changing(content: string): void
  wrote(): void
}

export function fileStream(node: FileNode, { isAppend, hasRoom, changing, wrote }: FileAccess): Stream {
  const reader = inputStream(textOf(node))
  let at = 0
  return {
    refs: 1,
    node,
    readLine: reader.readLine as () => string | undefined,
    readAll: reader.readAll as () => string,
    write(text) {
      if (text === '') return true
      if (!hasRoom(text.length)) return false
      const isAtEnd = isAppend || at >= node.content.length
      const content = isAtEnd ? node.content + text : node.content.slice(0, at) + text + node.content.slice(at + text.length)
      changing(content)
      node.content = content
      at += text.length
      wrote()
      return true
    },
  }
}

export function fifoStream(node: FifoNode): Stream {
  return {
    refs: 1,
    node,
    write(text) {
      node.queued += text
      for (const wake of node.wake.splice(0)) wake()
      return true
    },
    async readLine() {
      while (!node.queued.includes('\n')) await new Promise<void>((resolve) => node.wake.push(resolve))
      const end = node.queued.indexOf('\n') + 1
      const line = node.queued.slice(0, end)
      node.queued = node.queued.slice(end)
      return line
    },
  }
}

/** A folder can be opened to be locked. */
export function folderStream(node: Node): Stream {
  return { refs: 1, node }
}

/** Lets go of it; the last one closes it, and gives up its lock. */
export function release(stream: Stream): void {
  stream.refs--
  if (stream.refs > 0) return
  const lock = stream.node?.lock
  if (lock !== undefined) unlock(stream)
  stream.close?.()
}

export function unlock(stream: Stream): void {
  const lock = stream.node?.lock
  if (lock === undefined) return
  const wasHeld = lock.exclusive === stream || lock.shared.delete(stream)
  if (lock.exclusive === stream) lock.exclusive = undefined
  if (wasHeld) for (const wake of lock.wake.splice(0)) wake()
}

/** flock(2) without waiting. */
export function tryLock(stream: Stream, isShared: boolean): boolean {
  const lock = stream.node?.lock
  if (lock === undefined) return true
  const others = [...lock.shared].some((one) => one !== stream)
  const isBlocked = (lock.exclusive !== undefined && lock.exclusive !== stream) || (!isShared && others)
  if (isBlocked) return false
  if (isShared) {
    lock.shared.add(stream)
    if (lock.exclusive === stream) lock.exclusive = undefined
  } else {
    lock.shared.delete(stream)
    lock.exclusive = stream
  }
  return true
}
