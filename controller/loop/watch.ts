import type { Stream, Streams } from '../engine/host.ts'
import { beatSeconds, endWatch, watchCommand, watchInput } from '../engine/watch/command.ts'
import { type WatchList, watchListFor } from '../engine/watch/list.ts'
import { createSaidReader, type Doer, type Said } from '../engine/watch/said.ts'
import type { DesiredState } from '../model/plan.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import { reasonOf } from '../model/reason.ts'
import type { WatchSource } from '../model/watched.ts'
import { createNotices, type Look, type Notice } from './noticed.ts'
import type { LoopClock, WatchNews } from './ports.ts'

export interface WatchDeps {
  readonly handle: Streams
  readonly primitives: ReadonlyMap<string, AnyPrimitive>
  readonly clock: Pick<LoopClock, 'nowSeconds' | 'after'>
  /** No look waits longer for things that are noisy. */
  readonly mostSeconds: number
  random(): number
  /** Has the host looked at: something moved, or the watch ended and must be opened anew after the next look. */
  wake(): void
  onNews(news: WatchNews): void
}

/** The watch of one hypervisor: one channel beside its shell. */
export interface HostWatch {
  /** After each look that went well: opens it where it is not open, and opens it anew where something else is to be watched. */
  keep(desired: DesiredState): void
  /** A look begins: what it has told since the last one. */
  begin(): readonly Notice[]
  looked(look: Look): void
  close(): void
}

/** Two signs of life that did not come, and some time on the way. */
const silentSeconds = 2 * beatSeconds + 10
/** Where there is nothing to run it with, that does not change from one minute to the next. */
const missingSeconds = 600
const longestBackoffSeconds = 300
/** In a minute: more than all that is watched could say, told as often as it may. */
const mostCharacters = 4 << 20

