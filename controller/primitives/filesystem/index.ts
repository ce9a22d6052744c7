import { keyOf } from '../../model/ids.ts'
import { definePrimitive } from '../../model/primitive.ts'
import { nothing } from '../../shell/sh.ts'
import { diff } from './diff.ts'
import { parse } from './parse.ts'
import { probe } from './probe.ts'
import type { FilesystemSpec, FilesystemState } from './spec.ts'
import { steps } from './steps.ts'

/**
 * Filesystems on logical volumes: made once, grown with their volume, never made anew. `shared`, since it belongs to its volume: who may take the volume over may
 * take this over. Nothing of it is removed; that is the volume's matter.
 */
export const filesystemPrimitive = definePrimitive<FilesystemSpec, FilesystemState>({
  type: 'filesystem',
  retiresRetained: true,
  ownership: 'shared',
  fields: ({ format, label }) => ({ format, size: 'all of its volume', ...(label === undefined ? {} : { label }) }),
  watched: () => [{ on: 'block' }],
  probe,
  parse,
  diff,
  steps,
  release: 'unmarked',
  // Nothing is done to it; a step of its own lets the ledger forget it.
  retire: ({ id }) => ({ impact: 'none', steps: [{ title: `let go of the filesystem on ${keyOf(id)}, with its data`, run: nothing }] }),
})
