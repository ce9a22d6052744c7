import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Which commit of a branch came into force last. Lost, the next commit is judged like the first one ever. */
export interface Mark {
  /** Undefined where there is none. Throws where a newer Reeve wrote it. */
  read(): string | undefined
  write(commit: string): void
}

const format = 1

export function createMark(file: string): Mark {
  return {
    read() {
      const mark = parse(textOf(file))
      if (mark !== undefined && mark.format > format)
        throw new Error(`${file} was written by a newer Reeve (format ${mark.format}, this one knows ${format}); start that Reeve again`)
      return mark?.commit
    },
    write(commit) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      const part = `${file}.part`
      const descriptor = openSync(part, 'w', 0o600)
      try {
        writeSync(descriptor, `${JSON.stringify({ format, commit })}\n`)
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      renameSync(part, file)
    },
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Undefined for what is no mark: the disk lost it. */
function parse(text: string | undefined): { readonly format: number; readonly commit: string } | undefined {
  try {
    const { format: written, commit } = JSON.parse(text ?? 'null') ?? {}
    return Number.isInteger(written) && typeof commit === 'string' && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)
      ? { format: written, commit }
      : undefined
  } catch {
    return undefined
  }
}
