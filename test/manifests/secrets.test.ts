import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { makeRevision } from '../../controller/loop/revision.ts'
import { isSecretPath, secretRefs } from '../../controller/manifests/secrets.ts'
import { loadTree } from '../../controller/manifests/tree.ts'
import type { OpenSecret } from '../../controller/model/secrets.ts'
import { reveal, Secret } from '../../controller/shell/secret.ts'
import { rules as plain } from '../loop/neighbours/rig.ts'

// What an encrypted file says is what it was made from here: `open:VALUE` opens, everything else stays closed.
const open: OpenSecret = async (bytes) => {
  const text = Buffer.from(bytes).toString()
  return text.startsWith('open:')
    ? { status: 'opened', secret: new Secret(text.slice(5)) }
    : { status: 'closed', reason: 'it is encrypted for others', hint: 'encrypt it again' }
}
const rules = { ...plain, openSecret: open }

const board = (secretRef: string): string => `apiVersion: reeve.dev/v1
kind: Board
metadata: {name: keys}
spec:
  at: [{hypervisor: he1}]
  text: x
  secretRef: ${secretRef}
`
const hypervisor = 'apiVersion: reeve.dev/v1\nkind: Hypervisor\nmetadata: {name: he1}\nspec: {}\n'
const other = `apiVersion: reeve.dev/v1\nkind: Board\nmetadata: {name: other}\nspec: {at: [{hypervisor: he1}], text: y}\n`

type Files = Readonly<Record<string, string>>

/** A history of commits, the last one is HEAD: each all of its files. */
async function revisionOf(...commits: readonly Files[]) {
  const names = commits.map((_, index) => `c${index}`)
  const bytesOf = (commit: string, path: string) => {
    const text = commits[names.indexOf(commit)]?.[path]
    return text === undefined ? undefined : Buffer.from(text)
  }
  const head = commits.at(-1) ?? {}
  const tree = {
    commit: names.at(-1) ?? '',
    refused: [],
    files: Object.entries(head).map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
  }
  const history = {
    history: async (path: string) =>
      names.filter((_, index) => index === 0 || commits[index]?.[path] !== commits[index - 1]?.[path]).reverse(),
    readFile: async (commit: string, path: string) => bytesOf(commit, path),
  }
  const revision = await makeRevision(tree, rules, history, [])
  const secret = (name: string) => {
    const value = revision.fleet.secret(name)
    return value && reveal(value)
  }
  return {
    revision,
    secret,
    says: revision.diagnostics.map(({ at, path, summary, hint }) => `${at.file}:${at.line}:${at.column}: ${path}: ${summary} (${hint})`),
  }
}

const files = (secretRef: string, more: Files = {}): Files => ({
  'he1.yaml': hypervisor,
  'keys.yaml': board(secretRef),
  'other.yaml': other,
  ...more,
})
const names = (revision: Awaited<ReturnType<typeof revisionOf>>['revision']) => revision.fleet.manifests.map(({ id }) => id)

