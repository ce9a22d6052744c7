import { describe, expect, it } from 'vitest'
import { applyExit, applyText, planExit, planText } from '../../controller/cli/plan.ts'
import type { Result } from '../../controller/cli/rounds.ts'
import { createPaint } from '../../controller/report/paint.ts'
import { planJson } from '../../controller/report/plan.ts'
import { he1 } from '../report/reports.ts'
import { busyCycle, heldCycle, noopCycle } from './cycles.ts'

const noop: Result = { hypervisor: he1, cycle: noopCycle }
const held: Result = { hypervisor: he1, cycle: heldCycle }
const busy: Result = { hypervisor: he1, cycle: busyCycle }
const error: Result = { hypervisor: he1, error: new Error('no route to host') }
const plain = createPaint(false)

describe('reeve plan and apply', () => {
  it.each<readonly [name: string, results: readonly Result[], plan: number, apply: number]>([
    ['nothing to do', [noop], 0, 0],
    ['a hold with nothing planned', [held], 0, 1],
    ['another apply on the host', [busy], 2, 1],
    ['another apply on one of two hosts', [noop, busy], 2, 1],
    ['an error', [noop, error], 2, 2],
  ])('end as the contract says: %s', (_, results, plan, apply) => {
    expect(planExit(results)).toBe(plan)
    expect(applyExit(results)).toBe(apply)
  })

  it('say that another apply is running, whose, and since when, and show no plan made of what it has half done', () => {
    const text = planText(busy, plain)
    expect(text).toBe(
      'he1: no plan: apply f00d (fleet home, commit c1, by reeve run on ops2) is running on the host since 2026-11-22 02:31:07 UTC; what it has half made is no ground for a plan: ask again when it has ended\n',
    )
    expect(applyText(busy, plain)).toBe(`he1: waiting: ${busyCycle.message}\n`)
    expect(planJson(busyCycle)).toMatchObject({ version: 1, status: 'waiting', busy: { plan: 'f00d', sinceSeconds: 90, isOverdue: false } })
    expect(planJson(noopCycle)).toMatchObject({ busy: null })
  })
})
