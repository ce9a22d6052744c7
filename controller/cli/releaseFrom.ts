import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { GitSource } from '../git/source.ts'
import { createClient } from '../http/client.ts'
import { policyOf } from '../loop/policy.ts'
import { makeRevision, type Revision } from '../loop/revision.ts'
import { loadTree, isReadPath as wants } from '../manifests/tree.ts'
import type { Manifest } from '../model/manifest.ts'
import { unopened } from '../secrets/age.ts'
import { clock } from './context.ts'
import { CommandEnd } from './exit.ts'
import { readRules } from './rules.ts'
import { describeTrouble } from './trouble.ts'

/** The newest commit that has this Hypervisor, and why a controller would take the host back, where it would. */
export interface ReleaseFrom {
  readonly revision: Revision
  readonly manifest: Manifest
  /** Lines for people, in the order in which things are to be done; empty where nothing is in the way. */
  readonly objections: readonly string[]
}

/** How to reach a hypervisor that may be gone from Git: by the newest commit that has it. Ends the command where none has. */
export async function releaseFrom(config: Config, git: GitSource, name: string): Promise<ReleaseFrom> {
  const { commit, trouble, refused } = await git.refresh()
  if (commit === undefined)
    throw new CommandEnd(refused?.because ?? (trouble === undefined ? 'the repository has no commit' : describeTrouble(trouble)))
  const head = await revisionAt(config, git, commit)
  const manifest = findHypervisor(head, name)
  if (manifest) return { revision: head, manifest, objections: await objectionsTo(config, head, name) }
  for (const older of (await git.history('.', commit, undefined)).slice(1)) {
    const reading = await git.readTree(older, wants)
    if (reading.status === 'failed' || !hasHypervisor(loadTree(reading.tree, readRules(config.fleet)).fleet.manifests, name)) continue
    const revision = await revisionAt(config, git, older)
    const found = findHypervisor(revision, name)
    if (found) return { revision, manifest: found, objections: await lagOf(config, commit) }
  }
  throw new CommandEnd(`no commit of the repository has a valid Hypervisor ${name}`)
}

async function revisionAt(config: Config, git: GitSource, commit: string): Promise<Revision> {
  const reading = await git.readTree(commit, wants)
  if (reading.status === 'failed') throw new CommandEnd(`commit ${commit} cannot be read: ${reading.reason}`)
  return makeRevision(reading.tree, readRules(config.fleet, unopened), git, [])
}

function hasHypervisor(manifests: readonly Manifest[], name: string): boolean {
  return manifests.some((one) => one.kind === 'Hypervisor' && one.name === name)
}

function findHypervisor({ fleet }: Revision, name: string): Manifest | undefined {
  return fleet.manifests.find((one) => one.kind === 'Hypervisor' && one.name === name)
}

async function objectionsTo(config: Config, revision: Revision, name: string): Promise<readonly string[]> {
  const policy = policyOf(revision.fleet, new Set(), clock.nowSeconds())
  const placed = revision.compiled.placed.filter(({ target }) => target.hypervisor === name).map(({ manifest }) => manifest)
  const ids = [...new Set([...placed, `Hypervisor/${name}` as (typeof placed)[number]])]
  const active = ids.filter((id) => policy.suspendedBecause(id) === undefined).sort()
  if (active.length === 0) return lagOf(config, revision.commit)
  const where = active.map((id) => {
    const source = revision.fleet.manifests.find((one) => one.id === id)?.source
    return `     ${id}${source ? ` (${source.file}:${source.line})` : ''}`
  })
  return [
    `${name} is in force in commit ${revision.commit.slice(0, 12)}: a controller would take it back at once. In this order:`,
    `  1. suspend what is on it, and commit (removed first, its things would be removed from the host):`,
    ...where,
    `     each with: spec: {suspend: {reason: ${name} is being released}}`,
    `  2. wait until the controller has that commit: reeve status`,
    `  3. reeve release ${name}`,
    `  4. remove the manifests, and commit`,
  ]
}

/** A controller that has not seen the newest commit would still carry out an older one. */
async function lagOf(config: Config, commit: string): Promise<readonly string[]> {
  const status = await createClient(join(config.stateDir, 'reeve.sock'))
    .status()
    .catch(() => undefined)
  if (status === undefined || status.commit?.hash === commit) return []
  return [
    `the running controller is at commit ${status.commit?.hash.slice(0, 12) ?? 'none'}, not yet at ${commit.slice(0, 12)}; wait for it, or: reeve reconcile`,
  ]
}
