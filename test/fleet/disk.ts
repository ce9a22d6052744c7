/** A file system in memory. Contents are byte strings: one character is one byte. */

export interface FileNode {
  readonly type: 'file'
  /** In /proc and /sys: what a reader sees is made when it reads. */
  readonly make?: () => string
  content: string
  /** What a power cut can no longer take of it. Kept only where the disk notes what is not flushed. */
  durable: string
  mode: number
  owner: string
  changedSeconds: number
  lock: Lock
}

export interface DirectoryNode {
  readonly type: 'directory'
  readonly entries: Map<string, Node>
  mode: number
  owner: string
  changedSeconds: number
  lock: Lock
}

export interface LinkNode {
  readonly type: 'link'
  readonly to: string
  mode: number
  owner: string
  changedSeconds: number
  lock: Lock
}

export interface FifoNode {
  readonly type: 'fifo'
  /** Lines that nobody has read yet. */
  queued: string
  wake: (() => void)[]
  mode: number
  owner: string
  changedSeconds: number
  lock: Lock
}

export type Node = FileNode | DirectoryNode | LinkNode | FifoNode

/** flock(2): held by open file descriptions. */
export interface Lock {
  exclusive: object | undefined
  readonly shared: Set<object>
  wake: (() => void)[]
}

export interface Disk {
  readonly root: DirectoryNode
  /** The node at a path; links are followed, the last one only where `follow` is not false. */
  at(path: string, follow?: boolean): Node | undefined
  /** Makes or replaces the content of a file. False where its folder is missing or a folder stands there. */
  write(path: string, content: string): boolean
  put(path: string, node: Node): boolean
  remove(path: string): boolean
  makeDirectory(path: string): boolean
  /** As rename(2): one change. */
  rename(from: string, to: string): boolean
  /** To be called before a file's content becomes another one. */
  changing(node: FileNode, content: string): void
  /** How to take back what was not flushed yet, oldest first; undefined where nobody cuts the power. */
  undos: (() => void)[] | undefined
  /** Full path of the folder and the last name. */
  split(path: string): { readonly parent: DirectoryNode; readonly name: string } | undefined
}

export interface DiskDeps {
  nowSeconds(): number
  /** Folders whose entries are not stored: `/proc/4711`. */
  special?(path: string): Node | undefined
  /** Told of each file that was written whole, or appended to. */
  onWrite?(path: string): void
}

export function newLock(): Lock {
  return { exclusive: undefined, shared: new Set(), wake: [] }
}

export function createDisk({ nowSeconds, special }: DiskDeps): Disk {
  const root = directory(nowSeconds())

  function walk(path: string, follow: boolean, depth: number): Node | undefined {
    const known = special?.(path)
    if (known !== undefined) return known
    const names = path.split('/').filter((name) => name !== '' && name !== '.')
    let node: Node = root
    for (let index = 0; index < names.length; index++) {
      if (node.type !== 'directory') return undefined
      const next: Node | undefined = node.entries.get(names[index] ?? '')
      if (next === undefined) return undefined
      if (next.type === 'link' && (follow || index < names.length - 1)) {
        if (depth > 20) return undefined
        const base = next.to.startsWith('/') ? next.to : `/${[...names.slice(0, index), next.to].join('/')}`
        return walk([base, ...names.slice(index + 1)].join('/'), follow, depth + 1)
      }
      node = next
    }
    return node
  }

  function split(path: string): { readonly parent: DirectoryNode; readonly name: string } | undefined {
    const clean = path.replace(/\/+$/, '')
    const at = clean.lastIndexOf('/')
    const name = clean.slice(at + 1)
    const parent = at <= 0 ? root : walk(clean.slice(0, at), true, 0)
    return parent?.type === 'directory' && name !== '' ? { parent, name } : undefined
  }

  function set({ entries }: DirectoryNode, name: string, node: Node | undefined): void {
    const before = entries.get(name)
    const point = (one: Node | undefined): void => void (one === undefined ? entries.delete(name) : entries.set(name, one))
    point(node)
    disk.undos?.push(() => point(before))
  }

  function put(path: string, node: Node): boolean {
    const place = split(path)
    if (place === undefined) return false
    set(place.parent, place.name, node)
    return true
  }

  function changing(node: FileNode, content: string): void {
    if (disk.undos === undefined) return
    const { content: before, durable } = node
    if (!content.startsWith(durable)) node.durable = ''
    disk.undos.push(() => {
      node.content = before
      node.durable = durable
    })
  }

  function write(path: string, content: string): boolean {
    const node = walk(path, true, 0)
    if (node?.type === 'file') {
      changing(node, content)
      node.content = content
      node.changedSeconds = nowSeconds()
      return true
    }
    return node === undefined && put(path, file(content, nowSeconds()))
  }

  const disk: Disk = {
    root,
    at: (path, follow = true) => walk(path, follow, 0),
    write,
    put,
    remove(path) {
      const place = split(path)
      if (place === undefined || !place.parent.entries.has(place.name)) return false
      set(place.parent, place.name, undefined)
      return true
    },
    rename(from, to) {
      const [old, place] = [split(from), split(to)]
      const node = old?.parent.entries.get(old.name)
      if (old === undefined || place === undefined || node === undefined) return false
      const over = place.parent.entries.get(place.name)
      place.parent.entries.set(place.name, node)
      old.parent.entries.delete(old.name)
      disk.undos?.push(() => {
        if (over === undefined) place.parent.entries.delete(place.name)
        else place.parent.entries.set(place.name, over)
        old.parent.entries.set(old.name, node)
      })
      return true
    },
    changing,
    undos: undefined,
    makeDirectory(path) {
      if (walk(path, true, 0) !== undefined) return false
      return put(path, directory(nowSeconds()))
    },
    split,
  }
  return disk
}

export function file(content: string, changedSeconds: number, mode = 0o644): FileNode {
  return { type: 'file', content, durable: '', mode, owner: 'root:root', changedSeconds, lock: newLock() }
}

/** A file of the kernel's: made anew for each reader. */
export function made(make: () => string): FileNode {
  return { ...file('', 0, 0o444), make }
}

export function directory(changedSeconds: number, mode = 0o755): DirectoryNode {
  return { type: 'directory', entries: new Map(), mode, owner: 'root:root', changedSeconds, lock: newLock() }
}

/** What a reader of a file gets. */
export function textOf(node: FileNode): string {
  return node.make === undefined ? node.content : node.make()
}

/** Folders above and the path itself, made where they are missing. */
export function makeFolders(disk: Disk, path: string): void {
  const names = path.split('/').filter((name) => name !== '')
  names.forEach((_, index) => {
    disk.makeDirectory(`/${names.slice(0, index + 1).join('/')}`)
  })
}
