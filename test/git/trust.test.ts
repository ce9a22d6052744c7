import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TrustSettings } from '../../controller/git/signers.ts'
import type { GitSource, GitSourceOptions } from '../../controller/git/source.ts'
import { createRepository, openSource, type TestRepository, temporaryFolder } from './repository.ts'
import { createKeyring, type Keyring, type Signer, signedCommit, sshSigner } from './signing.ts'

let keys: ReturnType<typeof temporaryFolder>
let keyring: Keyring
let ada: Signer
let bob: Signer
let eve: Signer
let gpgCarol: Signer
let gpgDan: Signer
let gpgEmil: Signer

beforeAll(() => {
  keys = temporaryFolder()
  ;[ada, bob, eve] = ['ada', 'bob', 'eve'].map((name) => sshSigner(keys.path, name)) as [Signer, Signer, Signer]
  keyring = createKeyring(join(keys.path, 'gnupg'))
  gpgCarol = keyring.make('carol')
  gpgDan = keyring.make('dan', '2020-02-01')
  gpgEmil = keyring.make('emil')
})

afterAll(() => {
  keyring.close()
  keys[Symbol.dispose]()
})

let temporary: ReturnType<typeof temporaryFolder>
let repository: TestRepository
let approved: Set<string>
let source: GitSource
let trust: TrustSettings

beforeEach(() => {
  temporary = temporaryFolder()
  repository = createRepository(join(temporary.path, 'fleet'))
  approved = new Set()
  trust = {
    allowedSigners: write(
      'allowed_signers',
      `ada@example.org ${ada.publicKey}\n# a comment\nbob@example.org namespaces="git,file" ${bob.publicKey}\n`,
    ),
    openpgpKeys: write('keys.asc', gpgCarol.publicKey + gpgDan.publicKey + gpgEmil.publicKey),
    unsignedMerges: 'Refuse',
  }
  source = open({ trust })
})

afterEach(async () => {
  await source[Symbol.asyncDispose]()
  temporary[Symbol.dispose]()
})

function write(name: string, text: string): string {
  const file = join(temporary.path, name)
  writeFileSync(file, text)
  return file
}

function open(more: Partial<GitSourceOptions>): GitSource {
  const approvals = { has: (hash: string) => approved.has(hash), use: (hash: string) => void approved.delete(hash) }
  return openSource(repository.folder, join(temporary.path, 'state'), { approvals, ...more })
}

async function reopen(more: Partial<GitSourceOptions>): Promise<void> {
  await source[Symbol.asyncDispose]()
  source = open(more)
}

/** A repository whose first commit is in force. */
async function begun(): Promise<string> {
  const first = signedCommit(repository, ada, 'first')
  expect(await source.refresh()).toMatchObject({ commit: first, refused: undefined })
  return first
}

