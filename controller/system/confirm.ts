import type { Verdict } from '../model/primitive.ts'

/** Of what could end Reeve's own access: kept only once the controller came in anew, undone by the host itself otherwise, also at a boot. */
export const confirmed: Verdict = { probes: [{ type: 'newConnection' }], withinMs: 30_000, lockOut: 'disk' }
