import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../controller/model/attempt.ts'
import {
  afterAll,
  afterCycle,
  afterTry,
  isNothing,
  type Moment,
  nothingKnown,
  type Reach,
  waitMs,
} from '../../controller/replicas/reach.ts'
import { rendezvous } from '../../controller/replicas/rendezvous.ts'
import { chooseOwner, isCutForSome, type Said } from '../../controller/replicas/ways.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const handOverMs = 300_000
const reached: Attempt = { status: 'reached' }
const unreachable: Attempt = { status: 'unreachable', because: 'no answer' }
const denied: Attempt = { status: 'denied', because: 'another host key' }
const at = (nowMs: number, more: Partial<Moment> = {}): Moment => ({ nowMs, handOverMs, isOwner: true, isAsked: false, ...more })
const failing = afterCycle(nothingKnown, unreachable, at(1000))
const cut = afterTry(failing, unreachable, at(1000 + handOverMs))
const openOne: Reach = { ...nothingKnown, says: 'open' }
const asked = { isOwner: false, isAsked: true }

describe('what a replica says of its way to a hypervisor', () => {
  it('is nothing while it is in charge and has failed for a shorter time, in which it goes on trying', () => {
    expect(failing).toMatchObject({ says: undefined, failingSinceMs: 1000, tryMs: 301_000 })
    expect(afterCycle(failing, unreachable, at(200_000))).toMatchObject({ says: undefined, failingSinceMs: 1000, tryMs: 301_000 })
  })

  it('is that it is cut, once a connection of its own has failed too after that time', () => {
    expect(cut).toMatchObject({ says: 'cut', because: 'no answer', rounds: 1, tryMs: 301_000 + 2 * handOverMs })
  })

  it.each([
    ['a cycle that reached it', afterCycle(failing, reached, at(2000))],
    ['a cycle that found another host key, or no way in', afterCycle(failing, denied, at(2000))],
    ['a try that reached it', afterTry(failing, reached, at(301_000))],
    ['a try that found another host key, or no way in', afterTry(failing, denied, at(301_000 - 1))],
    ['another one taking charge', afterAll(failing, at(2000, { isOwner: false }))],
  ])('counts anew after %s', (_name, reach) => {
    expect(reach).toMatchObject({ says: undefined, failingSinceMs: undefined, tryMs: undefined })
  })

  it('is never that it is cut for a host that answers, however long it lets this one not in', () => {
    const long = afterTry(failing, denied, at(400_000))
    expect(long).toMatchObject({ says: undefined, because: 'another host key' })
    expect(afterTry(nothingKnown, denied, at(5, asked))).toMatchObject({ says: undefined, tryMs: 5 + 2 * handOverMs })
  })

  it('stays cut, and is tried less and less often, until it is let in', () => {
    const again = afterTry(cut, unreachable, at(1_000_000, { isOwner: false }))
    expect(again).toMatchObject({ says: 'cut', rounds: 2, tryMs: 1_000_000 + 4 * handOverMs })
    expect(afterTry(cut, denied, at(1_000_000, { isOwner: false }))).toMatchObject({
      says: 'cut',
      rounds: 2,
      tryMs: 1_000_000 + 4 * handOverMs,
    })
    expect(afterTry(again, reached, at(2_200_000, { isOwner: false }))).toMatchObject({ says: undefined, rounds: 2, tryMs: undefined })
    expect(afterTry(again, reached, at(2_200_000, asked))).toMatchObject({ says: 'open' })
    expect([1, 2, 3, 4, 5, 99].map((rounds) => waitMs(rounds, handOverMs) / handOverMs)).toEqual([2, 4, 8, 12, 12, 12])
  })

  it('is tried at once where another one is cut, and told either way', () => {
    const due = afterAll(nothingKnown, at(7, asked))
    expect(due.tryMs).toBe(7)
    expect(afterTry(due, reached, at(8, asked))).toMatchObject({ says: 'open', tryMs: undefined })
    expect(afterTry(due, unreachable, at(8, asked))).toMatchObject({ says: 'cut', rounds: 1 })
    expect(afterTry(due, unreachable, at(8, { isOwner: false }))).toMatchObject({ says: undefined, rounds: 0 })
    expect(afterAll(due, at(8, { isOwner: false })).tryMs).toBeUndefined()
  })

  it('is answered by whoever is in charge with the next cycle', () => {
    expect(afterCycle(nothingKnown, reached, at(1, { isAsked: true }))).toMatchObject({ says: 'open' })
    expect(afterCycle({ ...cut, tryMs: 9e9 }, reached, at(1, { isAsked: true }))).toMatchObject({ says: 'open', tryMs: undefined })
    // What a cycle saw that ended while it was handed over takes nothing back.
    expect(afterCycle(cut, reached, at(1, { isOwner: false }))).toBe(cut)
  })

  it('is not that it is open for longer than another one is cut', () => {
    expect(afterAll(openOne, at(1, asked))).toMatchObject({ says: 'open' })
    expect(isNothing(afterAll(openOne, at(1, { isOwner: false })))).toBe(true)
  })

  it('forgets how often it was cut after 48 times the hand-over time without a cut', () => {
    const back = afterTry(cut, reached, at(1_000_000))
    expect(afterAll(back, at(cut.lastCutMs + 48 * handOverMs - 1)).rounds).toBe(1)
    expect(isNothing(afterAll(back, at(cut.lastCutMs + 48 * handOverMs)))).toBe(true)
    expect(afterAll(cut, at(9e9)).rounds).toBe(1)
  })
})

