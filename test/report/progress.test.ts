import { describe, expect, test } from 'vitest'
import { primitiveId } from '../../controller/model/ids.ts'
import type { Plan, PlannedChange, Transaction } from '../../controller/model/plan.ts'
import { progressLines } from '../../controller/report/progress.ts'
import { driftOfFile, edge, he1 } from './reports.ts'

const made: PlannedChange = {
  id: primitiveId('bridge', 'br-lxc'),
  action: 'create',
  impact: 'none',
  target: { hypervisor: he1 },
  owners: [edge],
  fields: [{ field: 'address', cause: 'pending', before: undefined, after: '192.168.100.1/24' }],
}

function transactionOf(...changes: readonly PlannedChange[]): Transaction {
  return { changes } as Transaction
}

function planOf(...changes: readonly PlannedChange[]): Plan {
  return { id: 'p1', hypervisor: he1, commit: 'c0ffee', transactions: [transactionOf(...changes)] } as unknown as Plan
}

describe('what a cycle does, as log lines', () => {
  test('a plan names what it will make before it is made', () => {
    const [line] = progressLines('he1', { type: 'planned', plan: planOf(made), pass: 2, drift: [] })
    expect(line).toEqual({
      level: 'info',
      fields: { component: 'plan', hypervisor: 'he1', commit: 'c0ffee', plan: 'p1', pass: 2, items: ['he1 bridge:br-lxc'] },
      message: 'he1: pass 2: create he1 bridge:br-lxc',
    })
  })

  test('drift is named with owner, field, wanted and found; a long text is left to the mail', () => {
    const edited = driftOfFile('/etc/nginx/edge.conf')
    const lines = progressLines('he1', { type: 'planned', plan: planOf(edited), pass: 1, drift: [edited] })
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn he1: drift of he1 file:/etc/nginx/edge.conf: content differs; mode is 0666, wanted 0644',
      'info he1: pass 1: update he1 file:/etc/nginx/edge.conf',
    ])
    expect(lines[0]?.fields).toMatchObject({ owner: 'Proxy/edge', item: 'he1 file:/etc/nginx/edge.conf' })
  })

  test('drift that was told before is not told again', () => {
    const lines = progressLines('he1', { type: 'planned', plan: planOf(driftOfFile('/etc/motd')), pass: 2, drift: [] })
    expect(lines.filter((line) => line.level === 'warn')).toEqual([])
  })

  test('a plan of records only has nothing to say', () => {
    expect(progressLines('he1', { type: 'planned', plan: planOf(), pass: 1, drift: [] })).toEqual([])
  })

  test.each([
    ['done', { status: 'done' }, 'info'],
    ['started', { status: 'started' }, 'info'],
    ['skipped', { status: 'skipped', because: 'it needs another' }, 'info'],
    ['refused', { status: 'refused', step: 'check', because: 'in use' }, 'warn'],
    ['failed', { status: 'failed', step: 'write', exitCode: 1, stderr: 'disk full', undone: true }, 'warn'],
  ] as const)('an outcome %s is told with what it was about', (word, outcome, level) => {
    const [line] = progressLines('he1', { type: 'applied', applied: [{ transaction: transactionOf(made), outcome }] })
    expect(line).toMatchObject({ level, message: `he1: ${word} create he1 bridge:br-lxc`, fields: { outcome: word } })
  })

  test('a host cannot write on the terminal through a name or a value', () => {
    const hostile = { ...made, fields: [{ field: 'address', cause: 'drift', before: 'a\x1b[2Jb', after: 'x' }] } as const
    const [line] = progressLines('he1', { type: 'planned', plan: planOf(hostile), pass: 1, drift: [hostile] })
    expect(line?.message).toBe('he1: drift of he1 bridge:br-lxc: address is a\\x1b[2Jb, wanted x')
  })
})
