/** How much YAML a person can mean; everything beyond is a bomb or a mistake. */
export interface Limits {
  readonly fileBytes: number
  readonly documents: number
  /** Collections within collections. */
  readonly depth: number
  /** Values of one document, aliases written out. */
  readonly nodes: number
  readonly aliases: number
  /** Findings of one file; the rest is counted. */
  readonly findings: number
}

export const defaultLimits: Limits = { fileBytes: 2 << 20, documents: 500, depth: 40, nodes: 200_000, aliases: 100, findings: 50 }
