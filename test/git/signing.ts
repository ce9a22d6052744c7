import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestRepository } from './repository.ts'

/** Somebody who signs commits with a key that this machine's own tools made. */
export interface Signer {
  /** Line of allowed_signers, or the armored public key. */
  readonly publicKey: string
  /** Signs what HEAD holds: answers the options of `git commit`. */
  readonly options: readonly string[]
}

/** An SSH key of its own. */
export function sshSigner(folder: string, name: string): Signer {
  const key = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key])
  const publicKey = readFileSync(`${key}.pub`, 'utf8').trim()
  return { publicKey, options: ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${key}`] }
}

/** A keyring of its own, with the agent that belongs to it until `close`. */
export interface Keyring {
  make(name: string, expires?: string): Signer
  revoke(name: string): string
  close(): void
}

export function createKeyring(folder: string): Keyring {
  mkdirSync(folder, { mode: 0o700 })
  const environment = { PATH: process.env['PATH'], LC_ALL: 'C', GNUPGHOME: folder }
  const gpg = (args: readonly string[], input = ''): string =>
    execFileSync('gpg', ['--batch', '--quiet', '--no-tty', '--passphrase', '', '--pinentry-mode', 'loopback', ...args], {
      env: environment,
      encoding: 'utf8',
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  const exported = (name: string): string => gpg(['--export', '--armor', `=${name} <${name}@example.org>`])
  return {
    make(name, expires = 'never') {
      gpg([
        ...(expires === 'never' ? [] : ['--faked-system-time', '20200101T000000!']),
        '--quick-gen-key',
        `${name} <${name}@example.org>`,
        'ed25519',
        'sign',
        expires,
      ])
      const program = join(folder, 'sign')
      // git hands over its own arguments after these.
      execFileSync('sh', [
        '-c',
        `printf '#!/bin/sh\\nexec env GNUPGHOME="%s" gpg --faked-system-time 20200102T000000 "$@"\\n' "$1" >"$2-then"; printf '#!/bin/sh\\nexec env GNUPGHOME="%s" gpg "$@"\\n' "$1" >"$2"; chmod +x "$2" "$2-then"`,
        'sh',
        folder,
        program,
      ])
      const options = [
        '-c',
        'gpg.format=openpgp',
        '-c',
        `gpg.program=${program}${expires === 'never' ? '' : '-then'}`,
        '-c',
        `user.signingkey=${name}@example.org`,
      ]
      return { publicKey: exported(name), options }
    },
    revoke(name) {
      const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(gpg(['--with-colons', '--list-keys', `${name}@example.org`]))?.[1] ?? 'none'
      const certificate = readFileSync(join(folder, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8')
      // The certificate is written with a colon that keeps it from being used by mistake (gpg(1), --gen-revoke).
      gpg(['--import'], certificate.replace(':-----BEGIN', '-----BEGIN'))
      return exported(name)
    },
    close() {
      execFileSync('gpgconf', ['--homedir', folder, '--kill', 'all'], { env: environment })
    },
  }
}

/** Commits, signed by somebody. */
export function signedCommit(repository: TestRepository, signer: Signer, content: string, date = ''): string {
  execFileSync('sh', ['-c', 'printf %s "$1" >a.yaml', 'sh', content], { cwd: repository.folder })
  repository.git('add', '--all')
  const dated = date === '' ? [] : ['--date', date]
  repository.git(...signer.options, 'commit', '--quiet', '--allow-empty', '-S', ...dated, '-m', `signed ${content}`)
  return repository.git('rev-parse', 'HEAD')
}
