import { expect, it } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import { planRelease } from '../../controller/engine/release.ts'
import type { Transaction } from '../../controller/model/plan.ts'
import type { AnyPrimitive } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'
import { randomFrom } from '../random.ts'
import { depsOf, desired, type Failure, failing, primitiveOf } from './engine.ts'
import { mutations } from './mutate.ts'
import type { Place, Sample } from './sample.ts'
import { settled } from './settled.ts'

const failures: readonly Failure[] = ['never', 'after', 'twice']
const isLong = process.env['REEVE_TEST_LONG'] === '1'

/** What every primitive must hold on a real host, by the real engine. */
export function conforms(sample: Sample, placeOf: () => Promise<Place>, timeoutMs: number): void {
  const primitive = primitiveOf(sample.type)
  const state = desired(sample.wanted)

  it('is as wanted after its steps, then there is nothing to do, and it is let go of as it stands', { timeout: timeoutMs }, async () => {
    const place = await ready(sample, placeOf)
    await converge(place, sample)
    const { plan, status } = await planOnce(state, depsOf(place))
    expect({ status, transactions: plan.transactions, records: plan.records }).toEqual({ status: 'noop', transactions: [], records: [] })
    expect(await reconcile(state, depsOf(place))).toMatchObject({ status: 'noop', drift: [], applied: [] })
    await isLetGo(place, sample)
  })

  it('is left alone while it is unknown', { timeout: timeoutMs }, async () => {
    const place = await ready(sample, placeOf)
    await converge(place, sample)
    await place.run(sample.spoil)
    const before = await place.run(sample.footprint)
    for (const [blind, why] of blinded(primitive)) {
      const cycle = await reconcile(state, depsOf(place, blind))
      expect(cycle.plan.unknown.filter(({ id }) => id.startsWith(`${sample.type}:`)).length, why).toBeGreaterThan(0)
      // What lies beneath may find by itself that there is something to note: that a volume is open, say, while somebody looks at it.
      expect(changesIn(cycle, sample.type), why).toEqual([])
      expect(await place.run(sample.footprint), why).toBe(before)
    }
    await converge(place, sample)
  })

  it('is looked at by a function that leaves its shell as it was', { timeout: timeoutMs }, async () => {
    const place = await ready(sample, placeOf)
    for (const isMade of [false, true]) {
      if (isMade) await converge(place, sample)
      const subjects = sample.wanted.filter(({ type }) => type === sample.type).map((spec) => ({ id: spec.id, spec }))
      const state = `printf '%s\\n' "$PWD" "$-" "\${IFS-unset}" "$*"; umask; trap`
      const script = `unset IFS\nprobe() {\n${primitive.probe(subjects, 'conform').text}\n}\n`
      const said = await place.run(`set -- b x\n${script}${state}\necho SPLIT\nprobe "$@" </dev/null >/dev/null 2>&1\n${state}`)
      const [before, after] = said.split('SPLIT\n')
      expect(after).toBe(before)
    }
  })

  it('is read from damaged words as it is, or not at all, but never as absent', { timeout: timeoutMs }, async () => {
    const place = await ready(sample, placeOf)
    await converge(place, sample)
    const subjects = sample.wanted.filter(({ type }) => type === sample.type).map((spec) => ({ id: spec.id, spec }))
    const text = await place.run(`LC_ALL=C; export LC_ALL\n( ${primitive.probe(subjects, 'conform').text}\n) </dev/null`)
    const good = primitive.parse(text, subjects)
    expect(subjects.map(({ id }) => good.items.get(id)?.status)).not.toContain('unknown')
    const present = subjects.filter(({ id }) => good.items.get(id)?.status === 'present')
    const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    for (const { name, damaged } of mutations(text, randomFrom(seed), isLong ? 3000 : 150)) {
      const items = parseOr(primitive, damaged, subjects)
      for (const { id, spec } of present) {
        const found = items.get(id) ?? { status: 'unknown', reason: '' }
        expect(found.status, `REEVE_TEST_SEED=${seed}, ${name}\n${damaged}`).not.toBe('absent')
        if (found.status === 'present') primitive.diff(spec, found, undefined)
      }
    }
  })

  if (sample.isOnlyRead) {
    it('is never changed, however the host moves', { timeout: timeoutMs }, async () => {
      const place = await ready(sample, placeOf)
      await converge(place, sample)
      await place.run(sample.spoil)
      const before = await place.run(sample.footprint)
      expect(await reconcile(state, depsOf(place))).toMatchObject({ applied: [] })
      expect(await place.run(sample.footprint)).toBe(before)
    })
    return
  }
  it.each(failures)('is undone byte for byte where a step fails (%s), made or mended', { timeout: timeoutMs * 2 }, async (how) => {
    const place = await ready(sample, placeOf)
    await undoes(place, sample, how)
    await converge(place, sample)
    await place.run(sample.spoil)
    await undoes(place, sample, how)
    await converge(place, sample)
  })
}

