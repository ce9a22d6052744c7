import type { AnyPrimitive } from '../model/primitive.ts'

/** Every primitive, one line each. */
export const primitives: readonly AnyPrimitive[] = []
