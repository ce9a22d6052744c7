import { afterAll, beforeAll, expect, test } from 'vitest'
import { primitives } from '../../controller/primitives/registry.ts'
import { bootMachine, type Machine } from '../machine/machine.ts'
import { carryOut, known, stepsFor } from '../machine/transaction.ts'
import { specsOf } from './place.ts'

let machine: Machine
beforeAll(async () => {
  machine = await bootMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

test('a locale that is missing is made, and one that cannot be made takes nothing along', async () => {
  const itemsOf = (locale: string) =>
    specsOf(`{locale: ${locale}}`)
      .filter(({ type, id }) => type !== 'package' && id !== 'file:/etc/default/locale')
      .map((spec) => ({ spec, primitive: primitives.find(({ type }) => type === spec.type) ?? expect.fail(spec.type) }))
  const items = itemsOf('de_AT.UTF-8')
  expect((await machine.run('locale -a')).stdout).not.toContain('de_AT')
  const steps = await stepsFor(items, machine.run)
  expect(await carryOut(steps, '/var/lib/reeve/before-1', machine.run)).toMatchObject({ status: 'done' })
  expect((await machine.run('locale -a')).stdout).toContain('de_AT.utf8')
  expect((await machine.run('LC_ALL=de_AT.UTF-8 date -d 2026-05-01 +%B')).stdout).toBe('Mai\n')
  for (const { primitive, spec } of items)
    expect(primitive.diff(spec, await known(primitive, spec, machine.run), undefined)).toEqual({ status: 'same' })
  const before = (await machine.run('sha256sum /etc/locale.gen')).stdout
  const bad = await carryOut(await stepsFor(itemsOf('xq_XQ.UTF-8'), machine.run), '/var/lib/reeve/before-2', machine.run)
  expect(bad).toMatchObject({ status: 'failed', stderr: expect.stringContaining('this system has no locale xq_XQ.UTF-8 UTF-8') })
  expect((await machine.run('sha256sum /etc/locale.gen')).stdout).toBe(before)
})
