import type { Host } from '../../controller/engine/host.ts'
import type { Spec } from '../../controller/model/primitive.ts'

/** Where samples are carried out: the engine's way to it, and another one beside that. */
export interface Place {
  readonly host: Host
  /** Runs shell text as root; returns its stdout, throws where it fails. */
  run(script: string): Promise<string>
}

/** One wanted state of one primitive, and how a host comes to differ from it. */
export interface Sample {
  readonly type: string
  readonly name: string
  /** What is wanted, all of it; the one under test is of `type`. */
  readonly wanted: readonly Spec[]
  /** Of these, what stands already before the thing under test is made. */
  readonly needs?: readonly Spec[]
  /** Shell text that makes the host ready. */
  readonly before?: string
  /** Marks that this makes and nothing of the sample owns: they stay when all is let go of. */
  readonly marksBefore?: string
  /** Shell text that moves the host away from what was applied. */
  readonly spoil: string
  /** Shell text that prints all that the steps could have touched: what an undo must bring back byte for byte. */
  readonly footprint: string
  /** The undo cannot bring that back, and why: only that it is harmless is proven. */
  readonly undoes?: 'nothing'
  /** For the long run alone: each of its tests waits for a daemon. */
  readonly isSlow?: true
  /** Nothing is ever made of it. */
  readonly isOnlyRead?: true
}

/** Type, mode, owner, target and content of everything below these paths. */
export function treeOf(...paths: readonly string[]): string {
  const quoted = paths.map((path) => `'${path.replaceAll("'", `'\\''`)}'`).join(' ')
  return `for p in ${quoted}; do [ -e "$p" ] || [ -L "$p" ] || continue; find "$p" -xdev -printf '%p %y %m %U:%G %l\\n' | sort; find "$p" -xdev -type f -exec sha256sum {} + | sort; done`
}
