import { expect, it } from 'vitest'
import { readRules } from '../../controller/cli/rules.ts'
import { makeRevision } from '../../controller/loop/revision.ts'

/** A hypervisor that asks for nothing. */
const good = Buffer.from(`apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he2}
spec:
  address: 192.0.2.11
  hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGhqBF07XpcLK1u1YIDuflA5W25tfxG+RW0nMUywS8ms"]
`)

it('keeps a hypervisor whose file cannot be read any more, before any ledger was seen', async () => {
  const bytes = Buffer.from('kind: [Hypervisor\n')
  const history = {
    history: () => Promise.resolve(['new', 'old']),
    readFile: (commit: string) => Promise.resolve(commit === 'old' ? good : bytes),
  }
  const revision = await makeRevision({ commit: 'new', files: [{ path: 'he2.yaml', bytes }], refused: [] }, readRules('fleet'), history, [])
  expect([...revision.stale]).toEqual(['Hypervisor/he2'])
  expect([...revision.compiled.states.keys()]).toEqual(['he2'])
  expect(revision.diagnostics.map((one) => one.at.file)).toContain('he2.yaml')
})

it('knows where a manifest stands that asks for nothing there', async () => {
  const tree = { commit: 'new', files: [{ path: 'he2.yaml', bytes: good }], refused: [] }
  const history = { history: () => Promise.resolve([]), readFile: () => Promise.resolve(undefined) }
  const { compiled } = await makeRevision(tree, readRules('fleet'), history, [])
  expect(compiled.states.get('he2' as never)?.items).toEqual([])
  expect(compiled.placed).toEqual([{ manifest: 'Hypervisor/he2', target: { hypervisor: 'he2' } }])
})
