import type { AnyPrimitive } from '../model/primitive.ts'
import { bridgePrimitive } from './bridge/index.ts'
import { filePrimitive } from './file/index.ts'
import { linkPrimitive } from './link/index.ts'
import { lxcContainer } from './lxcContainer/index.ts'
import { packagePrimitive } from './package/index.ts'
import { servicePrimitive } from './service/index.ts'
import { sysctlPrimitive } from './sysctl/index.ts'
import { treePrimitive } from './tree/index.ts'

/** Every primitive, one line each. */
export const primitives: readonly AnyPrimitive[] = [
  bridgePrimitive,
  filePrimitive,
  linkPrimitive,
  lxcContainer,
  packagePrimitive,
  servicePrimitive,
  sysctlPrimitive,
  treePrimitive,
]
