import { readdirSync, readFileSync } from 'node:fs'
import { foundIn, type Needle } from './needles.ts'

/** Looks at the arguments and the environment of every process of this machine, those in containers too, until it is stopped. */
export interface ProcessWatch extends Disposable {
  /** `environ of node: age identity`, each once. */
  readonly found: ReadonlySet<string>
  /** How many processes were looked at. */
  readonly seen: number
  /** Looks for these from now on. */
  add(needles: readonly Needle[]): void
}

const paceMs = 20

/** What was looked at: `cmdline` or `environ`, in a process of these arguments. */
export interface Look {
  readonly part: string
  readonly cmdline: string
}

/** The environment of the controller itself, which was given it; its arguments are those of `bin/reeve run` and of what that becomes. */
export function isOfController({ part, cmdline }: Look): boolean {
  return part === 'environ' && /(bin\/reeve|main\.ts)\0run\0/.test(cmdline)
}

export function watchProcesses(first: readonly Needle[], isAllowed: (look: Look) => boolean): ProcessWatch {
  const found = new Set<string>()
  const seen = new Set<string>()
  let needles = first
  const look = (): void => {
    for (const id of readdirSync('/proc')) {
      if (!/^\d+$/.test(id) || Number(id) === process.pid) continue
      seen.add(id)
      // Between fork and exec a child shows what its parent has. Arguments first: where they are another program's, so is the environment.
      const cmdline = read(`/proc/${id}/cmdline`)
      for (const [part, text] of [['cmdline', cmdline] as const, ['environ', read(`/proc/${id}/environ`)] as const])
        for (const name of foundIn(text, needles))
          if (!isAllowed({ part, cmdline })) found.add(`${part} of ${cmdline.replaceAll('\0', ' ').slice(0, 100)}: ${name}`)
    }
  }
  const timer = setInterval(look, paceMs)
  return {
    found,
    get seen() {
      return seen.size
    },
    add(more) {
      needles = more
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
