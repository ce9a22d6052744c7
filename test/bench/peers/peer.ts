/** A tool that holds a host to the same day's work (day.ts). */
export interface Peer {
  readonly name: string
  /** Puts what is wanted where the tool takes it from. */
  want(answer: string): Promise<void>
  /** One run to its end. Throws where it failed. */
  run(): Promise<unknown>
}
