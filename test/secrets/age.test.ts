import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createVault,
  identityFileText,
  makeIdentity,
  noVault,
  parseIdentities,
  sealSecret,
  type Vault,
} from '../../controller/secrets/age.ts'
import { reveal, Secret } from '../../controller/shell/secret.ts'

// Against age(1) itself.
const folder = mkdtempSync(join(tmpdir(), 'reeve-age-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const value = `pass'word"$(id)\\ ümlaut`
let vault: Vault
let recipient: string
let stranger: string

beforeAll(async () => {
  const [own, other] = [await makeIdentity(), await makeIdentity()]
  recipient = own.recipient
  stranger = other.recipient
  writeFileSync(join(folder, 'identity'), identityFileText(own.identity, own.recipient))
  vault = createVault(parseIdentities(readFileSync(join(folder, 'identity'), 'utf8'), 'the file'), 'the file')
})

const age = (input: string | Buffer, ...words: readonly string[]): Buffer => execFileSync('age', words, { input })
const opened = async (bytes: Uint8Array, of = vault) => {
  const opening = await of.open(bytes)
  return opening.status === 'opened' ? reveal(opening.secret) : `${opening.reason} (${opening.hint})`
}

describe('a secret', () => {
  it.each([
    { name: 'binary', words: [] },
    { name: 'armored', words: ['-a'] },
  ])('that age wrote ($name) is opened', async ({ words }) => {
    expect(await opened(age(value, ...words, '-r', recipient))).toBe(value)
    expect(await opened(age(`${value}\n`, ...words, '-r', stranger, '-r', recipient))).toBe(value)
  })

  it('that was sealed here is opened by age, by each of its recipients', async () => {
    const sealed = await sealSecret(new Secret(value), [stranger, recipient])
    expect(age(sealed, '-d', '-i', join(folder, 'identity')).toString()).toBe(value)
    expect(sealed).not.toContain(value)
  })

  const again = '(write it again with: reeve secret encrypt NAME)'
  const hostile: readonly { readonly name: string; readonly bytes: () => Uint8Array; readonly says: string }[] = [
    {
      name: 'that is for others',
      bytes: () => age(value, '-r', stranger),
      says: 'it is encrypted for others than the file (encrypt it for the recipients that `reeve secret recipients` lists)',
    },
    { name: 'that is no age file', bytes: () => Buffer.from('hunter2\n'), says: `it is not a file that age encrypted ${again}` },
    { name: 'that is empty', bytes: () => Buffer.alloc(0), says: `it is not a file that age encrypted ${again}` },
    {
      name: 'whose armor is cut',
      bytes: () => age(value, '-a', '-r', recipient).subarray(0, 200),
      says: `it is not a file that age encrypted ${again}`,
    },
    {
      name: 'that is cut',
      bytes: () => age(value, '-r', recipient).subarray(0, -3),
      says: `it was damaged after age encrypted it ${again}`,
    },
    {
      name: 'of which one bit is wrong',
      bytes: () => flipped(age(value, '-r', recipient)),
      says: `it was damaged after age encrypted it ${again}`,
    },
    { name: 'without a value', bytes: () => age('\n', '-r', recipient), says: `its value is empty ${again}` },
    { name: 'with a NUL', bytes: () => age('a\0b', '-r', recipient), says: 'its value is no text (encode it, for example as base64)' },
    {
      name: 'that is no UTF-8',
      bytes: () => age(Buffer.from([0xff, 0xfe, 0x41]), '-r', recipient),
      says: 'its value is no text (encode it, for example as base64)',
    },
    {
      name: 'that is huge',
      bytes: () => age('x'.repeat(70_000), '-r', recipient),
      says: 'its value has 70000 bytes; 65536 are allowed (a secret is a password or a key)',
    },
  ]
  it.each(hostile)('$name stays closed, with its reason', async ({ bytes, says }) => {
    expect(await opened(bytes())).toBe(says)
  })

  it('stays closed by an identity that is mistyped, whose text is repeated nowhere', async () => {
    const broken = createVault([new Secret('AGE-SECRET-KEY-1QQQQ')], 'the file')
    expect(await opened(age(value, '-r', recipient), broken)).toMatch(
      /^the file holds an identity that is none \(an identity there is incomplete or mistyped/,
    )
    await expect(broken.recipients()).rejects.toThrow(/^the file: an identity there is incomplete or mistyped/)
    await expect(broken.recipients()).rejects.not.toThrow(/QQQQ/)
  })

  it('stays closed where nobody configured an identity', async () => {
    expect(await opened(age(value, '-r', recipient), noVault)).toBe(
      'no identity is configured to decrypt it with (name an identity file in reeve.yaml: secrets: {identityFile: /path})',
    )
  })
})

it.each([
  {
    name: 'something else',
    text: '# a key\nhunter2\n',
    says: 'the file holds something beside age identities (AGE-SECRET-KEY-1…); make one with: reeve secret keygen FILE',
  },
  { name: 'only comments', text: '# a key\n\n', says: 'the file holds no age identity; make one with: reeve secret keygen FILE' },
])('an identity file with $name is refused, and repeated nowhere', ({ text, says }) => {
  expect(() => parseIdentities(text, 'the file')).toThrow(says)
})

function flipped(bytes: Buffer): Buffer {
  const at = bytes.length - 5
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}
