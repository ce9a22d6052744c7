import type { Primitive } from '../../model/primitive.ts'
import { diff } from './diff.ts'
import { parse } from './parse.ts'
import { probe } from './probe.ts'
import type { FilesystemSpec, FilesystemState } from './spec.ts'
import { steps } from './steps.ts'

/**
 * Filesystems on logical volumes: made once, grown with their volume, never made anew. `shared`, since it belongs to its volume: who may take the volume over may
 * take this over. Nothing of it is removed; that is the volume's matter.
 */
export const filesystemPrimitive: Primitive<FilesystemSpec, FilesystemState> = {
  type: 'filesystem',
  ownership: 'shared',
  fields: ({ format, label }) => ({ format, size: 'all of its volume', ...(label === undefined ? {} : { label }) }),
  probe,
  parse,
  diff,
  steps,
}
