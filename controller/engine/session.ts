import { createHash } from 'node:crypto'
import type { ClockReading } from '../model/event.ts'
import type { Ledger } from '../model/ledger.ts'
import type { DesiredState } from '../model/plan.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import { joinScripts, nothing, type Script, sh } from '../shell/sh.ts'
import { type Journal, journalProbe, parseJournals } from './apply/journal.ts'
import { releaseOutcome } from './apply/message.ts'
import { HostRefusedError, type Unheard } from './cycle.ts'
import type { Host } from './host.ts'
import { readClock } from './hostClock.ts'
import { type LedgerReading, parseLedger } from './ledger.ts'
import { askFor, type Observation, type Question, questionMessage, readObservation } from './observe.ts'

/** What a controller remembers of a host between cycles, to ask less. May be lost at any time. */
export interface HostMemory {
  ledgerSum: string
  ledger: LedgerReading
  /** Question that the open shell holds as a function, and the shell's number. */
  installed: { readonly id: string; readonly session: number } | undefined
  /** What the host was told of our epoch, in which session. */
  fence?: { readonly epoch: number; readonly session: number }
  /** What was done there by a cycle that broke off. */
  unheard?: Unheard
}

export function emptyMemory(): HostMemory {
  return { ledgerSum: '', ledger: { status: 'none' }, installed: undefined }
}

export interface SessionDeps {
  readonly host: Host
  readonly memory: HostMemory
  readonly primitives: ReadonlyMap<string, AnyPrimitive>
  /** 32 hex digits, unguessable. */
  random(): string
  readonly observeTimeoutMs: number
  readonly maxReplyBytes: number
  /** Seconds since the epoch. */
  now(): number
}

/** Asks a host, and keeps what need not be asked again. */
export interface Session {
  /** One round trip: does `first`, then observes. */
  observe(desired: DesiredState, first?: Script, extraMs?: number): Promise<Observation>
  /** One round trip without an observation: does `first`, then says what the journals say. For what must be answered quickly. */
  ask(first: Script, extraMs: number): Promise<{ readonly journals: readonly Journal[]; readonly said: string }>
  readonly ledger: Ledger | undefined
  readonly ledgerLines: number
  readonly roundTrips: number
  /** The best reading of the host's clock so far: the one with the smallest error. */
  readonly clock: ClockReading | undefined
}

export function createSession(deps: SessionDeps): Session {
  const { host, memory } = deps
  let roundTrips = 0
  let clock: ClockReading | undefined

  async function ask(question: Question, first: Script, extraMs: number): Promise<Observation> {
    const boundary = deps.random()
    const isInstalled = memory.installed?.id === question.id && memory.installed.session === host.sessionId()
    const message = joinScripts([first, questionMessage(question, isInstalled, boundary, memory.ledgerSum)])
    roundTrips++
    const sent = deps.now()
    const reply = await host.exchange(message, { deadlineMs: deps.observeTimeoutMs + extraMs, maxBytes: deps.maxReplyBytes })
    const received = deps.now()
    memory.installed = { id: question.id, session: host.sessionId() }
    const observation = readObservation(reply, boundary, question)
    remember(observation)
    // What came first took its own time on the host.
    if (first === nothing && observation.instants) clock = better(clock, readClock(observation.instants, sent, received))
    return observation
  }

  function remember(observation: Observation): void {
    const { facts } = observation
    if (observation.busy !== undefined && !isLedgerWhole(observation, memory.ledgerSum)) return
    if (facts.ledgerSum === '') {
      memory.ledger = { status: 'none' }
      memory.ledgerSum = ''
    } else if (facts.ledgerText !== undefined) {
      // Read while it was being written, or not text at all: what cannot be told to be the ledger must not be taken for it.
      const sum = sumOf(facts.ledgerText)
      if (sum !== facts.ledgerSum)
        throw new Error('the ledger that the host showed is not the one whose sum it gave: it moved in between, or is not text')
      memory.ledger = parseLedger(facts.ledgerText)
      // Not the host's own words: a piece of its answer would keep all of the answer in memory.
      memory.ledgerSum = sum
    } else if (facts.ledgerSum !== memory.ledgerSum) throw new Error('the host said that its ledger changed, and did not show it')
  }

  async function observe(desired: DesiredState, first: Script = nothing, extraMs = 0): Promise<Observation> {
    const asked = currentLedger(memory.ledger)
    const observation = await ask(askFor(desired, asked, deps.primitives), first, extraMs)
    if (observation.busy !== undefined) return observation
    const known = ledgerOf(memory.ledger)
    const isComplete = [...(known?.entries.keys() ?? [])].every((key) => observation.items.has(key) || asked?.entries.has(key))
    if (isComplete) return observation
    // The ledger knows more than was asked about (it was not read yet, or what was done left a thing under another name). What the host said first still counts.
    return { ...(await ask(askFor(desired, known, deps.primitives), nothing, 0)), said: observation.said }
  }

  async function askJournals(first: Script, extraMs: number): Promise<{ readonly journals: readonly Journal[]; readonly said: string }> {
    const boundary = deps.random()
    roundTrips++
    const message = joinScripts([first, sh`printf '%s\n' ${boundary}`, journalProbe, releaseOutcome])
    const reply = await host.exchange(message, { deadlineMs: deps.observeTimeoutMs + extraMs, maxBytes: deps.maxReplyBytes })
    const at = reply.indexOf(`${boundary}\n`)
    if (at === -1) throw new Error('the host did not answer to its end')
    return { journals: parseJournals(reply.slice(at + boundary.length + 1)), said: reply.slice(0, at) }
  }

  return {
    observe,
    ask: askJournals,
    get ledger() {
      return ledgerOf(memory.ledger)
    },
    get ledgerLines() {
      return memory.ledger.status === 'read' ? memory.ledger.lines : 0
    },
    get roundTrips() {
      return roundTrips
    },
    get clock() {
      return clock
    },
  }
}

function better(one: ClockReading | undefined, other: ClockReading | undefined): ClockReading | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return other.errorSeconds < one.errorSeconds ? other : one
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** False where the ledger was appended to between its sum and its text. */
function isLedgerWhole({ facts }: Observation, knownSum: string): boolean {
  return facts.ledgerText === undefined
    ? facts.ledgerSum === '' || facts.ledgerSum === knownSum
    : sumOf(facts.ledgerText) === facts.ledgerSum
}

function currentLedger(reading: LedgerReading): Ledger | undefined {
  return reading.status === 'read' ? reading.ledger : undefined
}

function ledgerOf(reading: LedgerReading): Ledger | undefined {
  if (reading.status === 'unreadable')
    throw new HostRefusedError({
      reason: 'LedgerUnreadable',
      message: `the ledger cannot be read: ${reading.reason}; nothing is changed on its word. Look at /var/lib/reeve/ledger on the host, then: reeve takeover`,
    })
  return currentLedger(reading)
}
