import { vitalKey } from '../engine/observe.ts'
import type { OwnedVital, Reading } from '../model/kind.ts'
import type { DesiredState } from '../model/plan.ts'
import type { HostHandle } from './ports.ts'

const deadlineMs = 5000

/** Asks the vitals that are network questions, side by side, each with a deadline. Apart from cycles and their locks (DESIGN §1.10). */
export async function askNetworkVitals(desired: DesiredState, host: HostHandle): Promise<ReadonlyMap<string, Reading>> {
  const asked = desired.vitals.filter((vital) => vital.pace === 'fromController' && !('text' in vital.probe))
  return new Map(await Promise.all(asked.map(async (vital) => [vitalKey(vital), await read(vital, host)] as const)))
}

async function read(vital: OwnedVital, host: HostHandle): Promise<Reading> {
  if ('text' in vital.probe) return { status: 'unknown', stdout: '', reason: 'it is no network question' }
  const { ok, message } = await host.ask(vital.probe, deadlineMs)
  return { status: 'read', stdout: ok ? 'ok' : message, reason: '' }
}
