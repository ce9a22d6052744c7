import type { AnyKind } from '../model/kind.ts'
import { firewall } from './firewall/index.ts'

/** Every kind, one line each. */
export const kinds: readonly AnyKind[] = [firewall]
