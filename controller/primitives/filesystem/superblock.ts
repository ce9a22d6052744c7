/** What a superblock says, and what its own tools would make of a device of this size. Bytes. */
export interface Superblock {
  readonly format: 'ext2' | 'ext3' | 'ext4' | 'xfs' | 'btrfs' | 'swap'
  /** Of a btrfs that lies on several devices: how many. */
  readonly devices?: number
  readonly label: string
  readonly uuid: string
  readonly sizeBytes: bigint
  /** Size after growing it to `deviceBytes`. */
  fullBytes(deviceBytes: bigint): bigint
}

/** Bytes from the start of a device that are enough to tell: no more, since all of them travel in every cycle. ext's last field of use ends at 1024 + 0x154. */
export const superblockBytes = 1408

/** Where it is btrfs or swap that is wanted: btrfs keeps its superblock at 64 KiB, swap its signature at the end of the first page. */
export const deepBytes = 65_536 + 1024

/**
 * Reads the superblock of ext2, ext3, ext4 (Documentation/filesystems/ext4/super.rst) or xfs (fs/xfs/libxfs/xfs_format.h), and from enough bytes that of
 * btrfs (fs/btrfs/ctree.h, btrfs_super_block) and swap (include/linux/swap.h); undefined for all else.
 */
export function readSuperblock(start: Buffer): Superblock | undefined {
  if (start.length < superblockBytes) return undefined
  if (start.readUInt16LE(1024 + 0x38) === 0xef53) return readExt(start.subarray(1024))
  if (start.toString('latin1', 0, 4) === 'XFSB') return readXfs(start)
  if (start.toString('latin1', 4086, 4096) === 'SWAPSPACE2') return readSwap(start.subarray(1024))
  return start.toString('latin1', 65_600, 65_608) === '_BHRfS_M' ? readBtrfs(start.subarray(65_536)) : undefined
}

const has = (features: number, bit: number) => (features & bit) !== 0
const journal = 0x4
const is64Bit = 0x80
// What ext3 knows; any feature beyond makes it ext4 (libblkid/src/superblocks/ext.c tells them apart in the same way).
const ext3Incompatible = 0x2 | 0x4 | 0x8 | 0x10
const ext3ReadOnly = 0x1 | 0x2 | 0x4

function readExt(block: Buffer): Superblock {
  const [compatible, incompatible, readOnly] = [block.readUInt32LE(0x5c), block.readUInt32LE(0x60), block.readUInt32LE(0x64)]
  const high = has(incompatible, is64Bit) ? BigInt(block.readUInt32LE(0x150)) : 0n
  const blockBytes = 1024n << BigInt(block.readUInt32LE(0x18) & 0xf)
  const beyondExt3 = (incompatible & ~ext3Incompatible) !== 0 || (readOnly & ~ext3ReadOnly) !== 0
  return {
    format: beyondExt3 ? 'ext4' : has(compatible, journal) ? 'ext3' : 'ext2',
    label: textOf(block.subarray(0x78, 0x88)),
    uuid: uuidOf(block.subarray(0x68, 0x78)),
    sizeBytes: ((high << 32n) | BigInt(block.readUInt32LE(4))) * blockBytes,
    fullBytes: (device) => fullExtBlocks(block, blockBytes, device / blockBytes) * blockBytes,
  }
}

/**
 * e2fsprogs (lib/ext2fs/initialize.c, resize/resize2fs.c) drops a last block group that is smaller than its own tables and 50 blocks. The group counts
 * here as one with a backup of the superblock: at worst some blocks stay unused that a closer look would use, and nothing is asked for that will not be done.
 */
function fullExtBlocks(block: Buffer, blockBytes: bigint, blocks: bigint): bigint {
  const perGroup = BigInt(block.readUInt32LE(0x20))
  if (perGroup === 0n) return 0n
  const first = BigInt(block.readUInt32LE(0x14))
  const rest = (blocks - first) % perGroup
  const inodeBytes = BigInt(block.readUInt16LE(0x58) || 128)
  const inodeTable = (BigInt(block.readUInt32LE(0x28)) * inodeBytes + blockBytes - 1n) / blockBytes
  const descriptorBytes = BigInt(has(block.readUInt32LE(0x60), is64Bit) ? block.readUInt16LE(0xfe) || 32 : 32)
  const groups = (blocks - first) / perGroup + 1n
  const descriptors = (groups * descriptorBytes + blockBytes - 1n) / blockBytes
  const overhead = 3n + descriptors + BigInt(block.readUInt16LE(0xce)) + inodeTable
  return rest !== 0n && rest < overhead + 50n ? blocks - rest : blocks
}

// XFS_MIN_AG_BLOCKS: a shorter last allocation group is left unused (fs/xfs/xfs_fsops.c).
const leastGroupBlocks = 64n

function readXfs(block: Buffer): Superblock {
  const blockBytes = BigInt(block.readUInt32BE(4))
  const perGroup = BigInt(block.readUInt32BE(84))
  const full = (device: bigint) => {
    const blocks = blockBytes === 0n ? 0n : device / blockBytes
    const rest = perGroup === 0n ? 0n : blocks % perGroup
    return (rest < leastGroupBlocks ? blocks - rest : blocks) * blockBytes
  }
  return {
    format: 'xfs',
    label: textOf(block.subarray(108, 120)),
    uuid: uuidOf(block.subarray(32, 48)),
    sizeBytes: block.readBigUInt64BE(8) * blockBytes,
    fullBytes: full,
  }
}

/** dev_item.total_bytes is the part on this device; the tools round the device down to whole sectors. */
function readBtrfs(block: Buffer): Superblock {
  const sector = BigInt(block.readUInt32LE(0x90))
  return {
    format: 'btrfs',
    label: textOf(block.subarray(0x12b, 0x22b)),
    uuid: uuidOf(block.subarray(0x20, 0x30)),
    sizeBytes: block.readBigUInt64LE(0xd1),
    fullBytes: (device) => (sector === 0n ? device : (device / sector) * sector),
    devices: Number(block.readBigUInt64LE(0x88)),
  }
}

const pageBytes = 4096n

function readSwap(header: Buffer): Superblock {
  return {
    format: 'swap',
    label: textOf(header.subarray(28, 44)),
    uuid: uuidOf(header.subarray(12, 28)),
    sizeBytes: (BigInt(header.readUInt32LE(4)) + 1n) * pageBytes,
    fullBytes: (device) => (device / pageBytes) * pageBytes,
  }
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
