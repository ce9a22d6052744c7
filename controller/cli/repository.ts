import type { Config } from '../config.ts'
import type { GivenApprovals } from '../git/admission.ts'
import { createGitSource, type GitSource, type GitSourceOptions } from '../git/source.ts'
import { isManifestPath } from '../manifests/tree.ts'
import type { Store } from '../store/store.ts'
import { clock } from './context.ts'
import { orEnd } from './exit.ts'
import { makeFolder } from './folder.ts'

/** `isRecorded: false` for commands that only look: what they let in is not in force for others. */
export function openGit(
  config: Config,
  options: { readonly approvals?: GivenApprovals; readonly isRecorded?: boolean; readonly keepsLine?: boolean } = {},
): GitSource {
  makeFolder(config.stateDir, 'stateDir')
  const { url, branch, path, pollMs, identityFile, knownHosts, certificateAuthority, trust } = config.repository
  const optional = {
    ...(identityFile === undefined ? {} : { identityFile }),
    ...(knownHosts === undefined ? {} : { knownHosts }),
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    ...(trust === undefined ? {} : { trust }),
    ...options,
  }
  const source: GitSourceOptions = {
    url,
    branch,
    path,
    pollMs,
    stateDir: config.stateDir,
    isManifest: isManifestPath,
    environment: process.env,
    random: Math.random,
    clock: { nowMs: Date.now, after: clock.after },
    ...optional,
  }
  return orEnd(() => createGitSource(source))
}

/** Approvals of the store, as far as the repository itself needs them. */
export function approvalsOf(store: Pick<Store, 'approvals' | 'withdraw'>): GivenApprovals {
  return { has: (hash) => store.approvals().some((given) => given.hash === hash), use: (hash) => store.withdraw(hash) }
}
