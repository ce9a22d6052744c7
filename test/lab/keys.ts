import { mkdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from './lock.ts'
import { cacheFolder } from './places.ts'
import { runOrThrow } from './process.ts'
import { silent } from './progress.ts'

/** One SSH key pair of the lab, made once and kept in the cache, so that manifests can pin it. */
export interface KeyPair {
  readonly privateFile: string
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicLine: string
}

/** The key pair of this name: `controller`, or a machine's for its host key. */
export async function ensureKey(name: string): Promise<KeyPair> {
  const folder = join(cacheFolder(), 'keys')
  const privateFile = join(folder, name)
  const readPublic = () => readFile(`${privateFile}.pub`, 'utf8')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const publicText = await readPublic().catch(() =>
    withLock(join(folder, '.lock'), silent, () => readPublic().catch(() => makeKey(privateFile))),
  )
  return { privateFile, publicLine: publicText.split(' ').slice(0, 2).join(' ').trim() }
}

// The public half is renamed last: where it is, the private half is whole.
async function makeKey(privateFile: string): Promise<string> {
  const draft = `${privateFile}.${process.pid}`
  await runOrThrow('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'reeve-lab', '-f', draft])
  const publicText = await readFile(`${draft}.pub`, 'utf8')
  await rename(draft, privateFile)
  await rename(`${draft}.pub`, `${privateFile}.pub`)
  return publicText
}
