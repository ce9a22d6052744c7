/** Standing truths about a manifest, with kstatus' meanings (sigs.k8s.io/cli-utils/pkg/kstatus). */
export type ConditionType = 'Ready' | 'Reconciling' | 'Stalled' | 'Healthy' | 'Drifted' | 'Suspended'

export interface Condition {
  readonly type: ConditionType
  readonly status: boolean | 'unknown'
  /** CamelCase, stable: for machines. */
  readonly reason: string
  /** One line: for people. */
  readonly message: string
  /** Seconds since the epoch of the last change of `status`. */
  readonly sinceSeconds: number
}
