import { type Disk, directory, type FifoNode, type FileNode, type Node, newLock, textOf } from '../disk.ts'
import type { Call, Tool } from '../shell/process.ts'
import { absolute, makeParents } from '../shell/redirect.ts'

/** Options that take a word are not among these tools' uses, but for `-m` and `-c`. */
function parted(words: readonly string[], valued: readonly string[] = []) {
  const options = new Map<string, string>()
  const paths: string[] = []
  let isOver = false
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (isOver || !word.startsWith('-') || word === '-') paths.push(word)
    else if (word === '--') isOver = true
    else if (valued.includes(word)) options.set(word, words[++index] ?? '')
    else if (word.startsWith('--')) options.set(word, '')
    else for (const letter of word.slice(1)) options.set(`-${letter}`, '')
  }
  return { options, paths }
}

function mkdir(call: Call): number {
  const { options, paths } = parted(call.words, ['-m'])
  const mode = options.get('-m')
  let status = 0
  for (const path of paths.map((one) => absolute(call.process, one))) {
    const { disk } = call.machine
    if (options.has('-p')) {
      if (!makeParents(call.process, path)) status = complain(call, `mkdir: cannot create directory '${path}'`)
    } else if (
      !call.machine.hasRoom(0) ||
      disk.at(path) !== undefined ||
      !disk.put(path, directory(call.machine.nowSeconds(), 0o777 & ~call.process.umask))
    )
      status = complain(call, `mkdir: cannot create directory '${path}': File exists`)
    const made = disk.at(path)
    if (mode !== undefined && made) made.mode = Number.parseInt(mode, 8)
  }
  return status
}

function complain(call: Call, message: string): number {
  call.err(`${message}\n`)
  return 1
}

function rmdir(call: Call): number {
  let status = 0
  for (const path of parted(call.words).paths.map((one) => absolute(call.process, one))) {
    const node = call.machine.disk.at(path, false)
    if (node?.type === 'directory' && node.entries.size === 0) call.machine.disk.remove(path)
    else status = complain(call, `rmdir: failed to remove '${path}'`)
  }
  return status
}

function rm(call: Call): number {
  const { options, paths } = parted(call.words)
  let status = 0
  for (const path of paths.map((one) => absolute(call.process, one))) {
    const node = call.machine.disk.at(path, false)
    if (node === undefined) {
      if (!options.has('-f')) status = complain(call, `rm: cannot remove '${path}': No such file or directory`)
    } else if (node.type === 'directory' && !options.has('-r')) status = complain(call, `rm: cannot remove '${path}': Is a directory`)
    else {
      call.machine.disk.remove(path)
      call.machine.wrote(path)
    }
  }
  return status
}

function mv(call: Call): number {
  const { options, paths } = parted(call.words)
  const [from = '', to = ''] = paths.map((one) => absolute(call.process, one))
  const { disk } = call.machine
  const node = disk.at(from, false)
  if (node === undefined) return complain(call, `mv: cannot stat '${from}': No such file or directory`)
  const target = disk.at(to)?.type === 'directory' && !options.has('-T') ? `${to}/${from.slice(from.lastIndexOf('/') + 1)}` : to
  const there = disk.at(target, false)
  if (there?.type === 'directory' && (node.type !== 'directory' || there.entries.size > 0))
    return complain(call, `mv: cannot overwrite directory '${target}'`)
  if (!disk.rename(from, target)) return complain(call, `mv: cannot move '${from}' to '${target}'`)
  node.changedSeconds = call.machine.nowSeconds()
  call.machine.wrote(target)
  return 0
}

function cp(call: Call): number {
  const { options, paths } = parted(call.words)
  const [from = '', to = ''] = paths.map((one) => absolute(call.process, one))
  const { disk } = call.machine
  const keeps = options.has('-a') || options.has('-p')
  const node = disk.at(from, !options.has('-a'))
  if (node === undefined) return complain(call, `cp: cannot stat '${from}': No such file or directory`)
  if (node.type === 'directory' && !options.has('-a') && !options.has('-r'))
    return complain(call, `cp: -r not specified; omitting '${from}'`)
  const target = disk.at(to)?.type === 'directory' ? `${to}/${from.slice(from.lastIndexOf('/') + 1)}` : to
  if (node.type === 'file' && !call.machine.hasRoom(textOf(node).length))
    return complain(call, `cp: error writing '${target}': No space left on device`)
  const copy = copied(node, call.machine.nowSeconds(), keeps ? undefined : ~call.process.umask)
  if (!disk.put(target, copy)) return complain(call, `cp: cannot create '${target}'`)
  call.machine.wrote(target)
  return 0
}

function copied(node: Node, nowSeconds: number, mask: number | undefined): Node {
  const mode = mask === undefined ? node.mode : node.mode & mask
  const owner = mask === undefined ? node.owner : 'root:root'
  const fresh = { mode, owner, changedSeconds: nowSeconds, lock: newLock() }
  if (node.type === 'directory')
    return { ...node, ...fresh, entries: new Map([...node.entries].map(([name, one]) => [name, copied(one, nowSeconds, mask)])) }
  if (node.type !== 'file') return { ...node, ...fresh }
  const { make: _, ...plain } = node
  return { ...plain, ...fresh, content: textOf(node), durable: '' } satisfies FileNode
}

