import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bootstrapScript, factsScript, manifestText, missingOn, nameFrom, readFacts } from '../../controller/cli/bootstrapHost.ts'

const wanted = { user: 'reeve', publicKey: 'ssh-ed25519 AAAA' }

describe('what a host says of itself', () => {
  it.each([
    ['cut', 'hostname he1\nuser yes\n'],
    ['empty', ''],
  ])('counts only whole, not %s', (_, said) => expect(() => readFacts(said)).toThrow('did not answer to its end'))

  it.each([
    ['nothing is there', 'hostname he1\nend\n', 4],
    ['all but sudo is', 'hostname he1\nuser yes\nkey yes\nend\n', 2],
    ['all is', 'hostname he1\nuser yes\nkey yes\nsudo yes\nsudoer yes\nend\n', 0],
  ])('names what is missing where %s', (_, said, count) => expect(missingOn(readFacts(said), wanted)).toHaveLength(count))

  it('asks nothing of sudo where Reeve comes in as root', () => {
    expect(missingOn(readFacts('hostname he1\nuser yes\nend\n'), { ...wanted, user: 'root' }).map(({ title }) => title)).toEqual([
      'let root in by this key, in ~/.ssh/authorized_keys: ssh-ed25519 AAAA',
    ])
  })

  it('gives a name only where it is one', () => {
    expect(['HE1.example.org', 'he1', 'my_box', '', '-x'].map(nameFrom)).toEqual(['he1', 'he1', undefined, undefined, undefined])
  })

  it('is asked in words that shellcheck knows no fault of', () => {
    const scripts = [factsScript(wanted), bootstrapScript(missingOn(readFacts('hostname he1\nend\n'), wanted))]
    for (const { text } of scripts)
      execFileSync('shellcheck', ['-s', 'sh', '-e', 'SC2016', '-'], {
        input: `#!/bin/sh\n${text}\n`,
        stdio: ['pipe', 'inherit', 'inherit'],
      })
  })

  it('is a manifest that names an identity only where it is another one', () => {
    const facts = { name: 'he1', address: 'fd00::1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' }
    expect(manifestText({ ...facts, identity: 'default' })).not.toContain('identity')
    expect(manifestText({ ...facts, identity: 'backup' })).toContain(
      'become: None\n  hostKeys:\n    - ssh-ed25519 AAAA\n  identity: "backup"\n',
    )
  })
})
