import type { OpenSecret } from '../model/secrets.ts'
import type { Tree } from '../model/tree.ts'
import type { FileHistory } from './lastGood.ts'
import { createSecretNamesMemo } from './secretNames.ts'
import { isSecretPath, type SecretState, type Secrets, sealedIn, secretPath } from './secrets.ts'

/** How far back an older value is looked for. */
const mostOld = 50

/** Secrets that manifests of a tree name, opened; for what cannot be, the newest value of its history that can. */
export async function openSecrets(tree: Tree, open: OpenSecret, history: FileHistory, memo = createSecretNamesMemo()): Promise<Secrets> {
  const sealed = sealedIn(tree)
  const secrets = new Map<string, SecretState>()
  for (const name of memo.namesIn(tree.files.filter(({ path }) => !isSecretPath(path)))) {
    const state = await openOne(name, sealed.get(name), tree.commit, open, history)
    if (state !== undefined) secrets.set(name, state)
  }
  // Known by name, for hints and for what an older manifest may name.
  for (const [name, bytes] of sealed) if (!secrets.has(name)) secrets.set(name, await open(bytes))
  return secrets
}

async function openOne(
  name: string,
  bytes: Uint8Array | undefined,
  head: string,
  open: OpenSecret,
  history: FileHistory,
): Promise<SecretState | undefined> {
  const now = bytes === undefined ? undefined : await open(bytes)
  if (now?.status === 'opened') return now
  const reason = now?.reason ?? 'its file is gone'
  const hint = now?.hint ?? `bring ${secretPath(name)} back, or take its secretRef out`
  const commits = await history.history(secretPath(name), head, undefined)
  for (const commit of commits.slice(0, mostOld)) {
    const old = await history.readFile(commit, secretPath(name))
    const opening = old === undefined ? undefined : await open(old)
    if (opening?.status === 'opened') return { status: 'stale', secret: opening.secret, commit, reason, hint }
  }
  return now
}