function ln(call: Call): number {
  const { paths, options } = parted(call.words)
  const [to = '', at = ''] = paths
  const path = absolute(call.process, at)
  if (!options.has('-s') || call.machine.disk.at(path, false) !== undefined) return complain(call, `ln: failed to create '${path}'`)
  const node: Node = { type: 'link', to, mode: 0o777, owner: 'root:root', changedSeconds: call.machine.nowSeconds(), lock: newLock() }
  return call.machine.disk.put(path, node) ? 0 : complain(call, `ln: failed to create '${path}'`)
}

function readlink(call: Call): number {
  let status = 0
  for (const path of parted(call.words).paths) {
    const node = call.machine.disk.at(absolute(call.process, path), false)
    if (node?.type === 'link') call.out(`${node.to}\n`)
    else status = 1
  }
  return status
}

function changing(change: (node: Node, value: string) => void): Tool {
  return (call) => {
    const [value = '', ...paths] = parted(call.words).paths
    let status = 0
    for (const path of paths) {
      const node = call.machine.disk.at(absolute(call.process, path))
      if (node === undefined) status = complain(call, `cannot access '${path}': No such file or directory`)
      else {
        change(node, value)
        node.changedSeconds = call.machine.nowSeconds()
      }
    }
    return status
  }
}

function setMode(node: Node, value: string): void {
  node.mode = Number.parseInt(value, 8)
}

function setOwner(node: Node, value: string): void {
  node.owner = ownerOf(value)
}

const ids: Readonly<Record<string, string>> = { '0:0': 'root:root', root: 'root:root' }

function ownerOf(value: string): string {
  return ids[value] ?? value
}

function numbersOf(owner: string): string {
  return owner === 'root:root' ? '0:0' : owner.replace(/root/g, '0')
}

const types: Readonly<Record<Node['type'], number>> = { file: 0o100000, directory: 0o040000, link: 0o120000, fifo: 0o010000 }

function stat(call: Call): number {
  const { options, paths } = parted(call.words, ['-c'])
  const format = options.get('-c') ?? '%n'
  if (options.has('-f')) {
    call.out(`${format.replace('%S', '4096').replace('%b', '5000000').replace('%a', '3000000')}\n`)
    return 0
  }
  let status = 0
  let text = ''
  for (const path of paths) {
    const node = call.machine.disk.at(absolute(call.process, path), options.has('-L'))
    if (node === undefined) status = complain(call, `stat: cannot statx '${path}': No such file or directory`)
    else text += `${described(format, path, node)}\n`
  }
  call.out(text)
  return status
}

function described(format: string, path: string, node: Node): string {
  const [user = '', group = ''] = node.owner.split(':')
  const [uid = '', gid = ''] = numbersOf(node.owner).split(':')
  const values: Readonly<Record<string, string>> = {
    a: node.mode.toString(8),
    U: user,
    G: group,
    u: uid,
    g: gid,
    s: String(node.type === 'file' ? textOf(node).length : 4096),
    Z: String(Math.floor(node.changedSeconds)),
    Y: String(Math.floor(node.changedSeconds)),
    f: (types[node.type] | node.mode).toString(16),
    n: path,
  }
  return format.replace(/%(?:\.(\d+))?([a-zA-Z])/g, (_, digits, letter) =>
    digits === undefined ? (values[letter] ?? '?') : node.changedSeconds.toFixed(Number(digits)),
  )
}

function mkfifo(call: Call): number {
  const fifo = (): FifoNode => ({
    type: 'fifo',
    queued: '',
    wake: [],
    mode: 0o666 & ~call.process.umask,
    owner: 'root:root',
    changedSeconds: call.machine.nowSeconds(),
    lock: newLock(),
  })
  const isMade = parted(call.words, ['-m']).paths.every((path) => put(call.machine.disk, absolute(call.process, path), fifo()))
  return Number(!isMade)
}

/** `mktemp -d` */
function mktemp(call: Call): number {
  const path = `/tmp/tmp.${call.machine.nextPid()}`
  call.out(`${path}\n`)
  return Number(!call.machine.disk.put(path, directory(call.machine.nowSeconds(), 0o700)))
}

function put(disk: Disk, path: string, node: Node): boolean {
  return disk.at(path, false) === undefined && disk.put(path, node)
}

/** What is flushed no power cut takes any more (power.ts), and nothing that happened to names before it; what is missing is told. */
function sync(call: Call): number {
  const { disk } = call.machine
  const paths = parted(call.words).paths.map((path) => absolute(call.process, path))
  for (const node of paths.map((path) => disk.at(path))) if (node?.type === 'file') node.durable = textOf(node)
  disk.undos?.splice(0)
  const missing = paths.filter((path) => disk.at(path) === undefined)
  for (const path of missing) call.err(`sync: error opening '${path}': No such file or directory\n`)
  return Number(missing.length > 0)
}

export const fileTools: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ['mkdir', mkdir],
  ['rmdir', rmdir],
  ['rm', rm],
  ['mv', mv],
  ['cp', cp],
  ['ln', ln],
  ['readlink', readlink],
  ['chmod', changing(setMode)],
  ['chown', changing(setOwner)],
  ['stat', stat],
  ['mkfifo', mkfifo],
  ['mktemp', mktemp],
  ['sync', sync],
])
