import type { AnyKind } from '../model/kind.ts'

/** Every kind, one line each. */
export const kinds: readonly AnyKind[] = []
