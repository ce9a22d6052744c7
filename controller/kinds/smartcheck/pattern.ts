/** smartd.conf(5)'s regular expressions for scheduled tests, of which only words without repetition are taken: what they match can then be told exactly. */

/** One way through an expression: which characters may stand at each place. */
type Way = readonly string[]

export type PatternReading = { readonly ok: true; readonly types: ReadonlySet<string> } | { readonly ok: false; readonly reason: string }

const digits = '0123456789'
/** Short, long, conveyance, offline, and the three sorts of selective tests. */
const testTypes = 'SLCOncr'
const anything = `${digits}/${testTypes}`
const mostWays = 2000
const daysOf = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Which tests an expression over `T/MM/DD/d/HH` ever starts. smartd itself takes one that never does, in silence (7.3). */
export function readPattern(text: string): PatternReading {
  try {
    const strange = /[A-Za-z]/g
    const odd = text.match(strange)?.find((letter) => !testTypes.includes(letter))
    if (odd !== undefined) return { ok: false, reason: `${odd} is no test: S is short, L long, C conveyance, O offline` }
    const { ways, at } = alternatives(text, 0)
    if (at < text.length) return { ok: false, reason: 'a ) closes nothing; smartd would refuse the whole file' }
    return { ok: true, types: new Set(ways.flatMap(startedBy)) }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

interface Parsed {
  readonly ways: readonly Way[]
  readonly at: number
}

function alternatives(text: string, from: number): Parsed {
  const first = sequence(text, from)
  if (text[first.at] !== '|') return first
  const rest = alternatives(text, first.at + 1)
  return { ways: bounded([...first.ways, ...rest.ways]), at: rest.at }
}

function sequence(text: string, from: number): Parsed {
  let ways: readonly Way[] = [[]]
  let at = from
  while (at < text.length && text[at] !== '|' && text[at] !== ')') {
    const next = atom(text, at)
    if (ways.length * next.ways.length > mostWays) throw new Error('it has too many alternatives')
    ways = ways.flatMap((way) => next.ways.map((more) => [...way, ...more]))
    at = next.at
  }
  return { ways, at }
}

function atom(text: string, at: number): Parsed {
  const character = text[at] ?? ''
  if (character === '.') return { ways: [[anything]], at: at + 1 }
  if (character === '[') return bracket(text, at)
  if (character === ']') throw new Error('a ] closes nothing')
  if (character !== '(') return { ways: [[character]], at: at + 1 }
  const inner = alternatives(text, at + 1)
  if (text[inner.at] !== ')') throw new Error('a ( is never closed; smartd would refuse the whole file')
  return { ways: inner.ways, at: inner.at + 1 }
}

function bracket(text: string, at: number): Parsed {
  const end = text.indexOf(']', at + 1)
  const inner = text.slice(at + 1, end === -1 ? undefined : end)
  if (end === -1 || inner === '') throw new Error('a [ is never closed; smartd would refuse the whole file')
  const single = inner.replace(/(.)-(.)/g, (_, low: string, high: string) => range(low, high))
  return { ways: [[single]], at: end + 1 }
}

function range(low: string, high: string): string {
  const [from, to] = [low.charCodeAt(0), high.charCodeAt(0)]
  if (from > to) throw new Error(`[${low}-${high}] is the wrong way round; smartd would refuse the whole file`)
  return String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index))
}

function bounded(ways: readonly Way[]): readonly Way[] {
  if (ways.length > mostWays) throw new Error('it has too many alternatives')
  return ways
}

/** The tests that one way starts on some day that exists, in some hour. */
function startedBy(way: Way): readonly string[] {
  const [type = '', s1 = '', m1 = '', m2 = '', s2 = '', d1 = '', d2 = '', s3 = '', weekday = '', s4 = '', h1 = '', h2 = ''] = way
  const hasShape = way.length === 12 && [s1, s2, s3, s4].every((place) => place.includes('/'))
  if (!hasShape || !has(weekday, 1, 7) || numbers(h1, h2, 0, 23).length === 0) return []
  const hasDay = numbers(m1, m2, 1, 12).some((month) => numbers(d1, d2, 1, daysOf[month - 1] ?? 0).length > 0)
  return hasDay ? [...testTypes].filter((letter) => type.includes(letter)) : []
}

function has(place: string, low: number, high: number): boolean {
  return [...digits.slice(low, high + 1)].some((digit) => place.includes(digit))
}

function numbers(tens: string, ones: string, low: number, high: number): readonly number[] {
  const all = Array.from({ length: high - low + 1 }, (_, index) => low + index)
  return all.filter((number) => tens.includes(String(Math.floor(number / 10))) && ones.includes(String(number % 10)))
}
