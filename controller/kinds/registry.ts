import type { AnyKind } from '../model/kind.ts'
import { container } from './container/index.ts'

/** Every kind, one line each. */
export const kinds: readonly AnyKind[] = [container]
