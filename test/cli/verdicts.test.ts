import { describe, expect, it } from 'vitest'
import { createVerdicts } from '../../controller/cli/verdicts.ts'
import type { Cycle } from '../../controller/engine/cycle.ts'
import type { SeenCycle } from '../../controller/loop/ports.ts'
import type { Revision } from '../../controller/loop/revision.ts'
import type { CommitVerdict } from '../../controller/model/commitStatus.ts'
import { hypervisorName } from '../../controller/model/ids.ts'
import type { RefusedCommits } from '../../controller/model/refusedCommits.ts'

const [he1, he2] = [hypervisorName('he1'), hypervisorName('he2')]

/** As much of a revision as a verdict looks at. */
function revision(
  commit: string,
  more: { readonly hosts?: readonly string[]; readonly stale?: readonly string[]; readonly errors?: number } = {},
): Revision {
  const { hosts = [he1, he2], stale = [], errors = 0 } = more
  const at = { file: 'volume.yaml', line: 3, column: 1, commit }
  return {
    commit,
    head: { fleet: { manifests: Array(4) } },
    frozen: [],
    stale: new Set(stale),
    compiled: { states: new Map(hosts.map((name) => [name, {}])) },
    diagnostics: Array.from({ length: errors }, () => ({ severity: 'error', at, path: 'spec.size', summary: 'is no size' })),
  } as unknown as Revision
}

function cycle(hypervisor: string, used: Revision, status: Cycle['status'], refused: readonly unknown[] = []): SeenCycle {
  return { cycle: { hypervisor, commit: used.commit, status, plan: { refused } }, revision: used } as unknown as SeenCycle
}

/** Verdicts, with a restart at will. */
function open() {
  const said: string[] = []
  let saved: unknown
  const start = () =>
    createVerdicts({
      status: {
        tell: ({ commit, about, state, description }: CommitVerdict) => void said.push(`${commit} ${about}: ${state}: ${description}`),
      },
      load: () => structuredClone(saved),
      save: (told) => {
        saved = structuredClone(told)
      },
    })
  return { said, start }
}

describe('a commit', () => {
  it('is valid, waits, and is in force when it is so on every hypervisor', () => {
    const { said, start } = open()
    const verdicts = start()
    const one = revision('c1')
    verdicts.onRevision(one)
    verdicts.onCycle(cycle(he1, one, 'converged'))
    verdicts.onCycle(cycle(he2, one, 'waiting'))
    verdicts.onCycle(cycle(he2, one, 'noop'))
    verdicts.onCycle(cycle(he1, one, 'noop'))
    expect(said).toEqual([
      'c1 validate: success: 4 manifests valid',
      'c1 apply: pending: waits for he1, he2',
      'c1 apply: success: in force on 2 hypervisors',
    ])
  })

  it('with errors is told with the first, and what stays behind keeps it from being in force', () => {
    const { said, start } = open()
    const verdicts = start()
    const bad = revision('c2', { errors: 2, stale: ['Volume/data'] })
    verdicts.onRevision(bad)
    for (const host of [he1, he2]) verdicts.onCycle(cycle(host, bad, 'noop'))
    expect(said).toEqual([
      'c2 validate: failure: 2 errors; volume.yaml:3:1: spec.size: is no size',
      'c2 apply: pending: waits for he1, he2',
      'c2 apply: failure: in force, but for what stays at its last good version: Volume/data',
    ])
  })

  it('that failed on one hypervisor is a failure at once, until it is right there', () => {
    const { said, start } = open()
    const verdicts = start()
    const one = revision('c3')
    verdicts.onRevision(one)
    verdicts.onCycle(cycle(he1, one, 'failed'))
    verdicts.onCycle(cycle(he2, one, 'withheld', [{}]))
    verdicts.onCycle(cycle(he1, one, 'converged'))
    verdicts.onCycle(cycle(he2, one, 'withheld'))
    verdicts.onCycle(cycle(he2, one, 'converged'))
    expect(said.slice(2)).toEqual([
      'c3 apply: failure: failed on he1; reeve status says why',
      'c3 apply: failure: failed on he1, he2; reeve status says why',
      'c3 apply: failure: failed on he2; reeve status says why',
      'c3 apply: success: in force on 2 hypervisors',
    ])
  })

  it('whose change was held back on a host is not in force there', () => {
    const { said, start } = open()
    const verdicts = start()
    const one = revision('c4', { hosts: [he1] })
    verdicts.onRevision(one)
    verdicts.onCycle(cycle(he1, revision('c4', { stale: ['Proxy/edge'] }), 'noop'))
    verdicts.onCycle({ ...cycle(he1, one, 'noop'), revision: revision('c4', { stale: ['Proxy/edge'] }) })
    expect(said.slice(2)).toEqual(['c4 apply: failure: in force, but for what stays at its last good version on he1'])
  })
})

