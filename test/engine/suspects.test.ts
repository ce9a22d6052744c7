import { describe, expect, it } from 'vitest'
import type { Applied, Cycle } from '../../controller/engine/cycle.ts'
import { suspicionOf } from '../../controller/engine/suspects.ts'
import type { Cause } from '../../controller/model/change.ts'
import { hypervisorName, type ManifestId, primitiveId } from '../../controller/model/ids.ts'
import { brokenBefore, type TransactionOutcome } from '../../controller/model/outcome.ts'

const target = { hypervisor: hypervisorName('he1') }
const tree = primitiveId('tree', '/etc/nginx/reeve')
const owners = ['Proxy/a' as ManifestId, 'Proxy/b' as ManifestId]
const refusedByCheck = { status: 'failed', step: 'check', exitCode: 1, stderr: 'no', undone: true } as const

interface Shape {
  readonly outcome?: TransactionOutcome
  readonly owners?: readonly ManifestId[]
  readonly cause?: Cause
  /** Versions that the ledger names; null: it does not know the thing at all. */
  readonly versions?: Readonly<Record<string, string>> | null
  readonly isJob?: boolean
}

function cycleWith({
  outcome = refusedByCheck,
  owners: all = owners,
  cause = 'pending',
  versions = { 'Proxy/a': 'a1', 'Proxy/b': 'b1' },
  isJob = false,
}: Shape) {
  const change = {
    id: tree,
    action: 'update',
    impact: 'reload',
    fields: [{ field: 'files', before: '', after: '', cause }],
    target,
    owners: all,
  }
  const entry = {
    target: 'he1',
    id: tree,
    owners: Object.keys(versions ?? {}),
    files: [],
    versions,
    fields: {},
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c',
  }
  const transaction = {
    target,
    changes: [change],
    steps: [],
    owners: all,
    needs: [],
    isJob,
    ledger: { begun: [], done: [], undone: versions === null ? [] : [entry], removed: [] },
  }
  return { applied: [{ transaction, outcome } as unknown as Applied] } as unknown as Cycle
}

const cases: readonly {
  readonly name: string
  readonly shape: Shape
  readonly suspects: Readonly<Record<string, readonly string[]>> | undefined
}[] = [
  {
    name: 'whoever moved since the version in force, and nobody else',
    shape: { versions: { 'Proxy/a': 'a1', 'Proxy/b': 'b2' } },
    suspects: { 'Proxy/a': ['a1'] },
  },
  { name: 'all that moved', shape: {}, suspects: { 'Proxy/a': ['a1'], 'Proxy/b': ['b1'] } },
  { name: 'all that are new, of which nothing was in force', shape: { versions: null }, suspects: { 'Proxy/a': [], 'Proxy/b': [] } },
  { name: 'a new one beside one that did not move', shape: { versions: { 'Proxy/b': 'b2' } }, suspects: { 'Proxy/a': [] } },
  { name: 'nobody, where the host moved and Git did not', shape: { cause: 'drift' }, suspects: undefined },
  { name: 'nobody, where there is only one', shape: { owners: ['Proxy/a' as ManifestId] }, suspects: undefined },
  { name: 'nobody, of a job', shape: { isJob: true }, suspects: undefined },
  { name: 'nobody, where the world had moved', shape: { outcome: { status: 'refused', step: 'x', because: 'y' } }, suspects: undefined },
  { name: 'nobody, where it was cut off', shape: { outcome: { ...refusedByCheck, isCut: true } }, suspects: undefined },
  { name: 'nobody, where the undo failed', shape: { outcome: { ...refusedByCheck, undone: false } }, suspects: undefined },
  {
    name: 'nobody, where it was broken before',
    shape: { outcome: { ...refusedByCheck, stderr: `nginx -t: ${brokenBefore}: 1` } },
    suspects: undefined,
  },
  { name: 'nobody, where all went well', shape: { outcome: { status: 'done' } }, suspects: undefined },
]

describe('suspected of a failed transaction is', () => {
  it.each(cases)('$name', ({ shape, suspects }) => {
    const suspicion = suspicionOf(cycleWith(shape), (owner) => (owner === 'Proxy/a' ? 'a2' : 'b2'))
    const found = suspicion && Object.fromEntries([...suspicion.suspects].map(([id, { inForce }]) => [id, [...inForce]]))
    expect(found).toEqual(suspects)
    if (suspicion) expect([...suspicion.items]).toEqual([`he1 ${tree}`])
  })
})
