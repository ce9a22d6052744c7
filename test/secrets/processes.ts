import { readdirSync, readFileSync } from 'node:fs'
import { foundIn, type Needle } from './needles.ts'

/** Looks at the arguments and the environment of every process of this machine, those in containers too, until it is stopped. */
export interface ProcessWatch extends Disposable {
  /** `environ of node: age identity`, each once. */
  readonly found: ReadonlySet<string>
  /** How many processes were looked at. */
  readonly seen: number
}

const paceMs = 20

/** `isAllowed`: a place where one may stand, such as the environment of the process that was given it. */
export function watchProcesses(needles: readonly Needle[], isAllowed: (pid: number, part: string, name: string) => boolean): ProcessWatch {
  const found = new Set<string>()
  const seen = new Set<string>()
  const look = (): void => {
    for (const id of readdirSync('/proc')) {
      if (!/^\d+$/.test(id) || Number(id) === process.pid) continue
      seen.add(id)
      for (const part of ['cmdline', 'environ'])
        for (const name of foundIn(read(`/proc/${id}/${part}`), needles))
          if (!isAllowed(Number(id), part, name)) found.add(`${part} of ${read(`/proc/${id}/comm`).trim()}: ${name}`)
    }
  }
  const timer = setInterval(look, paceMs)
  return {
    found,
    get seen() {
      return seen.size
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
