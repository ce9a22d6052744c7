import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { HistoryEntry } from '../../controller/model/history.ts'
import type { FaultSort } from './schedule.ts'

/** One line of soak.ndjson. Times are seconds since the epoch, by the clock that controller and hosts share. */
export type Note =
  | {
      readonly type: 'begin'
      readonly seed: number
      readonly minutes: number
      readonly hosts: string
      readonly commit: string
      readonly load: number
      readonly machine: string
    }
  /** `isAlone`: no fault was near. */
  | {
      readonly type: 'commit'
      readonly host: string
      readonly sort: string
      readonly hash: string
      readonly bad?: string
      readonly isAlone: boolean
    }
  /** A commit that was bad is taken back. */
  | { readonly type: 'revert'; readonly hash: string; readonly of: string }
  /** `isTrue`: whether the host itself says so. */
  | { readonly type: 'converged'; readonly hash: string; readonly host: string; readonly seconds: number; readonly isTrue: boolean }
  | { readonly type: 'drift'; readonly id: number; readonly host: string; readonly sort: string; readonly item: string }
  /** The host is as Git says again. */
  | { readonly type: 'right'; readonly id: number }
  | { readonly type: 'fault'; readonly id: number; readonly sort: FaultSort; readonly host: string }
  /** The cause is gone, and all was seen to be well after it. */
  | { readonly type: 'over'; readonly id: number }
  | { readonly type: 'history'; readonly entry: HistoryEntry }
  /** `id`: its Message-ID without the host; `items`: those that it names. */
  | { readonly type: 'mail'; readonly id: string; readonly subject: string; readonly items: readonly string[] }
  | { readonly type: 'memory'; readonly pid: number; readonly rssMiB: number; readonly heapMiB: number }
  | {
      readonly type: 'look'
      readonly host: string
      readonly dataLost: readonly string[]
      readonly wrongDeletes: readonly string[]
      readonly different: readonly string[]
    }
  | { readonly type: 'skipped'; readonly what: string; readonly because: string }
  | { readonly type: 'trouble'; readonly text: string }
  /** No act is begun any more. */
  | { readonly type: 'played'; readonly load: number }
  | { readonly type: 'end'; readonly load: number; readonly open: readonly string[] }

export type Noted = Note & { readonly at: number }

export interface Journal {
  note(note: Note): void
}

/** Appends as it goes, so that a run that is cut still has its report. */
export function openJournal(file: string, nowSeconds: () => number): Journal {
  return { note: (note) => appendFileSync(file, `${JSON.stringify({ at: nowSeconds(), ...note })}\n`) }
}

/** The last run of a file. A line that was cut, as by a run that was killed, is passed over. */
export function parseJournal(text: string): readonly Noted[] {
  const notes = text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Noted]
    } catch {
      return []
    }
  })
  return notes.slice(Math.max(0, notes.map(({ type }) => type).lastIndexOf('begin')))
}

/** Throws in words where there is none. */
export function readJournal(file: string): readonly Noted[] {
  if (!existsSync(file)) throw new Error(`${file} is not there: name the journal of a run, such as soak.ndjson`)
  const notes = parseJournal(readFileSync(file, 'utf8'))
  if (notes[0]?.type !== 'begin') throw new Error(`${file} holds no run: name the journal of a run, such as soak.ndjson`)
  return notes
}

/** Those of one type, in their order. */
export function notesOf<T extends Note['type']>(notes: readonly Noted[], type: T): readonly Extract<Noted, { readonly type: T }>[] {
  return notes.filter((one): one is Extract<Noted, { readonly type: T }> => one.type === type)
}
