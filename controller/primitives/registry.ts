import type { AnyPrimitive } from '../model/primitive.ts'
import { lxcContainer } from './lxcContainer/index.ts'

/** Every primitive, one line each. */
export const primitives: readonly AnyPrimitive[] = [lxcContainer]
