import type { LogRecord } from './controller.ts'
import type { Tone } from './view.ts'

export interface StoryLine {
  readonly text: string
  readonly tone: Tone
}

const width = 100
const outcomeSigns: Readonly<Record<string, string>> = { done: '+', started: '>', skipped: '-', refused: '!', failed: '!' }

/** The controller's log for people: each of its records as lines, or none where it says nothing new. Remembers what it said last. */
export function createStory(): (record: LogRecord) => readonly StoryLine[] {
  let last = ''
  return (record) => {
    const lines = linesOf(record)
    const text = lines.map((line) => line.text).join('\n')
    if (text === last) return []
    if (text !== '') last = text
    return lines
  }
}

function linesOf(record: LogRecord): readonly StoryLine[] {
  if (record.level === 'debug' || record.component === 'mail' || record.component === 'http') return []
  if (record.component === 'plan') return planned(record)
  if (record.component === 'apply') return applied(record)
  if (record.component === 'loop' && typeof record.status === 'string') return cycled(record)
  return [{ text: record.msg, tone: toneOf(record.level) }]
}

function planned({ hypervisor, pass, items }: LogRecord): readonly StoryLine[] {
  const names = wordsOf(items, hypervisor)
  const head = `${hypervisor}: pass ${pass} makes ${names.length} ${names.length === 1 ? 'thing' : 'things'}: `
  return wrapped(`${head}${names.join(', ')}`).map((text) => ({ text, tone: 'plain' }))
}

function applied({ outcome, items, level, msg, hypervisor }: LogRecord): readonly StoryLine[] {
  if (level === 'warn') return wrapped(msg).map((text) => ({ text, tone: 'warn' }))
  const names = wordsOf(items, hypervisor).join(', ')
  if (typeof outcome !== 'string')
    return wrapped(`  ? ${names}: live, to be undone unless the probe succeeds`).map((text) => ({ text, tone: 'plain' }))
  const sign = outcomeSigns[outcome] ?? '?'
  const note = outcome === 'started' ? ' (a job of its own)' : outcome === 'skipped' ? ' (waits for another)' : ''
  return wrapped(`  ${sign} ${names}${note}`).map((text) => ({ text, tone: outcome === 'skipped' ? 'dim' : 'good' }))
}

function cycled({ hypervisor, status, msg, durationMs, passes, roundTrips }: LogRecord): readonly StoryLine[] {
  if (status === 'converged') {
    const took = `${(Number(durationMs) / 1000).toFixed(1)} s, ${passes} ${passes === 1 ? 'pass' : 'passes'}, ${roundTrips} round trips`
    return [{ text: `${hypervisor}: as Git says (${took})`, tone: 'good' }]
  }
  // What it did was told line by line.
  return wrapped(msg.replace(/ \[.*\]$/s, '')).map((text) => ({ text, tone: status === 'waiting' ? 'dim' : 'warn' }))
}

/** Items without the name of their hypervisor, which stands before them: `bridge:br-lxc`, `plpa file:/etc/hosts`. */
function wordsOf(items: unknown, hypervisor: unknown): readonly string[] {
  if (!Array.isArray(items)) return []
  return items
    .map(String)
    .map((item) => (item.startsWith(`${hypervisor} `) || item.startsWith(`${hypervisor}/`) ? item.slice(`${hypervisor} `.length) : item))
}

function toneOf(level: string): Tone {
  if (level === 'error' || level === 'fatal') return 'bad'
  return level === 'warn' ? 'warn' : 'plain'
}

/** Lines of at most some hundred characters, broken at spaces. */
function wrapped(text: string): readonly string[] {
  const lines = ['']
  for (const word of text.split(/(?<=\S) /)) {
    const line = lines.at(-1) as string
    if (line !== '' && line.length + word.length >= width) lines.push(`    ${word}`)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