describe('signatures', () => {
  it('lets in what SSH and OpenPGP keys of the files signed, all of the range', async () => {
    await begun()
    signedCommit(repository, bob, 'two')
    const last = signedCommit(repository, gpgCarol, 'three')
    expect(await source.refresh()).toMatchObject({ commit: last, head: last, refused: undefined, trouble: undefined })
  })

  const faults: readonly { readonly name: string; readonly make: () => string; readonly reason: string; readonly says: RegExp }[] = [
    { name: 'an unsigned commit', make: () => repository.commit({ 'a.yaml': 'x' }), reason: 'unsigned', says: /it is not signed/ },
    {
      name: 'an SSH key that nobody has',
      make: () => signedCommit(repository, eve, 'x'),
      reason: 'unknownKey',
      says: /signed by key SHA256:[^ ]+, which nobody/,
    },
    {
      name: 'an OpenPGP key that has expired',
      make: () => signedCommit(repository, gpgDan, 'x'),
      reason: 'expiredKey',
      says: /has expired/,
    },
    {
      name: 'the signature of another commit',
      make: () => transplanted(signedCommit(repository, ada, 'x')),
      reason: 'badSignature',
      says: /does not fit it/,
    },
    {
      name: 'two signatures, of which one is good',
      make: () => doubled(signedCommit(repository, ada, 'x')),
      reason: 'badSignature',
      says: /does not fit it/,
    },
    {
      name: 'a signature that is none',
      make: () => withSignature(repository.commit({ 'a.yaml': 'x' }), 'gpgsig hello\n'),
      reason: 'unreadableSignature',
      says: /cannot be checked: .*hello/,
    },
  ]

  it.each(faults)('refuses $name; the commit before stays in force', async ({ make, reason, says }) => {
    const first = await begun()
    const bad = make()
    const state = await source.refresh()
    expect(state).toMatchObject({ commit: first, head: bad, trouble: undefined, refused: { reason, inForce: first, head: bad, count: 1 } })
    expect(state.refused?.because).toMatch(says)
    expect(state.refused?.commits[0]).toMatchObject({ commit: bad, author: 'Ada', fault: reason })
    expect(state.refused?.approval).toBeUndefined()
  })

  it('refuses an unsigned commit below a signed one, and below a signed merge, and names it', async () => {
    const first = await begun()
    repository.git('checkout', '--quiet', '-b', 'side')
    const hidden = repository.commit({ 'b.yaml': 'hidden' }, 'looks harmless')
    repository.git('checkout', '--quiet', 'main')
    signedCommit(repository, ada, 'two')
    repository.git(...ada.options, 'merge', '--quiet', '-S', '--no-ff', '--no-edit', 'side')
    const { commit, refused } = await source.refresh()
    expect(commit).toBe(first)
    expect(refused).toMatchObject({ reason: 'unsigned', count: 1 })
    expect(refused?.commits).toEqual([
      { commit: hidden, author: 'Ada', subject: 'looks harmless', fault: 'unsigned', because: 'it is not signed' },
    ])
  })

  it('lets an unsigned merge pass only where that is allowed and it holds what git makes of its signed parents', async () => {
    trust = { ...trust, unsignedMerges: 'Clean' }
    await reopen({ trust })
    const first = await begun()
    const merge = (): string => {
      repository.git('checkout', '--quiet', '-B', 'side', first)
      writeFileSync(join(repository.folder, 'b.yaml'), 'side')
      signedCommit(repository, bob, 'first')
      repository.git('checkout', '--quiet', '-B', 'main', first)
      signedCommit(repository, ada, 'two')
      repository.git('merge', '--quiet', '--no-ff', '--no-edit', 'side')
      return repository.git('rev-parse', 'HEAD')
    }
    merge()
    writeFileSync(join(repository.folder, 'c.yaml'), 'smuggled in')
    repository.git('add', '--all')
    repository.git('commit', '--quiet', '--amend', '--no-edit')
    expect(await source.refresh()).toMatchObject({ commit: first, refused: { reason: 'unsigned', count: 1 } })
    const clean = merge()
    expect(await source.refresh()).toMatchObject({ commit: clean, refused: undefined })
  })

  it('refuses a key outside its dates, one that may sign no commits, and a revoked one', async () => {
    write(
      'allowed_signers',
      `ada@example.org valid-before="20200101" ${ada.publicKey}\nbob@example.org namespaces="file" ${bob.publicKey}\n`,
    )
    signedCommit(repository, ada, 'one')
    expect((await source.refresh()).refused).toMatchObject({ reason: 'expiredKey' })
    const byBob = signedCommit(repository, bob, 'two')
    expect((await source.refresh()).refused).toMatchObject({
      head: byBob,
      reason: 'unknownKey',
      because: expect.stringContaining('may not sign commits'),
    })
    write('allowed_signers', `ada@example.org ${ada.publicKey}\n`)
    await reopen({ trust: { ...trust, revokedKeys: write('revoked', `${ada.publicKey}\n`) } })
    signedCommit(repository, ada, 'three')
    expect((await source.refresh()).refused).toMatchObject({ reason: 'revokedKey' })
    signedCommit(repository, gpgEmil, 'four')
    write('keys.asc', keyring.revoke('emil'))
    expect((await source.refresh()).refused).toMatchObject({ reason: 'revokedKey' })
  })

  /** A commit by Ada that bears this date, whatever the clock says. */
  function dated(date: string, content: string): string {
    repository.dates.at = date
    return signedCommit(repository, ada, content)
  }
  const clockAt = (date: string) => ({ nowMs: () => Date.parse(date), after: () => () => {} })
  const adaUntil = (options: string) => write('allowed_signers', `ada@example.org ${options} ${ada.publicKey}\n`)

  it('refuses what comes after valid-before, whatever date it bears; what was let in before stays good, also when it comes again', async () => {
    adaUntil('namespaces="git",valid-before="20250101Z"')
    await reopen({ trust, clock: clockAt('2024-06-01T00:00:00Z') })
    const first = dated('2024-05-01T00:00:00Z', 'first')
    expect(await source.refresh()).toMatchObject({ commit: first })
    const second = dated('2024-05-02T00:00:00Z', 'second')
    expect(await source.refresh()).toMatchObject({ commit: second })
    await reopen({ trust, clock: clockAt('2025-01-01T00:00:00Z') })
    expect(await source.refresh()).toMatchObject({ commit: second, refused: undefined })
    const forged = dated('2024-05-03T00:00:00Z', 'by a thief, with an old date')
    expect(await source.refresh()).toMatchObject({
      commit: second,
      refused: { head: forged, reason: 'expiredKey', because: expect.stringContaining('not valid now') },
    })
    for (const [replayed, reason] of [
      [first, 'older'],
      [second, undefined],
    ] as const) {
      repository.git('reset', '--quiet', '--hard', replayed)
      const { refused } = await source.refresh()
      expect(refused?.reason).toBe(reason)
      approved.add(refused?.approval ?? '')
      expect(await source.refresh()).toMatchObject({ commit: replayed, refused: undefined })
    }
    repository.git('reset', '--quiet', '--hard', forged)
    expect(await source.refresh()).toMatchObject({ commit: second, refused: { reason: 'expiredKey' } })
  })

  it.each([
    ['its own date is before valid-after', 'valid-after="20240601Z"', '2024-05-01T00:00:00Z', '2024-07-01T00:00:00Z', 'expiredKey'],
    [
      'it is dated ahead, and valid-after has not come',
      'valid-after="20240601Z"',
      '2024-06-02T00:00:00Z',
      '2024-05-01T00:00:00Z',
      'expiredKey',
    ],
    ['both are within', 'valid-after="202406011200Z",valid-before="20240901Z"', '2024-06-02T00:00:00Z', '2024-06-03T00:00:00Z', undefined],
    ['a time has no quotes', 'valid-before=20240901Z', '2024-06-02T00:00:00Z', '2024-06-03T00:00:00Z', 'signers'],
    ['a time is none', 'valid-before="soon"', '2024-06-02T00:00:00Z', '2024-06-03T00:00:00Z', 'signers'],
  ])('holds a commit against its date and the time of now: %s', async (_name, options, bears, comes, reason) => {
    adaUntil(options)
    await reopen({ trust, clock: clockAt(comes) })
    dated(bears, 'one')
    expect((await source.refresh()).refused?.reason).toBe(reason)
  })

  it('judges again by itself when the time of a key begins', async () => {
    adaUntil('valid-after="20240601Z"')
    let now = '2024-05-31T23:59:00Z'
    await reopen({ trust, clock: { nowMs: () => Date.parse(now), after: () => () => {} } })
    const one = dated('2024-06-01T00:00:00Z', 'one')
    expect((await source.refresh()).refused?.reason).toBe('expiredKey')
    now = '2024-06-01T00:00:00Z'
    expect(await source.refresh()).toMatchObject({ commit: one, refused: undefined })
  })

  it('judges at the first start the newest commit alone: its signature covers what is below', async () => {
    repository.commit({ 'a.yaml': 'unsigned' })
    expect(await source.refresh()).toMatchObject({ commit: undefined, refused: { reason: 'unsigned', inForce: undefined } })
    const head = signedCommit(repository, ada, 'signed')
    expect(await source.refresh()).toMatchObject({ commit: head, refused: undefined })
  })

  it('goes on by itself when the bad commit is replaced by a signed one, or its signer is let in', async () => {
    const first = await begun()
    repository.commit({ 'a.yaml': 'x' })
    await source.refresh()
    repository.git(...ada.options, 'commit', '--quiet', '--amend', '--no-edit', '-S')
    const mended = repository.git('rev-parse', 'HEAD')
    expect(await source.refresh()).toMatchObject({ commit: mended, refused: undefined, trouble: undefined })
    const byEve = signedCommit(repository, eve, 'eve')
    expect(await source.refresh()).toMatchObject({ commit: mended, refused: { reason: 'unknownKey' } })
    write('allowed_signers', `* ${eve.publicKey}\n`)
    expect(await source.refresh()).toMatchObject({ commit: byEve, refused: undefined })
    expect(await source.isAncestor(first, byEve)).toBe(true)
  })

  it('follows no replaced ref, no configuration of the user, no keyring but the file', async () => {
    const first = await begun()
    const bad = repository.commit({ 'a.yaml': 'evil' })
    repository.git('checkout', '--quiet', '--detach', first)
    const good = signedCommit(repository, ada, 'good')
    repository.git('checkout', '--quiet', 'main')
    repository.git('replace', bad, good)
    await source.refresh()
    const mirror = join(temporary.path, 'state', readdirSync(join(temporary.path, 'state')).find((name) => name.endsWith('.git')) ?? '')
    repository.git('push', '--quiet', mirror, `${good}:refs/replace/${bad}`)
    repository.git('config', 'gpg.ssh.allowedSignersFile', write('theirs', `* ${eve.publicKey}\n`))
    await reopen({ trust, environment: { PATH: process.env.PATH } })
    expect(await source.refresh()).toMatchObject({ commit: first, refused: { head: bad, reason: 'unsigned' } })
    await source.refresh()
    expect(readdirSync(join(temporary.path, 'state'))).not.toContain('trust')
  })

  it('shows names with control characters as they are, for others to mask, and reads the fields apart', async () => {
    await begun()
    repository.git('commit', '--author', 'Ma\u001b[31m|%00 "x"\\ <m@x>', '--quiet', '--allow-empty', '-m', '%x00 \u0007 subject')
    const { refused } = await source.refresh()
    expect(refused?.commits[0]).toMatchObject({ author: 'Ma\u001b[31m|%00 "x', subject: '%x00 \u0007 subject', fault: 'unsigned' })
  })
})