describe('news', () => {
  it('of a commit that is not the newest any more, or of a host that is gone, is none', () => {
    const { said, start } = open()
    const verdicts = start()
    const [one, two] = [revision('c1'), revision('c2')]
    verdicts.onRevision(one)
    verdicts.onRevision(two)
    verdicts.onCycle(cycle(he1, one, 'failed'))
    verdicts.onCycle(cycle('he9', two, 'failed'))
    verdicts.onCycle(cycle(he1, two, 'noop'))
    verdicts.onHostGone(he2)
    expect(said.slice(4)).toEqual(['c2 apply: success: in force on 1 hypervisor'])
  })

  it('is not repeated after a restart, nor unsaid', () => {
    const { said, start } = open()
    const one = revision('c1', { hosts: [he1] })
    for (let starts = 0; starts < 3; starts += 1) {
      const verdicts = start()
      verdicts.onRevision(one)
      verdicts.onCycle(cycle(he1, one, 'noop'))
    }
    expect(said.length).toBe(3)
  })
})

describe('a commit that is refused', () => {
  const refused = (more: Partial<RefusedCommits>): RefusedCommits => ({
    ...{ head: 'c9', inForce: 'c1'.padEnd(40, '0'), reason: 'unsigned', because: '', todo: '', commits: [], count: 0 },
    ...more,
  })
  const fault = (kind: 'unsigned' | 'revokedKey') => ({
    commit: 'bad'.padEnd(40, '0'),
    author: '',
    subject: '',
    fault: kind,
    because: 'secret words',
  })

  it.each<readonly [string, Partial<RefusedCommits>, string]>([
    [
      'unsigned',
      { commits: [fault('unsigned')], count: 1 },
      'not let in: bad000000000: not signed; sign again, or take off the branch (reeve status)',
    ],
    [
      'one of many',
      { commits: [fault('revokedKey')], count: 12 },
      'not let in: bad000000000 and 11 more: signed by a revoked key; sign again, or take off the branch (reeve status)',
    ],
    [
      'rewritten',
      { reason: 'rewritten', approval: 'abcdef012345' },
      'not let in: the branch was rewritten, and has another history than c10000000000; reeve approve abcdef012345, or push the old branch again',
    ],
    [
      'emptied',
      { reason: 'emptied', approval: 'abcdef012345' },
      'not let in: it holds no manifest, unlike c10000000000; reeve approve abcdef012345, or push the old branch again',
    ],
    ['signers', { reason: 'signers', because: '/etc/x' }, 'not let in: the controller cannot read who may sign; put its files right there'],
    ['too many', { reason: 'tooMany' }, 'not let in: too many commits at once to check; push them in parts'],
  ])('is told with why and what to do: %s', (_name, more, description) => {
    const { said, start } = open()
    start().onGit({ refused: refused(more) })
    expect(said).toEqual([`c9 apply: failure: ${description}`])
    expect(description.length).toBeLessThanOrEqual(140)
  })

  it('is told once, also after a restart and beside the one in force; again where the reason moved, or it was in force meanwhile', () => {
    const { said, start } = open()
    const news = { refused: refused({ reason: 'older', approval: 'a1' }) }
    const one = revision('c1', { hosts: [he1] })
    for (let starts = 0; starts < 2; starts += 1) {
      const verdicts = start()
      verdicts.onRevision(one)
      verdicts.onGit(news)
      verdicts.onCycle(cycle(he1, one, 'noop'))
      verdicts.onGit(news)
    }
    expect(said.map((line) => line.split(':', 2).join(':'))).toEqual([
      'c1 validate: success',
      'c1 apply: pending',
      'c9 apply: failure',
      'c1 apply: success',
    ])
    const verdicts = start()
    verdicts.onGit({ refused: refused({ reason: 'signers' }) })
    verdicts.onRevision(revision('c9', { hosts: [he1] }))
    verdicts.onGit({ refused: undefined })
    verdicts.onGit({ refused: refused({ reason: 'signers' }) })
    expect(said.slice(4).map((line) => line.split(':', 2).join(':'))).toEqual([
      ...['c9 apply: failure', 'c9 validate: success', 'c9 apply: pending', 'c9 apply: failure'],
    ])
  })
})
