import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openVault } from '../../controller/cli/vault.ts'
import { reveal } from '../../controller/shell/secret.ts'
import { run } from '../lab/process.ts'

// The commands as people type them; age(1) reads what they write.
const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'reeve-secret-'))
const at = (name: string): string => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const reeve = (words: readonly string[], input = '') =>
  run('sh', [join(root, 'bin/reeve'), 'secret', ...words], {
    environment: { PATH: process.env['PATH'] ?? '', HOME: folder, NO_COLOR: '1' },
    stdin: input,
    timeoutMs: 60_000,
  })

let recipient = ''

beforeAll(async () => {
  recipient = (await reeve(['keygen', at('identity')])).stdout.trim()
  mkdirSync(at('fleet/secrets'), { recursive: true })
  writeFileSync(at('fleet/secrets/recipients.txt'), `# the controller\n${recipient}\n`)
  writeFileSync(at('reeve.yaml'), `fleet: x\nrepository: {url: ${folder}}\nsecrets: {identityFile: ${at('identity')}}\n`)
})

const words = (...more: readonly string[]): readonly string[] => [...more, '--dir', at('fleet')]
const withConfig = (...more: readonly string[]): readonly string[] => [...words(...more), '--config', at('reeve.yaml')]

describe('reeve secret', () => {
  it('makes an identity that only its owner reads, and never writes over one', async () => {
    expect(recipient).toMatch(/^age1[0-9a-z]{58}$/)
    expect(statSync(at('identity')).mode & 0o777).toBe(0o600)
    const before = readFileSync(at('identity'), 'utf8')
    const again = await reeve(['keygen', at('identity')])
    expect([again.code, again.stderr]).toEqual([
      2,
      `reeve: ${at('identity')} cannot be written: it is there already, and is never overwritten\n`,
    ])
    expect(readFileSync(at('identity'), 'utf8')).toBe(before)
  })

  it('encrypts what stdin says, without the newline at its end, and prints nothing of it', async () => {
    const { code, stdout, stderr } = await reeve(words('encrypt', 'tsig'), "it's $(a) secret\n")
    expect([code, stderr, stdout]).toEqual([0, '', `${at('fleet/secrets/tsig.age')}\n`])
    expect(execFileSync('age', ['-d', '-i', at('identity'), at('fleet/secrets/tsig.age')]).toString()).toBe("it's $(a) secret")
  })

  it('tells for whom secrets are encrypted', async () => {
    expect(await reeve(withConfig('recipients'))).toMatchObject({ code: 0, stdout: `${recipient}  this controller\n` })
  })

  it('encrypts anew for those who are recipients now', async () => {
    const other = (await reeve(['keygen', at('other')])).stdout
    writeFileSync(at('fleet/secrets/recipients.txt'), `${recipient}\n${other}`)
    expect((await reeve(withConfig('rewrap', 'tsig'))).code).toBe(0)
    expect(execFileSync('age', ['-d', '-i', at('other'), at('fleet/secrets/tsig.age')]).toString()).toBe("it's $(a) secret")
  })

  it.each(['the file', 'its folder'])('writes through no symbolic link in the repository: %s', async (what) => {
    const [fleet, elsewhere] = [at(`linked ${what}`), at(`elsewhere ${what}`)]
    mkdirSync(join(fleet, 'secrets'), { recursive: true })
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, 'tsig.age'), 'mine')
    writeFileSync(join(elsewhere, 'recipients.txt'), `${recipient}\n`)
    if (what === 'its folder') rmSync(join(fleet, 'secrets'), { recursive: true })
    else writeFileSync(join(fleet, 'secrets/recipients.txt'), `${recipient}\n`)
    const link = join(fleet, what === 'its folder' ? 'secrets' : 'secrets/tsig.age')
    symlinkSync(what === 'its folder' ? elsewhere : join(elsewhere, 'tsig.age'), link)
    const { code, stderr } = await reeve(['encrypt', 'tsig', '--dir', fleet], 'x\n')
    expect([code, stderr]).toEqual([2, `reeve: ${link} is a symbolic link, and is not followed: find out who made it, and remove it\n`])
    expect(readFileSync(join(elsewhere, 'tsig.age'), 'utf8')).toBe('mine')
  })

  const refused: readonly {
    readonly name: string
    readonly words: () => readonly string[]
    readonly input?: string
    readonly says: string
  }[] = [
    {
      name: 'a name that is none',
      words: () => words('encrypt', '../x'),
      input: 'v',
      says: 'reeve: "../x" is no name of a secret: it has 1 to 63 characters of a-z, 0-9 and -',
    },
    { name: 'no value', words: () => words('encrypt', 'empty'), input: '\n', says: 'reeve: stdin holds no value' },
    {
      name: 'a value that is no text',
      words: () => words('encrypt', 'nul'),
      input: 'a\0b',
      says: 'reeve: stdin holds no text: encode it, for example as base64',
    },
    {
      name: 'a value that is huge',
      words: () => words('encrypt', 'huge'),
      input: 'x'.repeat(70_000),
      says: 'reeve: stdin has more than 65536 bytes: that is no secret',
    },
    {
      name: 'a folder without recipients',
      words: () => ['encrypt', 'tsig', '--dir', folder],
      input: 'v',
      says: `reeve: ${at('secrets/recipients.txt')} is not there: write the recipients of secrets into it, one age1… a line (reeve secret recipients shows this controller's)`,
    },
    {
      name: 'a secret that is not there to be encrypted anew',
      words: () => withConfig('rewrap', 'gone'),
      says: `reeve: there is no ${at('fleet/secrets/gone.age')}`,
    },
  ]
  it.each(refused)('refuses $name', async ({ words: typed, input = '', says }) => {
    const { code, stderr } = await reeve(typed(), input)
    expect([code, stderr]).toEqual([2, `${says}\n`])
    expect(['empty', 'nul', 'huge'].filter((name) => existsSync(at(`fleet/secrets/${name}.age`)))).toEqual([])
  })

  it('refuses a recipient that is none at its line, and a private key without repeating it', async () => {
    mkdirSync(at('bad/secrets'), { recursive: true })
    const secretKey = readFileSync(at('identity'), 'utf8').split('\n')[1] ?? ''
    writeFileSync(at('bad/secrets/recipients.txt'), `# one\n${secretKey}\n`)
    const { code, stderr } = await reeve(['encrypt', 'tsig', '--dir', at('bad')], 'v')
    expect([code, stderr]).toEqual([
      2,
      `reeve: ${at('bad/secrets/recipients.txt')}:2: this is no recipient; write one as age1… on a line of its own\n`,
    ])
  })
})

describe('the identity', () => {
  it('may come from the environment, which children do not inherit then', async () => {
    process.env['REEVE_SECRETS_IDENTITY'] = readFileSync(at('identity'), 'utf8')
    const vault = openVault({})
    expect(process.env['REEVE_SECRETS_IDENTITY']).toBeUndefined()
    const opening = await vault.open(readFileSync(at('fleet/secrets/tsig.age')))
    expect(opening.status === 'opened' && reveal(opening.secret)).toBe("it's $(a) secret")
  })

  it.each([
    { name: 'not there', file: () => at('nowhere'), says: 'the identity for secrets cannot be used: there is no such file or folder' },
    {
      name: 'something else',
      file: () => at('reeve.yaml'),
      says: /^the identity for secrets cannot be used: .* holds something beside age identities/,
    },
  ])('that is $name ends the command', ({ file, says }) => {
    expect(() => openVault({ secrets: { identityFile: file() } })).toThrow(says)
  })
})
