/** What the beginning of a file says of it as a disk. */
export interface ImageHeader {
  /** `qcow2`, or in one word what else begins so. */
  readonly format: string
  /** Size that a virtual machine sees; undefined where the format does not say. */
  readonly sizeBytes: bigint | undefined
  /** As it was written at creation: absolute, or relative to the image's folder; empty for none. */
  readonly backing: string
  readonly isCorrupt: boolean
  /** Kept inside the image; it cannot be resized with them. */
  readonly snapshots: number
}

/** Bytes from the start that are enough: qemu-img writes the name of the backing file right behind the header. */
export const headerBytes = 4096

const corruptBit = 2n
const versions = [2, 3]

/** Reads the header of a qcow2 (docs/interop/qcow2.txt of QEMU). What is cut or makes no sense is none. */
export function readHeader(start: Buffer): ImageHeader {
  const other = (format: string): ImageHeader => ({ format, sizeBytes: undefined, backing: '', isCorrupt: false, snapshots: 0 })
  if (start.toString('latin1', 0, 4) !== 'QFI\xfb') return other(otherFormat(start))
  const version = start.length < 72 ? 0 : start.readUInt32BE(4)
  if (!versions.includes(version) || (version === 3 && start.length < 104)) return other('a damaged or unknown qcow')
  const at = start.readBigUInt64BE(8)
  const length = start.readUInt32BE(16)
  const end = Number(at) + length
  if (at !== 0n && end > start.length) return other('a qcow2 whose backing file is named further inside')
  return {
    format: 'qcow2',
    sizeBytes: start.readBigUInt64BE(24),
    backing: at === 0n ? '' : start.toString('utf8', Number(at), end),
    isCorrupt: version === 3 && (start.readBigUInt64BE(72) & corruptBit) !== 0n,
    snapshots: start.readUInt32BE(60),
  }
}

const signatures: readonly (readonly [format: string, at: number, bytes: string])[] = [
  ['VMDK', 0, 'KDMV'],
  ['VHDX', 0, 'vhdxfile'],
  ['VHD', 0, 'conectix'],
  ['QED', 0, 'QED\0'],
  ['LUKS', 0, 'LUKS\xba\xbe'],
  ['a disk with a partition table', 510, '\x55\xaa'],
]

function otherFormat(start: Buffer): string {
  if (start.length === 0) return 'nothing (an empty file)'
  const found = signatures.find(([, at, bytes]) => start.toString('latin1', at, at + bytes.length) === bytes)
  return found?.[0] ?? 'something that is no qcow2'
}