export function createHostWatch(deps: WatchDeps): HostWatch {
  const { clock, handle } = deps
  const notices = createNotices(deps.mostSeconds)
  /** What it watches, or is to watch as soon as it is open; undefined while it is closed. */
  let list: Pick<WatchList, 'id' | 'things'> | undefined
  /** What `list` was made for. */
  let wanted: DesiredState | undefined
  let isClosed = false
  let stream: Stream | undefined
  let process: number | undefined
  let sources = new Map<WatchSource, string>()
  let isReady = false
  let heardSeconds = 0
  let characters = 0
  let minuteSeconds = 0
  let failures = 0
  let openSeconds = 0
  let isWoken = false
  let cancelTimer = (): void => {}
  /** Moves with each channel, so that the words of an earlier one are not taken for its. */
  let current = 0

  function tellNews(because = ''): void {
    deps.onNews({ isOpen: isReady, because, sources, heardSeconds })
  }

  /** One timer for all that time may bring. */
  function schedule(): void {
    cancelTimer()
    // Where the clock was put back, neither is ever farther away than it can be.
    heardSeconds = Math.min(heardSeconds, clock.nowSeconds())
    openSeconds = Math.min(openSeconds, clock.nowSeconds() + missingSeconds)
    const look = isWoken ? undefined : list === undefined ? openSeconds || undefined : notices.dueSeconds()
    const next = Math.min(look ?? Number.POSITIVE_INFINITY, list === undefined ? Number.POSITIVE_INFINITY : heardSeconds + silentSeconds)
    if (Number.isFinite(next)) cancelTimer = clock.after(Math.max(1, (next - clock.nowSeconds()) * 1000), onTime)
  }

  function onTime(): void {
    const now = clock.nowSeconds()
    if (list !== undefined && now >= heardSeconds + silentSeconds) {
      replaceSilent()
      return
    }
    const due = list === undefined ? openSeconds || undefined : notices.dueSeconds()
    if (due !== undefined && due <= now && !isWoken) {
      isWoken = true
      deps.wake()
    }
    schedule()
  }

  function replaceSilent(): void {
    if (process !== undefined) handle.runAside(endWatch(process))
    end(`it said nothing for ${silentSeconds} seconds`)
  }

  function drop(): void {
    current++
    stream?.close()
    stream = undefined
    process = undefined
    list = undefined
    isReady = false
    sources = new Map()
    notices.forget()
    cancelTimer()
  }

  /** It ended, and nobody meant it to. */
  function end(because: string, waitSeconds?: number): void {
    const now = clock.nowSeconds()
    drop()
    failures++
    const backoff = Math.min(longestBackoffSeconds, 2 ** failures) * (0.5 + deps.random() / 2)
    openSeconds = now + (waitSeconds ?? backoff)
    isWoken = false
    tellNews(because)
    if (waitSeconds === undefined) schedule()
  }

  function open(next: WatchList): void {
    drop()
    const mine = current
    const { id, things } = next
    list = { id, things }
    heardSeconds = clock.nowSeconds()
    minuteSeconds = heardSeconds
    characters = 0
    const reader = createSaidReader(things.length)
    const onText = (text: string): void => {
      if (mine !== current) return
      if (isTooMuch(text.length)) {
        end('it said more than can be right')
        return
      }
      const all = reader.push(text)
      for (const said of all) if (mine === current) hear(said, things)
      if (mine === current && all.length > 0) heard(all)
    }
    const onEnd = (because: string): void => {
      if (mine === current) end(because || 'it ended')
    }
    handle.stream(watchCommand, { onText, onEnd }).then(
      (opened) => {
        if (mine !== current) return opened.close()
        stream = opened
        opened.write(watchInput(next))
      },
      (error: unknown) => onEnd(reasonOf(error)),
    )
    schedule()
  }

  /** Counted by our clock: what it says of its own is what is in doubt. */
  function isTooMuch(more: number): boolean {
    const now = clock.nowSeconds()
    if (now - minuteSeconds >= 60) {
      minuteSeconds = now
      characters = 0
    }
    characters += more
    return characters > mostCharacters
  }

  function hear(said: Said, things: WatchList['things']): void {
    if (said.type === 'missing') {
      end(`${said.because} is missing there`, missingSeconds)
      return
    }
    if (said.type === 'source') sources = new Map([...sources, [said.source, said.because]])
    if (said.type === 'ready') begun(said)
    if (said.type === 'moved') moved(said, things)
  }

  /** Once for all that came together, however much that is. */
  function heard(all: readonly Said[]): void {
    heardSeconds = clock.nowSeconds()
    if (all.some(({ type }) => type === 'alive')) failures = 0
    if (all.some(({ type }) => type === 'alive' || type === 'ready')) stream?.write('\n')
    if (isReady) tellNews()
    schedule()
  }

  function begun({ process: number, uptimeSeconds }: Extract<Said, { type: 'ready' }>): void {
    isReady = true
    process = number
    // What moved before it saw anything nobody has told.
    notice('the watch', uptimeSeconds)
  }

  function moved({ uptimeSeconds, by, things: numbers }: Extract<Said, { type: 'moved' }>, things: WatchList['things']): void {
    if (numbers === 'all') notice('many things', uptimeSeconds)
    else for (const thing of numbers.flatMap((number) => things[number] ?? [])) notice(thing.words, uptimeSeconds, thing.items, by)
  }

  function notice(words: string, uptimeSeconds: number, items?: readonly string[], by?: Doer): void {
    const name = by === undefined ? undefined : `${by.name}, process ${by.process}`
    notices.notice(words, { items, by: name, uptimeSeconds }, clock.nowSeconds())
  }

  return {
    keep(desired) {
      if (isClosed || (list !== undefined && wanted === desired) || clock.nowSeconds() < openSeconds) return
      wanted = desired
      const next = watchListFor(desired, deps.primitives)
      if (list?.id !== next.id) open(next)
    },
    begin() {
      isWoken = true
      cancelTimer()
      schedule()
      return notices.all()
    },
    looked(look) {
      isWoken = false
      notices.looked(look)
      schedule()
    },
    close() {
      isClosed = true
      openSeconds = 0
      drop()
    },
  }
}
