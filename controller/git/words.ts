/** The beginning of a text that git gave, as a text of its own: a piece of a long one would keep all of it in memory. Whoever may push writes a subject of a hundred megabytes. */
export function beginningOf(text: string, mostCharacters = 300): string {
  const isWhole = text.length <= mostCharacters
  return Buffer.from(isWhole ? text : `${text.slice(0, mostCharacters - 1)}…`).toString()
}
