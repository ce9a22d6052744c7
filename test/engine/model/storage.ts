/** Files as a power cut treats them: what was flushed stays, of the rest a part. */
export interface Storage {
  read(path: string): string | undefined
  /** As `>PATH` does it: the file is emptied, and then written. */
  write(path: string, text: string): void
  append(path: string, text: string): void
  /** False where there is nothing at `from`. */
  rename(from: string, to: string): boolean
  remove(path: string): void
  /** fsync(2): the file's text, and all that happened to names before it (the filesystem's journal keeps its order). */
  sync(...paths: readonly string[]): void
  list(prefix: string): readonly string[]
  /** The power goes: of what was not flushed the first `kept` ‰ happened, and of texts that were on their way `torn` says what is left. */
  cut(kept: number, torn: number): void
  /** What a power cut can no longer take from this file. */
  flushed(path: string): string | undefined
}

interface Inode {
  text: string
  durable: string
}

export function createStorage(): Storage {
  const files = new Map<string, Inode>()
  let undos: (() => void)[] = []

  function put(path: string, inode: Inode | undefined): void {
    const before = files.get(path)
    if (inode === undefined) files.delete(path)
    else files.set(path, inode)
    undos.push(() => void (before === undefined ? files.delete(path) : files.set(path, before)))
  }

  function change(inode: Inode, text: string): void {
    const { text: before, durable } = inode
    inode.text = text
    if (!text.startsWith(durable)) inode.durable = ''
    undos.push(() => {
      inode.text = before
      inode.durable = durable
    })
  }

  function opened(path: string): Inode {
    const known = files.get(path)
    if (known !== undefined) return known
    const made = { text: '', durable: '' }
    put(path, made)
    return made
  }

  return {
    read: (path) => files.get(path)?.text,
    write(path, text) {
      const inode = opened(path)
      if (inode.text !== '') change(inode, '')
      change(inode, text)
    },
    append(path, text) {
      const inode = opened(path)
      change(inode, inode.text + text)
    },
    rename(from, to) {
      const inode = files.get(from)
      if (inode === undefined) return false
      const over = files.get(to)
      files.delete(from)
      files.set(to, inode)
      undos.push(() => {
        files.set(from, inode)
        if (over === undefined) files.delete(to)
        else files.set(to, over)
      })
      return true
    },
    remove(path) {
      if (files.has(path)) put(path, undefined)
    },
    sync(...paths) {
      undos = []
      for (const path of paths) {
        const inode = files.get(path)
        if (inode !== undefined) inode.durable = inode.text
      }
    },
    list: (prefix) => [...files.keys()].filter((path) => path.startsWith(prefix)),
    flushed: (path) => files.get(path)?.durable,
    cut(kept, torn) {
      const stays = Math.floor((undos.length * kept) / 1000)
      for (const undo of undos.slice(stays).reverse()) undo()
      undos = []
      let turn = torn
      for (const inode of files.values()) {
        inode.text = survivor(inode, turn)
        inode.durable = inode.text
        turn = (turn * 7 + 3) % 1000
      }
    },
  }
}

/** A text that was not flushed whole: all of it, none of it, a part, or NUL bytes where the length was noted and the text was not. */
function survivor({ text, durable }: Inode, torn: number): string {
  const tail = text.length - durable.length
  if (tail <= 0) return text
  if (torn < 300) return text
  if (torn < 500) return durable
  if (torn < 600) return durable + '\0'.repeat(tail)
  return text.slice(0, durable.length + ((torn * 13) % tail))
}
