import { describe, expect, it } from 'vitest'
import { readHold } from '../../controller/engine/facts.ts'
import { compactLedger, entryLine, headerLine, parseLedger } from '../../controller/engine/ledger.ts'
import type { PrimitiveId } from '../../controller/model/ids.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'

const header = { format: 1, generation: 7, epoch: 1, fleet: 'test', hypervisor: 'he1', machineId: 'm', commit: 'c' } as const

function entry(target: string, id: string): LedgerEntry {
  return {
    target,
    id: id as PrimitiveId,
    owners: ['Note/one'],
    files: ['one.yaml'],
    fields: {},
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c',
  }
}

const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

describe('the ledger', () => {
  it('of a host that was taken over under another name holds the same things as that host’s, and can be written anew', () => {
    const old = [entryLine(entry('he1', 'note:/a')), entryLine(entry('he1/web', 'note:/b'))]
    const reading = parseLedger(text(headerLine(header), ...old, headerLine({ ...header, hypervisor: 'he22', generation: 8 })))
    if (reading.status !== 'read') throw new Error(reading.status)
    expect([...reading.ledger.entries.keys()]).toEqual(['he22 note:/a', 'he22/web note:/b'])
    expect(parseLedger(compactLedger(reading.ledger))).toMatchObject({ status: 'read', ledger: reading.ledger })
  })

  it.each(['generation', 'epoch', 'format'] as const)('with a %s that a shell cannot count is damaged', (field) => {
    for (const number of [1e23, -1, 1.5, 2 ** 53])
      expect(parseLedger(text(headerLine({ ...header, [field]: number })))).toEqual({ status: 'unreadable', reason: 'line 1 is damaged' })
  })
})

describe('a hold at the console', () => {
  const now = Date.parse('2026-11-22T12:00:00Z') / 1000

  it.each([
    ['2026-11-22T11:59:59Z', false],
    ['2026-11-22T12:59:00+02:00', false],
    ['2026-11-22T12:00:01Z', true],
    ['2026-11-23T00:00Z', true],
  ])('ends at its until: %s, in force at noon: %s', (until, isInForce) => {
    expect(readHold(`reason: repairs\nuntil: ${until}\n`, now)).toEqual({ isInForce, reason: `repairs (until ${until})` })
  })

  it.each(['202', '2026', '2026-11-2', '2026-11-22', '2026-11-22T06:00:00', 'yesterday', '2026-13-01T06:00:00Z', '1 Jan 2026'])(
    'is not ended by what is no whole time: %s',
    (until) => {
      expect(readHold(`reason: repairs\nuntil: ${until}`, now)).toMatchObject({ isInForce: true })
    },
  )

  it('says that its time cannot be read', () => {
    expect(readHold('reason: repairs\nuntil: 2026\n', now).reason).toBe(
      'repairs (until it is removed: "2026" is not a time such as 2026-01-31T06:00:00Z)',
    )
  })
})