function changesIn({ applied }: Cycle, type: string): readonly string[] {
  const ids = applied.flatMap(({ transaction }) => transaction.changes.map(({ id }) => id))
  return ids.filter((id) => id.startsWith(`${type}:`))
}

async function ready({ before = ':', needs = [] }: Sample, placeOf: () => Promise<Place>): Promise<Place> {
  const place = await placeOf()
  await place.run(before)
  if (needs.length > 0) expect((await settled(place, needs)).status).toBe('converged')
  return place
}

async function converge(place: Place, sample: Sample): Promise<void> {
  const cycle = await settled(place, sample.wanted)
  expect(`${cycle.status} ${cycle.message}`).toMatch(/^(converged|noop) $/)
}

const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 200))

/** One cycle with a primitive that fails; where that is a job, until it ended. In words: `undone: ` and what the step printed, or what came instead. */
async function failureOf(place: Place, sample: Sample, primitive: AnyPrimitive): Promise<string> {
  const state = desired(sample.wanted)
  let cycle = await reconcile(state, depsOf(place, primitive))
  while (cycle.inProgress.length > 0) {
    await pause()
    cycle = await planOnce(state, depsOf(place, primitive))
  }
  const job = cycle.finishedJobs.find(({ isDone }) => !isDone)
  if (job !== undefined) return `undone: ${job.stderr.trim()}`
  const failed = cycle.applied.find(({ outcome }) => outcome.status === 'failed')?.outcome
  return failed?.status === 'failed' && failed.undone ? `undone: ${failed.stderr.trim()}` : `${cycle.status}: ${cycle.message}`
}

/** Fails at each step in turn, and holds what is there against what was there. */
async function undoes(place: Place, sample: Sample, how: Failure): Promise<void> {
  const before = await place.run(sample.footprint)
  let steps = 1
  for (let at = 0; at < steps; at++) {
    const primitive = failing(primitiveOf(sample.type), at, how, (count) => {
      steps = Math.max(steps, count)
    })
    expect(await failureOf(place, sample, primitive), `step ${at} of ${steps}`).toMatch(/^undone: [\s\S]*injected failure$/)
    if (sample.undoes !== 'nothing') expect(await place.run(sample.footprint), `step ${at} of ${steps}`).toBe(before)
  }
}

function blinded(primitive: AnyPrimitive): readonly (readonly [AnyPrimitive, string])[] {
  return [
    [{ ...primitive, probe: () => sh`echo 'the tool is broken' >&2; false` }, 'its probe fails'],
    [{ ...primitive, probe: () => sh`:` }, 'its probe says nothing'],
    [
      {
        ...primitive,
        parse() {
          throw new Error('no sense')
        },
      },
      'its parser throws',
    ],
  ]
}

function parseOr(
  primitive: AnyPrimitive,
  text: string,
  subjects: Parameters<AnyPrimitive['parse']>[1],
): ReturnType<AnyPrimitive['parse']>['items'] {
  try {
    return primitive.parse(text, subjects).items
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    return new Map()
  }
}

/** One cycle that lets go of all that is owned; transactions of the type under test are spoiled. */
function release(place: Place, spoil: (transaction: Transaction) => Transaction): Promise<Cycle> {
  return reconcile(desired([]), {
    ...depsOf(place),
    planFrom(input) {
      const plan = planRelease(input, { leavesUnknown: false })
      return { ...plan, transactions: plan.transactions.map(spoil) }
    },
  })
}

/** A release whose last step fails takes nothing away; one that ends leaves no mark, and nothing in the ledger. */
async function isLetGo(place: Place, sample: Sample): Promise<void> {
  const before = await place.run(sample.footprint)
  const failed = await release(place, (transaction) => ({
    ...transaction,
    steps: transaction.steps.map((step, index) => (index === transaction.steps.length - 1 ? { ...step, check: sh`false` } : step)),
  }))
  if (failed.applied.length > 0) expect(await place.run(sample.footprint)).toBe(before)
  expect((await release(place, (transaction) => transaction)).status).toMatch(/converged|noop/)
  expect(await place.run(`${filesWithMarks}\n${lvmTags}`)).toBe(sample.marksBefore ?? '')
  const { plan } = await planOnce(desired([]), { ...depsOf(place), planFrom: (input) => planRelease(input, { leavesUnknown: false }) })
  expect({ transactions: plan.transactions, forgotten: plan.forgotten }).toEqual({ transactions: [], forgotten: [] })
}

const marks = ['reeve conform ', 'Reeve, fleet conform,', 'fleet=conform', 'reeve.id=conform']
/** Without what LVM notes of its own past: commands and metadata as they were before. */
const filesWithMarks = `grep -rlIs --exclude-dir=archive --exclude-dir=backup ${marks.map((mark) => `-e '${mark}'`).join(' ')} /etc /mnt /var/lib/lxc || :`
const lvmTags = `if command -v lvm >/dev/null; then { lvm lvs --noheadings -o lv_tags; lvm vgs --noheadings -o vg_tags; } 2>/dev/null | grep -o 'reeve[.].*' || :; fi`
