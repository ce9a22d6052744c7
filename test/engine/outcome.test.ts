import { describe, expect, it } from 'vitest'
import { parseJournals } from '../../controller/engine/apply/journal.ts'
import { outcomesOf } from '../../controller/engine/apply/outcome.ts'
import { hypervisorName, primitiveId } from '../../controller/model/ids.ts'
import type { Plan } from '../../controller/model/plan.ts'
import { sh } from '../../controller/shell/sh.ts'

const transactionOf = (name: string) => ({
  target: { hypervisor: hypervisorName('he1') },
  changes: [{ id: primitiveId('note', name) }],
  steps: ['stage it', 'write it', 'reload it'].map((title) => ({ title, run: sh`:` })),
})
const plan = { id: 'abcdef0123456789', transactions: [transactionOf('/a'), transactionOf('/b')] } as unknown as Plan

/** What a host printed of the plan's first transaction, in the journal's own lines. */
const outcome = (lines: string) => {
  const [journal] = parseJournals(`journal abcdef0123456789 closed\n${lines}\n`)
  if (journal === undefined) throw new Error('no journal')
  return outcomesOf(plan, journal)[0]?.outcome
}
const done = (...steps: readonly number[]) => steps.map((step) => `step ${step} done 0\n`).join('')

describe('what became of a transaction', () => {
  it.each([
    ['is done', 'transaction 0 done', { status: 'done' }],
    ['is started as a job', 'transaction 0 started', { status: 'started' }],
    ['waited for one that failed', 'transaction 0 skipped 1', { status: 'skipped', because: 'it needs note:/b, which was not done' }],
    ['was never come to', 'transaction 0 skipped interrupted', { status: 'skipped', because: 'the apply was interrupted' }],
    [
      'was refused by a guard',
      `transaction 0 refused\n${done(0)}step 1 refused 3\nerr one\nerr two\nerr three\nerr four`,
      { status: 'refused', step: 'write it', because: 'two; three; four' },
    ],
    [
      'was refused without a word',
      'transaction 0 refused\nstep 0 refused 1',
      { status: 'refused', step: 'stage it', because: 'nothing was printed; the guard of step 1 of 3 ended with status 1' },
    ],
    [
      'failed in a step',
      `transaction 0 failed\n${done(0, 1)}step 2 failed 7\nerr it broke`,
      { status: 'failed', step: 'reload it', exitCode: 7, stderr: 'it broke', undone: true },
    ],
    [
      'failed, and its undo too',
      'transaction 0 failed\nstep 0 failed 7\nstep 0 undo-failed 1\nerr it broke',
      { status: 'failed', step: 'stage it', exitCode: 7, stderr: 'it broke', undone: false },
    ],
    [
      'left something behind',
      'transaction 0 failed dirty\nstep 0 failed 7\nerr it broke',
      { status: 'failed', step: 'stage it', exitCode: 7, stderr: 'it broke', undone: false },
    ],
    [
      'failed, as only the apply says why',
      'main no room\ntransaction 0 failed\nstep 0 failed 7',
      { status: 'failed', step: 'stage it', exitCode: 7, stderr: 'no room', undone: true },
    ],
  ])('that %s', (_name, lines, expected) => {
    expect(outcome(lines)).toStrictEqual(expected)
  })

  it.each([
    ['silence', 'be confirmed over a new connection in time'],
    ['verdict', 'prove itself to the commit probe'],
    ['interrupted', 'finish: it was interrupted in step 2 of 3'],
  ])('that was undone for %s says what it could not do', (detail, step) => {
    const isCut = detail === 'interrupted' ? { isCut: true } : {}
    expect(outcome(`transaction 0 undone ${detail}\n${done(0)}err x`)).toStrictEqual({
      ...{ status: 'failed', step, exitCode: 0, stderr: 'x', undone: true },
      ...isCut,
    })
  })

  it('that was interrupted after its last step says so', () => {
    expect(outcome(`transaction 0 undone interrupted\n${done(0, 1, 2)}`)).toMatchObject({
      step: 'finish: it was interrupted after its last step',
    })
  })

  it.each([
    ['failed unreachable', { step: 'enter the container', isCut: true, undone: true }],
    ['failed arm', { step: 'arm the undo', isCut: true, undone: true }],
    [
      'failed left',
      {
        step: 'finish: the container stopped in the middle; once it runs, Reeve looks what is in it and goes on from there',
        isCut: true,
        undone: false,
      },
    ],
    ['expired', { step: 'write it', undone: true }],
    ['begun', { step: 'write it', undone: false }],
  ])('that ended as %s says where it stood', (state, expected) => {
    expect(outcome(`transaction 0 ${state}\n${done(0)}err x`)).toMatchObject({ status: 'failed', exitCode: 1, ...expected })
  })
})

