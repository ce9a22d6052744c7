import type { SmarthostSettings } from '../../../controller/mail/smarthost.ts'
import type { AlertSettings } from '../../../controller/report/alerts.ts'

/** What the child is to do. */
export interface DayPlan {
  readonly folder: string
  readonly smtpPort: number
  readonly seed: number
  readonly faults: number
  readonly fromSeconds: number
  /** The mail server may answer: deliver what is left. */
  readonly isEvening: boolean
  readonly dieAt?: { readonly place: string; readonly count: number }
}

/** Where the child can be told to die; elsewhere it is killed from outside. */
export const places = ['before save', 'after save', 'before spooling', 'while spooling', 'after spooling']

/** The controller's own (reeve.yaml's defaults). */
export const alertSettings: AlertSettings = {
  graceSeconds: { Unreachable: 10, GitTrouble: 10 },
  settleSeconds: 600,
  keepFiringSeconds: 120,
  groupWaitSeconds: 30,
  groupIntervalSeconds: 300,
  repeatSeconds: { critical: 14_400, warning: 86_400 },
}

export function smarthostOn(port: number): SmarthostSettings {
  return { hubs: [{ host: '127.0.0.1', port, tls: 'none' }], from: 'reeve@example.org', to: ['ops@example.org'], timeoutMs: 5000 }
}
