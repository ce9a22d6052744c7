import { whole, within } from './json.ts'

/** The health log of an NVMe disk (NVM Express, SMART / Health Information). */
export interface NvmeLog {
  readonly criticalWarning: number
  readonly percentageUsed: number | undefined
  readonly spare: number | undefined
  readonly spareThreshold: number | undefined
  readonly mediaErrors: number | undefined
  readonly errorEntries: number | undefined
}

export function readNvme(json: unknown): NvmeLog | undefined {
  const log = within(json, 'nvme_smart_health_information_log')
  const criticalWarning = whole(within(log, 'critical_warning'))
  if (criticalWarning === undefined) return undefined
  return {
    criticalWarning,
    percentageUsed: whole(within(log, 'percentage_used')),
    spare: whole(within(log, 'available_spare')),
    spareThreshold: whole(within(log, 'available_spare_threshold')),
    mediaErrors: whole(within(log, 'media_errors')),
    errorEntries: whole(within(log, 'num_err_log_entries')),
  }
}

const meanings: readonly (readonly [number, string])[] = [
  [1, 'its spare blocks run out'],
  [2, 'its temperature is out of bounds'],
  [4, 'its reliability is degraded'],
  [8, 'it is read-only'],
  [16, 'its backup of volatile memory failed'],
  [32, 'its persistent memory is read-only or unreliable'],
]

/** Bits of the critical warning in words. */
export function warningsIn(log: NvmeLog): readonly string[] {
  return meanings.filter(([bit]) => (log.criticalWarning & bit) !== 0).map(([, meaning]) => meaning)
}
