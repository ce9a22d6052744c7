/** No mails about some causes until a time: a person knows, and works on it. Nothing else is held back. */
export interface Silence extends SilenceOf {
  readonly id: string
  readonly reason: string
  readonly givenBy: string
  readonly fromSeconds: number
  readonly untilSeconds: number
}

/** What is silenced: causes that are all of what is named here. */
export interface SilenceOf {
  /** As the runbook's headings: `DriftFound`. */
  readonly condition?: string
  readonly hypervisor?: string
  /** `Kind/name`. */
  readonly manifest?: string
}

/** Hours of planned work that come again and again. */
export interface Maintenance extends SilenceOf {
  /** When it begins, as cron(8) writes it. */
  readonly cron: string
  readonly duration: string
  /** Of the IANA database; absent: UTC. */
  readonly timeZone?: string
  readonly reason: string
}

export const longestSilenceSeconds = 30 * 86_400

/** A cause as a silence sees it. */
export interface Silenceable {
  readonly condition: string
  readonly hypervisor: string
  /** Words of the cause: condition, hypervisor, manifest, … */
  readonly key: string
}

export function isSilenced({ condition, hypervisor, key }: Silenceable, silences: readonly Silence[], nowSeconds: number): boolean {
  const manifest = key.split(' ')[2]
  return silences.some(
    (silence) =>
      silence.untilSeconds > nowSeconds &&
      (silence.condition ?? condition) === condition &&
      (silence.hypervisor ?? hypervisor) === hypervisor &&
      (silence.manifest ?? manifest) === manifest,
  )
}

/** In words: `DriftFound of Proxy/edge on he1`. */
export function silencedSubject({ condition, hypervisor, manifest }: SilenceOf): string {
  const parts = [
    condition ?? 'everything',
    manifest === undefined ? '' : `of ${manifest}`,
    hypervisor === undefined ? '' : `on ${hypervisor}`,
  ]
  return parts.filter((part) => part !== '').join(' ')
}