describe('a secret that a manifest names', () => {
  it('is there for its kind, and printed nowhere', async () => {
    const { revision, secret, says } = await revisionOf(files('tsig', { 'secrets/tsig.age': 'open:hunter2' }))
    expect(says).toEqual([])
    expect(secret('tsig')).toBe('hunter2')
    expect(JSON.stringify([...revision.compiled.states.values()])).not.toContain('hunter2')
  })

  const closed = 'the secret "tsig" cannot be read: '
  const cases: readonly { readonly name: string; readonly commits: readonly Files[]; readonly says: string; readonly value?: string }[] = [
    {
      name: 'is missing: what to do',
      commits: [files('tsig')],
      says: 'keys.yaml:7:14: spec.secretRef: there is no secret "tsig" (write it with: reeve secret encrypt tsig; then commit secrets/tsig.age)',
    },
    {
      name: 'is mistyped: what is near',
      commits: [files('tsgi', { 'secrets/tsig.age': 'open:hunter2' })],
      says: 'keys.yaml:7:14: spec.secretRef: there is no secret "tsgi" (did you mean "tsig"?)',
    },
    {
      name: 'stays closed: why',
      commits: [files('tsig', { 'secrets/tsig.age': 'closed' })],
      says: `keys.yaml:7:14: spec.secretRef: ${closed}it is encrypted for others (encrypt it again)`,
    },
    {
      name: 'stays closed since a commit: its older value is in force',
      commits: [files('tsig', { 'secrets/tsig.age': 'open:hunter2' }), files('tsig', { 'secrets/tsig.age': 'closed' })],
      says: `keys.yaml:7:14: spec.secretRef: ${closed}it is encrypted for others; its value of commit c0 stays in force (encrypt it again)`,
      value: 'hunter2',
    },
    {
      name: 'is gone: its older value is in force',
      commits: [files('tsig', { 'secrets/tsig.age': 'open:hunter2' }), files('tsig')],
      says: `keys.yaml:7:14: spec.secretRef: ${closed}its file is gone; its value of commit c0 stays in force (bring secrets/tsig.age back, or take its secretRef out)`,
      value: 'hunter2',
    },
  ]
  it.each(cases)('and that $name; everything else goes on', async ({ commits, says: sentence, value }) => {
    const { revision, secret, says } = await revisionOf(...commits)
    expect(says).toEqual([sentence])
    expect(secret('tsig')).toBe(value ?? (sentence.includes('tsgi') ? 'hunter2' : undefined))
    expect(names(revision)).toEqual(
      value === undefined ? ['Board/other', 'Hypervisor/he1'] : ['Board/keys', 'Board/other', 'Hypervisor/he1'],
    )
  })

  it('and that another one replaces which nobody wrote: the version before stays in force', async () => {
    const before = files('old', { 'secrets/old.age': 'open:hunter2' })
    const { revision, says } = await revisionOf(before, { ...before, 'keys.yaml': board('new') })
    expect(says).toEqual([expect.stringContaining('there is no secret "new"')])
    expect([...revision.stale]).toEqual(['Board/keys'])
  })

  it('counts as good without a key, where its file is there', () => {
    const tree = (of: Files) => ({
      commit: 'c',
      refused: [],
      files: Object.entries(of).map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
    })
    expect(loadTree(tree(files('tsig', { 'secrets/tsig.age': 'closed' })), rules).diagnostics).toEqual([])
    expect(loadTree(tree(files('tsig')), rules).diagnostics).toHaveLength(1)
  })
})

it('secretRef is found wherever it stands', () => {
  const spec = {
    a: [{ secretRef: 'one' }, { 'odd key': { secretRef: 'two' } }],
    secretRef: { secretRef: 'three' },
    other: { secretRef: 4 },
  }
  expect(secretRefs(spec)).toEqual([
    { name: 'one', path: 'spec.a[0].secretRef' },
    { name: 'two', path: 'spec.a[1]["odd key"].secretRef' },
    { name: 'three', path: 'spec.secretRef.secretRef' },
  ])
})

it.each([
  ['secrets/tsig.age', true],
  ['secrets/tsig-2.age', true],
  ['secrets/Tsig.age', false],
  ['secrets/../x.age', false],
  ['secrets/a/b.age', false],
  ['secrets/.age', false],
  ['secrets/recipients.txt', false],
  ['other/secrets/tsig.age', false],
])('%s is the file of a secret: %s', (path, is) => {
  expect(isSecretPath(path)).toBe(is)
})

/** Every field of a schema with this name, and where. */
function fieldsNamed(name: string, schema: unknown, path: string): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, each]) => {
    const here = `${path}.${key}`
    const own = key === name && path.endsWith('.properties') ? [[here, each as Readonly<Record<string, unknown>>] as const] : []
    return [...own, ...fieldsNamed(name, each, here)]
  })
}

describe('secretRef in CRDs', () => {
  const folder = join(import.meta.dirname, '../../crds')
  const crds = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  const differs = (schema: unknown): readonly string[] =>
    fieldsNamed('secretRef', schema, '').flatMap(([path, { type, pattern, maxLength }]) =>
      type === 'string' && maxLength === 63 && pattern === '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' ? [] : [path],
    )

  it.each(crds)('%s writes it as all do', (name) => {
    expect(differs(parse(readFileSync(join(folder, name), 'utf8')))).toEqual([])
  })

  it('is found where it is written otherwise', () => {
    expect(differs({ properties: { key: { properties: { secretRef: { type: 'string', maxLength: 63 } } } } })).toEqual([
      '.properties.key.properties.secretRef',
    ])
  })
})