describe('a transaction whose commands printed nothing', () => {
  const silence = (lines: string) => {
    const end = outcome(lines)
    return end?.status === 'failed' ? [end.stderr, end.exitCode] : end
  }

  it.each([
    ['step 1 failed 127', 'nothing was printed; the run of step 2 of 3 ended with status 127', 127],
    ['step 1 failed 137', 'nothing was printed; the run of step 2 of 3 ended with status 137 (signal 9)', 137],
    ['step 1 failed 128', 'nothing was printed; the run of step 2 of 3 ended with status 128', 128],
    ['step 1 failed 192', 'nothing was printed; the run of step 2 of 3 ended with status 192 (signal 64)', 192],
    ['step 1 failed 193', 'nothing was printed; the run of step 2 of 3 ended with status 193', 193],
    ['step 2 unproven 1', 'nothing was printed; the check of step 3 of 3 ended with status 1', 1],
  ])('says which part of which step ended how: %s', (step, words, exitCode) => {
    expect(silence(`transaction 0 failed\n${done(0)}${step}`)).toEqual([words, exitCode])
  })

  it.each([
    ['failed cut 143', 'nothing was printed; its script was cut in step 2 of 3, with status 143 (signal 15)', 143],
    ['stuck 2', 'nothing was printed; its script was cut in step 2 of 3, with status 2', 2],
    ['failed', 'nothing was printed; its script gave up in step 2 of 3: it could not write below /var/lib/reeve/journal', 1],
    [
      'begun',
      'nothing was printed; the apply itself came to its end in step 2 of 3 (state begun): it was killed, or its state could not be written',
      1,
    ],
  ])('says how its script ended: %s', (state, words, exitCode) => {
    expect(silence(`transaction 0 ${state}\n${done(0)}err  `)).toEqual([words, exitCode])
  })
})

describe('journals that a host printed', () => {
  it('are read with all that they say of themselves', () => {
    const text = `noise
journal aa11bb22 running
running 12 1795486711 80 fleet home, commit c1
item he1 volume:data
item he1 mount:/data
main no room
main left
transaction 3 failed cut 9
step 0 done 0
step 1 undo-failed 12
step 2 Odd 1
 step 3 done 0
step 4 done 0 more
err first
err second
journal aa11bb22-3 closed
`
    expect(parseJournals(text)).toStrictEqual([
      {
        name: 'aa11bb22',
        state: 'running',
        isJob: false,
        items: ['he1 volume:data', 'he1 mount:/data'],
        stderr: 'no room\nleft',
        running: { forSeconds: 12, sinceSeconds: 1_795_486_711, withinSeconds: 80, by: 'fleet home, commit c1' },
        transactions: [
          {
            ...{ position: 3, state: 'failed', detail: 'cut 9', stderr: 'first\nsecond' },
            steps: [
              { index: 0, status: 'done', exitCode: 0 },
              { index: 1, status: 'undo-failed', exitCode: 12 },
            ],
          },
        ],
      },
      { name: 'aa11bb22-3', state: 'closed', isJob: true, items: [], stderr: '', transactions: [] },
    ])
  })

  it.each(['../x', 'a b', '', `${'a'.repeat(65)}`, 'aa-12345', 'aa-', '-1', 'aa/bb'])(
    'are none of ours where they are named %j',
    (name) => {
      expect(parseJournals(`journal ${name} open\n`).filter((one) => one.name === name)).toEqual([])
    },
  )
})
