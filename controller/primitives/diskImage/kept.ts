import { createHash } from 'node:crypto'
import { type Script, sh } from '../../shell/sh.ts'

/** Where a step keeps something of an image for its undo. */
export function kept(what: string, path: string): Script {
  return sh`"$REEVE_BEFORE"/${`image-${what}-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`}`
}
