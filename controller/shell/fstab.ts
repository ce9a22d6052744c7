/** Options that are ours to write: never part of what is wanted. */
export const ownOption = 'x-reeve.id='

/** The whole option field of our line: nofail always, or a host whose volume is missing does not boot; the mark last. */
export function lineOptions(wanted: readonly string[], mark: string): string {
  return [...withoutOwn(wanted), 'nofail', `${ownOption}${mark}`].join(',')
}

export function withoutOwn(options: readonly string[]): readonly string[] {
  return options.filter((option) => option !== 'nofail' && option !== '' && !option.startsWith(ownOption))
}

/** Fleet and owner (`Kind/name`) of a line that carries our mark. */
export function ownerOfLine(line: FstabLine): { readonly fleet: string; readonly owner: string } | undefined {
  const [, fleet, owner] = /^([^/]+)\/(.+)$/.exec(line.mark ?? '') ?? []
  return fleet === undefined || owner === undefined ? undefined : { fleet, owner }
}

/** The line without our mark, for who keeps it. */
export function unmarked(line: FstabLine): string {
  return line.text.replace(/,?x-reeve\.id=[^,\s]+/, '')
}

/** A line of fstab(5) that mounts something. */
export interface FstabLine {
  /** From 1. */
  readonly number: number
  readonly text: string
  readonly source: string
  readonly target: string
  readonly format: string
  readonly options: readonly string[]
  readonly dump: number
  readonly pass: number
  /** Value of x-reeve.id: `FLEET/KIND/NAME`. */
  readonly mark: string | undefined
}

/** Lines that mount something, in order; comments, empty and broken ones are nobody's business. */
export function readFstab(text: string): readonly FstabLine[] {
  return text.split('\n').flatMap((line, index) => readLine(line, index + 1))
}

function readLine(text: string, number: number): readonly FstabLine[] {
  const [source, target, format, options = 'defaults', dump = '0', pass = '0'] = text.trim().split(/[ \t]+/)
  if (source === undefined || target === undefined || format === undefined || source.startsWith('#')) return []
  const list = options.split(',')
  const mark = list.find((option) => option.startsWith(ownOption))?.slice(ownOption.length)
  return [{ number, text, source, target: unescapePath(target), format, options: list, dump: Number(dump), pass: Number(pass), mark }]
}

/** Blank, tab, newline and backslash as fstab(5) and proc(5) write them. */
export function escapePath(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

export function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
