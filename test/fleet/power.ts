import type { DirectoryNode, Disk, FileNode } from './disk.ts'

/** From now on the disk notes what is not flushed. All that stands there is. */
export function noteWhatIsFlushed(disk: Disk): void {
  for (const node of filesBelow(disk.root)) node.durable = node.content
  disk.undos = []
}

/**
 * What the power leaves of a disk whose journal keeps its order (ext4 with data=ordered, xfs): of what was not flushed the first `kept` ‰ happened. Texts that were on their way are there
 * whole, in part, not at all, or as NUL bytes (their length was noted, they were not written): `torn` chooses, for each file another way.
 */
export function cutPower(disk: Disk, kept: number, torn: number): void {
  const undos = disk.undos ?? []
  disk.undos = []
  for (const undo of undos.slice(Math.floor((undos.length * kept) / 1000)).reverse()) undo()
  let turn = torn
  for (const node of filesBelow(disk.root)) {
    node.content = survivor(node, turn)
    node.durable = node.content
    turn = (turn * 7 + 3) % 1000
  }
  disk.undos = []
}

function survivor({ content, durable, make }: FileNode, torn: number): string {
  const tail = content.length - durable.length
  if (make !== undefined || tail <= 0 || torn < 300) return content
  if (torn < 500) return durable
  if (torn < 600) return durable + '\0'.repeat(tail)
  return content.slice(0, durable.length + ((torn * 13) % tail))
}

function* filesBelow({ entries }: DirectoryNode): Generator<FileNode> {
  for (const node of entries.values()) {
    if (node.type === 'file') yield node
    if (node.type === 'directory') yield* filesBelow(node)
  }
}
