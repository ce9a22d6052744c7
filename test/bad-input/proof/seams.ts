/** What the instrumented code calls. With `gone`, everything that carries this mark is taken away. */
export const seams = {
  gone: undefined as string | undefined,
  /** A finding that passes on a reason from elsewhere. */
  marked(mark: string, found: { readonly summary: string }): object {
    return { ...found, summary: `${found.summary}${mark}` }
  },
  /** Findings on their way out of a function. */
  passed<T extends object>(list: readonly T[]): readonly T[] {
    const { gone } = seams
    return gone === undefined ? list : list.filter((each) => !Object.values(each).some((text) => String(text).includes(gone)))
  },
  /** What must be unique: without its check it always is. */
  claimed<T extends { readonly value: string }>(mark: string, claim: T): T {
    return seams.gone === mark ? { ...claim, value: `${claim.value}${mark}${claims++}` } : claim
  },
}

let claims = 0
Object.assign(globalThis, { reeveProof: seams })