describe('the files that say who may sign', () => {
  const broken: readonly { readonly name: string; readonly spoil: () => void; readonly says: RegExp }[] = [
    { name: 'missing', spoil: () => rmSync(join(temporary.path, 'allowed_signers')), says: /repository\.trust\.allowedSigners: .*ENOENT/ },
    { name: 'empty', spoil: () => void write('allowed_signers', '# nobody\n\n'), says: /it names nobody/ },
    {
      name: 'cut off in a key',
      spoil: () => void write('allowed_signers', `ada@x ${ada.publicKey.slice(0, 40)}\n`),
      says: /allowed_signers:1: this is no line/,
    },
    {
      name: 'of another form',
      spoil: () => void write('allowed_signers', `ada@x ${ada.publicKey}\n${bob.publicKey.replace('ssh-ed25519 ', '')}\n`),
      says: /:2: this is no line/,
    },
    {
      name: 'writable by everybody',
      spoil: () => chmodSync(join(temporary.path, 'allowed_signers'), 0o666),
      says: /everybody may write it/,
    },
    { name: 'without an OpenPGP key', spoil: () => void write('keys.asc', 'no key\n'), says: /keys\.asc: gpg finds no public key/ },
    { name: 'empty of OpenPGP keys', spoil: () => void write('keys.asc', ''), says: /keys\.asc: it is empty/ },
    {
      name: 'without a key among the revoked ones',
      spoil: () => void write('revoked', 'garbage\n'),
      says: /revoked:1: this is no public key/,
    },
    { name: 'a private key', spoil: () => void write('keys.asc', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n'), says: /holds a private key/ },
  ]

  it.each(broken)('let nothing in while they are $name, and say so', async ({ spoil, says }) => {
    await reopen({ trust: { ...trust, revokedKeys: write('revoked', '') } })
    const first = await begun()
    signedCommit(repository, ada, 'two')
    spoil()
    const state = await source.refresh()
    expect(state).toMatchObject({ commit: first, refused: { reason: 'signers', count: 0 } })
    expect(state.refused?.because).toMatch(says)
  })
})

describe('older commits and forced pushes wait for consent, signers or not', () => {
  it.each([{ signers: true }, { signers: false }])('with signers: $signers', async ({ signers }) => {
    if (!signers) await reopen({})
    const first = await begun()
    const second = signedCommit(repository, ada, 'two')
    await source.refresh()
    repository.git('reset', '--quiet', '--hard', first)
    const back = (await source.refresh()).refused
    expect(back).toMatchObject({ reason: 'older', head: first, inForce: second })
    const other = signedCommit(repository, ada, 'other')
    const state = await source.refresh()
    expect(state).toMatchObject({ commit: second, head: other, refused: { reason: 'rewritten' } })
    expect(state.refused?.approval).not.toBe(back?.approval)
    approved.add(back?.approval ?? '')
    expect((await source.refresh()).commit).toBe(second)
    approved.add(state.refused?.approval ?? '')
    expect(await source.refresh()).toMatchObject({ commit: other, refused: undefined })
    // Consent is used up, and what is in force is known after a restart.
    expect(approved.has(state.refused?.approval ?? '')).toBe(false)
    await reopen(signers ? { trust } : {})
    repository.git('reset', '--quiet', '--hard', second)
    expect(await source.refresh()).toMatchObject({ commit: other, refused: { reason: 'rewritten', head: second } })
  })

  it.each([{ signers: true }, { signers: false }])(
    'so does a branch without any manifest left, with signers: $signers',
    async ({ signers }) => {
      const rules = signers ? { trust } : {}
      await reopen(rules)
      const first = await begun()
      const emptied = emptyAll()
      const state = await source.refresh()
      expect(state).toMatchObject({ commit: first, head: emptied, refused: { reason: 'emptied', head: emptied, inForce: first } })
      expect(state.refused?.because).toBe(`${emptied.slice(0, 12)} holds no manifest, and ${first.slice(0, 12)} in force holds some`)
      expect(state.refused?.todo).toContain(`reeve approve ${state.refused?.approval}. To refuse, revert it.`)
      // Also after a restart, and for what comes on top of it.
      await reopen(rules)
      expect(await source.refresh()).toMatchObject({ commit: first, refused: { reason: 'emptied' } })
      const back = signedCommit(repository, ada, 'back')
      expect(await source.refresh()).toMatchObject({ commit: back, refused: undefined })
      const again = emptyAll()
      approved.add((await source.refresh()).refused?.approval ?? '')
      expect(await source.refresh()).toMatchObject({ commit: again, refused: undefined })
    },
  )

  it('does not let consent stand in for a signature', async () => {
    const first = await begun()
    signedCommit(repository, ada, 'two')
    await source.refresh()
    repository.git('reset', '--quiet', '--hard', first)
    repository.commit({ 'a.yaml': 'unsigned' })
    const { refused } = await source.refresh()
    expect(refused).toMatchObject({ reason: 'unsigned' })
    expect(refused?.approval).toBeUndefined()
  })

  it('looks without letting in where a command only looks', async () => {
    const first = await begun()
    const second = signedCommit(repository, ada, 'two')
    await using looking = open({ trust, isRecorded: false })
    expect((await looking.refresh()).commit).toBe(second)
    await using again = open({ trust, isRecorded: false })
    expect(readFileSync(markFile(), 'utf8')).toContain(first)
    expect((await again.refresh()).commit).toBe(second)
  })

  it('judges a commit that a person names by its signatures alone', async () => {
    const first = await begun()
    const bad = repository.commit({ 'a.yaml': 'x' })
    await source.refresh()
    expect(await source.judge(first)).toBeUndefined()
    expect(await source.judge(bad)).toMatchObject({ reason: 'unsigned' })
  })

  it('does not go on from a mark that a newer Reeve wrote', async () => {
    await begun()
    writeFileSync(markFile(), `{"format":2,"commit":"${'0'.repeat(40)}"}\n`)
    expect(() => open({ trust })).toThrow(/newer Reeve \(format 2, this one knows 1\)/)
  })
})

function emptyAll(): string {
  repository.git('rm', '--quiet', 'a.yaml')
  repository.git(...ada.options, 'commit', '--quiet', '-S', '-m', 'nothing left')
  return repository.git('rev-parse', 'HEAD')
}

function markFile(): string {
  const state = join(temporary.path, 'state')
  return join(state, readdirSync(state).find((name) => name.endsWith('.in-force')) ?? 'none')
}

/** Puts a commit object with this text in the place of main. */
function replaceHead(text: string): string {
  const commit = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
    cwd: repository.folder,
    input: text,
    encoding: 'utf8',
  }).trim()
  repository.git('reset', '--quiet', '--hard', commit)
  return commit
}

function objectOf(commit: string): string {
  return execFileSync('git', ['cat-file', 'commit', commit], { cwd: repository.folder, encoding: 'utf8' })
}

/** The commit with another message below its signature. */
function transplanted(commit: string): string {
  return replaceHead(objectOf(commit).replace(/signed x\n$/, 'signed y\n'))
}

/** The commit with its signature twice, and another message. */
function doubled(commit: string): string {
  const text = objectOf(commit)
  const signature = /^gpgsig [\s\S]*?-----END SSH SIGNATURE-----\n/m.exec(text)?.[0] ?? 'none'
  return replaceHead(text.replace(signature, signature + signature).replace(/signed x\n$/, 'signed y\n'))
}

function withSignature(commit: string, header: string): string {
  return replaceHead(objectOf(commit).replace(/^(committer .*\n)/m, `$1${header}`))
}
