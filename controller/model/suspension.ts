/** Nothing is changed for a time on a hypervisor, or by a manifest, or anywhere: a person works there. All is looked at and told as ever. */
export interface Suspension extends SuspensionOf {
  readonly reason: string
  readonly givenBy: string
  readonly fromSeconds: number
  readonly untilSeconds: number
}

/** What is suspended; nothing named: the whole fleet. */
export interface SuspensionOf {
  readonly hypervisor?: string
  /** `Kind/name`. */
  readonly manifest?: string
}

/** What must stand longer is for Git to say (`spec.suspend`), where others see it. */
export const longestSuspensionSeconds = 90 * 86_400

/** In words, and its key: there is one suspension of each. */
export function suspendedSubject({ hypervisor, manifest }: SuspensionOf): string {
  return manifest ?? hypervisor ?? 'the whole fleet'
}

/** That which keeps this hypervisor as a whole from being changed. */
export function suspensionOfHypervisor(suspensions: readonly Suspension[], name: string): Suspension | undefined {
  return suspensions.find((one) => one.manifest === undefined && (one.hypervisor ?? name) === name)
}

/** That which was given for exactly this manifest. */
export function suspensionOfManifest(suspensions: readonly Suspension[], id: string): Suspension | undefined {
  return suspensions.find((one) => one.manifest === id)
}

/** Why, who and until when, in one line. */
export function suspensionReason({ reason, givenBy, untilSeconds }: Suspension): string {
  return `${reason} (${givenBy}, until ${new Date(untilSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC)`
}
