import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { UncleanStop } from '../model/event.ts'

/** Shows to the next start that this one did not end in order: a file that is there while the controller runs. */
export interface LifeMark {
  /** Begins; answers how the run before ended, where that was not in order. Throws where a newer Reeve wrote the mark. */
  begin(): UncleanStop | undefined
  /** What is being done on a hypervisor; undefined: nothing any more. */
  note(hypervisor: string, doing: string | undefined): void
  /** Still here: to be called every few seconds. */
  alive(): void
  /** Ends in order. */
  end(): void
}

export interface LifeMarkDeps {
  readonly file: string
  readonly pid: number
  nowSeconds(): number
}

const format = 1
const paceSeconds = 5
const mostNotes = 20

export function createLifeMark({ file, pid, nowSeconds }: LifeMarkDeps): LifeMark {
  const inHand = new Map<string, string>()
  const startedSeconds = nowSeconds()
  let writtenSeconds = 0
  let isEnded = true

  function write(): void {
    if (isEnded) return
    writtenSeconds = nowSeconds()
    const notes = [...inHand].slice(0, mostNotes).map(([hypervisor, doing]) => ({ hypervisor, doing }))
    const mark = { format, pid, host: hostname(), startedSeconds, aliveSeconds: writtenSeconds, inHand: notes }
    try {
      writeFileSync(`${file}.part`, `${JSON.stringify(mark)}\n`, { mode: 0o600 })
      renameSync(`${file}.part`, file)
    } catch {
      // A full disk has alerts of its own; the mark that is there says enough.
    }
  }

  return {
    begin() {
      const before = read(file)
      isEnded = false
      write()
      return before
    },
    note(hypervisor, doing) {
      if (doing === undefined ? !inHand.delete(hypervisor) : inHand.get(hypervisor) === doing) return
      if (doing !== undefined) inHand.set(hypervisor, doing)
      write()
    },
    alive() {
      if (nowSeconds() - writtenSeconds >= paceSeconds) write()
    },
    end() {
      isEnded = true
      rmSync(file, { force: true })
    },
  }
}

function read(file: string): UncleanStop | undefined {
  const mark = parse(file)
  if (mark === undefined) return undefined
  if (mark.format > format)
    throw new Error(`${file} was written by a newer Reeve (format ${mark.format}, this one knows ${format}); start that Reeve again`)
  const { startedSeconds, aliveSeconds, inHand } = mark
  return { startedSeconds, aliveSeconds, inHand }
}

/** Undefined where there is none; where it is torn, all that is known is that there was one. */
function parse(file: string): (UncleanStop & { readonly format: number }) | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const torn = { format, startedSeconds: 0, aliveSeconds: 0, inHand: [] }
  try {
    const mark = JSON.parse(text)
    const isSound =
      Number.isInteger(mark.format) && [mark.startedSeconds, mark.aliveSeconds].every(Number.isFinite) && Array.isArray(mark.inHand)
    return isSound || mark.format > format ? mark : torn
  } catch {
    return torn
  }
}
