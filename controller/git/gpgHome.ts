import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignersError } from './signers.ts'

/** What gpg does with it: believes the keys of the file, fetches none, starts nothing, asks nobody. */
const configuration = ['batch', 'no-tty', 'no-autostart', 'no-greeting', 'trust-model always', 'no-auto-key-retrieve', 'no-auto-key-locate']

/** Makes a throw-away GNUPGHOME that holds these keys and nothing else: the user's own keyring and its web of trust mean nothing here. */
export function makeGpgHome(folder: string, keys: Uint8Array, path: string, file: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'gpg.conf'), `${configuration.join('\n')}\n`)
  const run = spawnSync('gpg', ['--homedir', folder, '--status-fd', '1', '--import'], {
    input: keys,
    env: { PATH: path, LC_ALL: 'C', GNUPGHOME: folder },
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 4 << 20,
  })
  if (run.error !== undefined) throw new SignersError(`gpg cannot be run: ${run.error.message}; apt-get install gpg`, { cause: run.error })
  if (!/^\[GNUPG:\] IMPORT_OK /m.test(run.stdout))
    throw new SignersError(`${file}: gpg finds no public key in it; gpg --export --armor FINGERPRINT >${file}`)
}
