/** One regular file of a commit. */
export interface TreeFile {
  /** From the configured folder, with `/`: `hosts/he1.yaml`. */
  readonly path: string
  readonly bytes: Uint8Array
  /** Git's name for this very content; absent where it does not come from Git. */
  readonly object?: string
}

/** What stands in the tree and was not read, by name: submodule, symlink, too large, odd name. It may hold anything, so it proves no absence. */
export interface RefusedPath {
  readonly path: string
  /** What it is and what to do instead, one sentence. */
  readonly reason: string
}

/** The files of one commit that were asked for, all of them read at that commit, never from a work tree that moves. */
export interface Tree {
  readonly commit: string
  readonly files: readonly TreeFile[]
  readonly refused: readonly RefusedPath[]
}
