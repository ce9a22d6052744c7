/** Text of a host or of Git, safe for a terminal and a mail: control characters but line feed and tab are shown, not sent (a host could move the cursor or change the title). */
export function visible(text: string): string {
  return text.replaceAll(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** JSON for a program, and safe for a terminal too: what JSON leaves as it is (C1 characters, which begin sequences of their own, and what turns the direction of writing) is escaped as JSON does it. */
export function visibleJson(value: unknown): string {
  return `${visible(JSON.stringify(value, null, 2))}\n`
}
