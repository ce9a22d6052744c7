import { mask, reveal, type Secret } from './secret.ts'

/** Shorter ones would mask ordinary words. */
const shortest = 4
/** Of a value of several lines, a daemon may repeat one. */
const shortestLine = 12

/** Takes the values of secrets out of a text that came from a host, where a daemon may have repeated the line that it did not like. */
export function createMask(secrets: readonly Secret[]): (text: string) => string {
  const hidden = [...new Set(secrets.flatMap((secret) => partsOf(reveal(secret))))].sort((one, other) => other.length - one.length)
  if (hidden.length === 0) return (text) => text
  return (text) => hidden.reduce((masked, part) => masked.replaceAll(part, mask), text)
}

function partsOf(value: string): readonly string[] {
  const lines = value.includes('\n') ? value.split('\n').map((line) => line.trim()) : []
  return [...(value.length >= shortest ? [value] : []), ...lines.filter((line) => line.length >= shortestLine && !line.startsWith('-----'))]
}
