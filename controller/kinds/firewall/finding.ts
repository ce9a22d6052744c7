/** What is wrong, and with which field, by its path within the thing that was checked. */
export interface Finding {
  readonly path: string
  readonly summary: string
}