/** Several replicas and one hypervisor, with lines between them that come and go, in a clock of its own. */
function play(names: readonly string[], hypervisor: string, steps: readonly Step[], lines: 'asToggled' | 'cutForTheOwner' = 'asToggled') {
  const up = new Map(names.map((name) => [name, true]))
  const reaches = new Map<string, Reach>(names.map((name) => [name, nothingKnown]))
  let owner = rendezvous(hypervisor, names) as string
  let [nowMs, moves] = [0, 0]

  const said = (): ReadonlyMap<string, Pick<Said, 'is'>> =>
    new Map([...reaches].flatMap(([name, { says }]) => (says === undefined ? [] : [[name, { is: says }]])))
  const momentOf = (name: string): Moment => at(nowMs, { isOwner: name === owner, isAsked: isCutForSome(names, said(), name) })
  const isOpen = (name: string): boolean => (lines === 'asToggled' ? up.get(name) === true : name !== owner)
  const lineOf = (name: string): Attempt => (isOpen(name) ? reached : unreachable)

  function act(name: string): void {
    const look = (reach: Reach): Reach => afterAll(reach, momentOf(name))
    let reach = look(reaches.get(name) ?? nothingKnown)
    if (name === owner) reach = afterCycle(reach, lineOf(name), momentOf(name))
    if (reach.tryMs !== undefined && reach.tryMs <= nowMs) reach = afterTry(reach, lineOf(name), momentOf(name))
    reaches.set(name, look(reach))
    const next = chooseOwner({ hypervisor, members: names, said: said(), owner }) as string
    if (next !== owner) moves++
    owner = next
  }

  for (const { toggles, forMs } of steps) {
    for (const name of toggles) up.set(name, !up.get(name))
    const untilMs = nowMs + forMs
    for (; nowMs < untilMs; nowMs += 30_000) for (const name of names) act(name)
  }
  return { owner, moves, nowMs, isUp: (name: string) => up.get(name) === true, said: said() }
}

interface Step {
  readonly toggles: readonly string[]
  readonly forMs: number
}

const members = fc.constantFrom<readonly string[]>(['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd'])
const history = members.chain((names) =>
  fc.record({
    names: fc.constant(names),
    hypervisor: fc.constantFrom('he1', 'he2', 'he3', 'he4', 'he5', 'he6'),
    steps: fc.array(fc.record({ toggles: fc.subarray([...names]), forMs: fc.integer({ min: 30_000, max: 3_000_000 }) }), { maxLength: 60 }),
  }),
)
const settleMs = 40 * handOverMs

/** Each replica may find its way cut so often in this time: after 0, 2, 6, 14, 26, 38 … times the hand-over time. Each time moves it away once, and back once. */
const mostMoves = (names: readonly string[], nowMs: number): number => 2 * names.length * (4 + nowMs / (12 * handOverMs))

describe('lines that come and go', () => {
  it('move a hypervisor no more often than its replicas may find their ways cut, and find them open again', () => {
    let most = 0
    fc.assert(
      fc.property(history, ({ names, hypervisor, steps }) => {
        const { moves, nowMs } = play(names, hypervisor, steps)
        most = Math.max(most, moves)
        expect(moves).toBeLessThanOrEqual(mostMoves(names, nowMs))
      }),
      { seed, numRuns: isLong ? 3000 : 100 },
    )
    console.log(`seed ${seed}: at most ${most} moves`)
  })

  it.each([2, 3, 4])('do so even where each of %i is cut as soon as it is in charge', (count) => {
    const names = ['a', 'b', 'c', 'd'].slice(0, count)
    const { moves, nowMs } = play(names, 'he1', [{ toggles: [], forMs: 1000 * handOverMs }], 'cutForTheOwner')
    expect(moves).toBeGreaterThan(50)
    expect(moves).toBeLessThanOrEqual(mostMoves(names, nowMs))
  })

  it('leave it with one that reaches it, if any does, once they stay as they are', () => {
    fc.assert(
      fc.property(history, ({ names, hypervisor, steps }) => {
        const { owner, isUp } = play(names, hypervisor, [...steps, { toggles: [], forMs: settleMs }])
        expect(isUp(owner) || !names.some(isUp)).toBe(true)
      }),
      { seed, numRuns: isLong ? 3000 : 100 },
    )
  })

  it('leave nothing behind once all are back', () => {
    fc.assert(
      fc.property(history, ({ names, hypervisor, steps }) => {
        const before = play(names, hypervisor, steps)
        const mend = { toggles: names.filter((name) => !before.isUp(name)), forMs: settleMs }
        const { owner, said } = play(names, hypervisor, [...steps, mend])
        expect([owner, [...said]]).toEqual([rendezvous(hypervisor, names), []])
      }),
      { seed, numRuns: isLong ? 3000 : 100 },
    )
  })

  it('do not move what nobody can reach, for days', () => {
    const names = ['a', 'b', 'c']
    expect(play(names, 'he1', [{ toggles: names, forMs: 1000 * handOverMs }])).toMatchObject({ moves: 0 })
  })

  it('move it once when its way is cut, and once when it is back', () => {
    const names = ['a', 'b', 'c']
    const plain = rendezvous('he1', names) as string
    const steps = [
      { toggles: [plain], forMs: 10 * handOverMs },
      { toggles: [plain], forMs: settleMs },
    ]
    expect(play(names, 'he1', steps.slice(0, 1)).moves).toBe(1)
    expect(play(names, 'he1', steps)).toMatchObject({ moves: 2, owner: plain })
  })

  it('do not move it for a reboot', () => {
    const names = ['a', 'b', 'c']
    expect(
      play(names, 'he1', [
        { toggles: names, forMs: handOverMs - 30_000 },
        { toggles: names, forMs: settleMs },
      ]),
    ).toMatchObject({ moves: 0 })
  })
})
