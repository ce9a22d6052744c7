import { type AnyPrimitive, definePrimitive } from '../model/primitive.ts'
import { nftTablePrimitive } from './nftTable/index.ts'

/** Every primitive, one line each. */
export const primitives: readonly AnyPrimitive[] = [definePrimitive(nftTablePrimitive)]
