/** A text that nobody could write by chance, and the forms in which it could get somewhere. */
export interface Needle {
  readonly name: string
  readonly forms: readonly string[]
}

/** Plain, in base64 at each of its three offsets, in hex, and as a URL writes it. */
export function needle(name: string, value: string): Needle {
  const bytes = Buffer.from(value)
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      // What bytes before and after decide belongs to them.
      .slice(shift === 0 ? 0 : 4, -4),
  )
  return {
    name,
    forms: [...new Set([value, ...base64, bytes.toString('hex'), encodeURIComponent(value)])].filter((form) => form.length >= 12),
  }
}

/** Which of the needles a text holds, by name. */
export function foundIn(text: string, needles: readonly Needle[]): readonly string[] {
  return needles.filter(({ forms }) => forms.some((form) => text.includes(form))).map(({ name }) => name)
}
