import { describe, expect, it } from 'vitest'
import { emptyMemory, type HostMemory } from '../../controller/engine/session.ts'
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

describe('what Git is asked about ancestry', () => {
  const head = (commit: string) => ({ commit }) as unknown as Revision
  const ledger = (commit: string) => ({ header: { commit } }) as unknown as Ledger
  const memory = (commit: string) => ({ ledger: { status: 'read', ledger: ledger(commit) } }) as unknown as HostMemory

  /** Commits are numbers; each descends from all that are smaller, but from 13. */
  function git(newest: string) {
    const asked: string[] = []
    const isAncestor = async (ancestor: string, commit: string) => {
      asked.push(`${ancestor} ${commit}`)
      return ancestor !== '13' && Number(ancestor) <= Number(commit)
    }
    return { asked, git: { state: { commit: newest, trouble: undefined }, isAncestor } }
  }

  it('is one question for each commit that a ledger names, and one for each new commit', async () => {
    const { asked, git: port } = git('100')
    const trust = createTrust(port)
    for (const host of ['1', '2', '1', '13', '2']) await trust.prepare(head('99'), ledger(host))
    for (const host of ['1', '2', '1', '99']) await trust.prepare(head('100'), ledger(host))
    expect(asked).toEqual(['1 99', '2 99', '13 99', '99 100'])
    expect(['1', '2', '99', '13', '7'].filter((host) => trust.isTrusted(head('100'), memory(host)))).toEqual(['1', '2', '99'])
  })

  it('is asked anew where the branch was rewritten', async () => {
    const { asked, git: port } = git('50')
    const trust = createTrust(port)
    await trust.prepare(head('99'), ledger('60'))
    await trust.prepare(head('50'), ledger('60'))
    expect(asked).toEqual(['60 99', '99 50', '60 50'])
    expect(trust.isTrusted(head('50'), memory('60'))).toBe(false)
  })
})
