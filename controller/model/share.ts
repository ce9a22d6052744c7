/** What a person must confirm, in words; undefined where it is within the share. */
export function overShare(count: number, existing: number, most: number, what: string): string | undefined {
  const percent = (count / existing) * 100
  return percent > most ? `${count} of ${existing} records would be ${what} (${Math.round(percent)} % > ${most} %)` : undefined
}
