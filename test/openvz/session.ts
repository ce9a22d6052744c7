import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** One command of a session, as transcripts/README.md says. */
export interface Entry {
  readonly name: string
  readonly source: 'run' | 'documentation'
  /** Files that are written first. */
  readonly before?: Readonly<Record<string, string>>
  /** Of a file: a pattern, and what comes in its place. */
  readonly edit?: Readonly<Record<string, readonly [string, string]>>
  /** Name of an archive that is put into the template cache first. */
  readonly template?: string
  /** CTID whose lock somebody holds. */
  readonly lock?: string
  readonly argv: readonly string[]
  readonly stdin?: string
  readonly stdout?: string
  readonly stderr?: string
  readonly exit: number
  /** Whole text of files; null: there is none. */
  readonly after?: Readonly<Record<string, string | null>>
  /** Lines that files hold. */
  readonly has?: Readonly<Record<string, string>>
  /** Only makes the host ready for those that follow: it is not the provider's. */
  readonly setup?: true
  /** What `vzctl status` and vzlist say from here on; a session begins with a container that does not exist. */
  readonly becomes?: 'absent' | 'down' | 'running'
}

export function readSession(name: string): readonly Entry[] {
  return parse(readFileSync(join(import.meta.dirname, 'transcripts', `${name}.yaml`), 'utf8')) as readonly Entry[]
}
