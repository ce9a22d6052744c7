import { describe, expect, it } from 'vitest'
import { emptyMemory } from '../../controller/engine/session.ts'
import { createTrust } from '../../controller/loop/dependencies.ts'
import type { Revision } from '../../controller/loop/revision.ts'
import type { Ledger } from '../../controller/model/ledger.ts'

const ledger = { header: { commit: 'applied' }, entries: new Map() } as unknown as Ledger
const memory = { ...emptyMemory(), ledger: { status: 'read' as const, ledger, lines: 1 } }
const cases = [
  {
    name: 'the newest commit of a history that holds what was applied',
    newest: 'head',
    trouble: undefined,
    isAncestor: true,
    trusted: true,
  },
  { name: 'a repository in trouble', newest: 'head', trouble: { status: 'rewritten' }, isAncestor: true, trusted: false },
  { name: 'a history that does not hold what was applied', newest: 'head', trouble: undefined, isAncestor: false, trusted: false },
  {
    name: 'a commit that the branch has left, whose trouble went with it',
    newest: 'next',
    trouble: undefined,
    isAncestor: true,
    trusted: false,
  },
]

describe('what is gone from Git is gone on the word of', () => {
  it.each(cases)('$name: $trusted', async ({ newest, trouble, isAncestor, trusted }) => {
    const trust = createTrust({ state: { commit: newest, trouble }, isAncestor: async () => isAncestor })
    const current = { commit: 'head' } as Revision
    await trust.prepare(current, ledger)
    expect(trust.isTrusted(current, memory)).toBe(trusted)
  })
})
