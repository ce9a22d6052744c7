import { expect, it } from 'vitest'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { AnyPrimitive } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'
import { depsOf, desired, type Failure, failing, primitiveOf } from './engine.ts'
import { mutations, randomFrom } from './mutate.ts'
import type { Place, Sample } from './sample.ts'

const failures: readonly Failure[] = ['never', 'after', 'twice']
const isLong = process.env['REEVE_TEST_LONG'] === '1'

/** What every primitive must hold on a real host, by the real engine. */
export function conforms(sample: Sample, placeOf: () => Promise<Place>, timeoutMs: number): void {
  const primitive = primitiveOf(sample.type)
  const state = desired(sample.wanted)

  it('is as wanted after its steps, and then there is nothing to do', { timeout: timeoutMs }, async () => {
    const place = await ready(sample, placeOf)
    await converge(place, sample)
    const { plan, status } = await planOnce(state, depsOf(place))
    expect({ status, transactions: plan.transactions, records: plan.records }).toEqual({ status: 'noop', transactions: [], records: [] })
    expect(await reconcile(state, depsOf(place))).toMatchObject({ status: 'noop', drift: [], applied: [] })
  })

  it('is left alone while it is unknown', { timeout: timeoutMs }, async () => {
    const place = await ready(sample, placeOf)
    await converge(place, sample)
    await place.run(sample.spoil)
    const before = await place.run(sample.footprint)
    for (const [blind, why] of blinded(primitive)) {
      const cycle = await reconcile(state, depsOf(place, blind))
      expect(cycle.plan.unknown.filter(({ id }) => id.startsWith(`${sample.type}:`)).length, why).toBeGreaterThan(0)
      expect(cycle.applied, why).toEqual([])
      expect(await place.run(sample.footprint), why).toBe(before)
    }
    expect((await reconcile(state, depsOf(place))).status).toBe('converged')
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

  it.each(failures)('is undone byte for byte where a step fails (%s), made or mended', { timeout: timeoutMs * 2 }, async (how) => {
    const place = await ready(sample, placeOf)
    await undoes(place, sample, how)
    await converge(place, sample)
    await place.run(sample.spoil)
    await undoes(place, sample, how)
    expect((await reconcile(state, depsOf(place))).status).toBe('converged')
  })
}

async function ready({ before = ':' }: Sample, placeOf: () => Promise<Place>): Promise<Place> {
  const place = await placeOf()
  await place.run(before)
  return place
}

async function converge(place: Place, sample: Sample): Promise<void> {
  const cycle = await reconcile(desired(sample.wanted), depsOf(place))
  expect(`${cycle.status} ${cycle.message}`).toBe('converged ')
}

/** Fails at each step in turn, and holds what is there against what was there. */
async function undoes(place: Place, sample: Sample, how: Failure): Promise<void> {
  const before = await place.run(sample.footprint)
  let steps = 1
  for (let at = 0; at < steps; at++) {
    const primitive = failing(primitiveOf(sample.type), at, how, (count) => {
      steps = Math.max(steps, count)
    })
    const cycle = await reconcile(desired(sample.wanted), depsOf(place, primitive))
    const failed = cycle.applied.find(({ outcome }) => outcome.status === 'failed')?.outcome
    expect(failed, `step ${at} of ${steps}: ${cycle.status} ${cycle.message}`).toMatchObject({
      status: 'failed',
      undone: true,
      stderr: 'injected failure',
    })
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
