import type { Fleet } from '../model/fleet.ts'
import { type ManifestId, manifestId } from '../model/ids.ts'
import { type AnyKind, type Claim, complain, type Reference } from '../model/kind.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import { createFleet } from './fleet.ts'
import { type BrokenPlaces, circularReferences, type Hiding, type Linked, link, missingReferences, surprise } from './references.ts'
import { missingSecrets, type Secrets } from './secrets.ts'
import { checkCommon } from './windows.ts'

/** Why a manifest of the tree is not in the fleet. */
export type InvalidBecause =
  /** It has errors itself. */
  | 'own'
  /** It mentions a manifest that is not in the fleet. */
  | 'dependency'

export interface Resolution {
  readonly fleet: Fleet
  readonly diagnostics: readonly Diagnostic[]
  readonly invalid: ReadonlyMap<ManifestId, InvalidBecause>
}

export interface ResolveInput {
  readonly fleet: string
  readonly commit: string
  /** Manifests that fit their schema, unique by id. */
  readonly manifests: readonly Manifest[]
  /** What stands in the tree with errors. */
  readonly broken: BrokenPlaces
  readonly hiding: Hiding
  readonly secrets: Secrets
}

/**
 * Holds manifests against each other: references, circles, what the kinds check, claims that must be unique. A manifest with an error, or
 * that mentions one that is out, is out of the fleet; everything else stays. Pure.
 */
export function resolve(input: ResolveInput, kinds: ReadonlyMap<string, AnyKind>): Resolution {
  const linked = link(input.manifests, kinds)
  const early = [
    ...linked.flatMap((each) => each.diagnostics),
    ...missingReferences(linked, input.broken, input.hiding),
    ...circularReferences(linked),
    ...input.manifests.flatMap((manifest) => missingSecrets(manifest, input.secrets)),
  ]
  const first = withoutDependants(linked, outBy(early), input)
  const candidates = createFleet(input.fleet, input.commit, first.kept, input.secrets)
  const late = [...checks(candidates, kinds), ...conflicts(candidates, kinds)]
  const second = withoutDependants(linked, outBy([...early, ...late]), input)
  return {
    fleet: createFleet(input.fleet, input.commit, second.kept, input.secrets),
    diagnostics: [...early, ...late, ...second.waiting],
    invalid: second.invalid,
  }
}

function outBy(diagnostics: readonly Diagnostic[]): ReadonlySet<ManifestId> {
  return new Set(diagnostics.filter((each) => each.severity === 'error').flatMap((each) => each.manifest ?? []))
}

interface Sieve {
  readonly kept: readonly Manifest[]
  readonly invalid: ReadonlyMap<ManifestId, InvalidBecause>
  readonly waiting: readonly Diagnostic[]
}

/** Takes out what is wrong itself, then, until nothing moves, what mentions something that is out. */
function withoutDependants(linked: readonly Linked[], wrong: ReadonlySet<ManifestId>, input: ResolveInput): Sieve {
  const invalid = new Map<ManifestId, InvalidBecause>([...wrong].map((id) => [id, 'own']))
  const waiting: Diagnostic[] = []
  const written = new Set(linked.map(({ manifest }) => manifest.id))
  const whyOut = ({ kind, name }: Reference): string | undefined => {
    const id = manifestId(kind, name)
    if (input.broken.has(id) || invalid.has(id)) return `${kind} ${JSON.stringify(name)} has errors`
    const file = written.has(id) ? undefined : input.hiding(name)
    return file === undefined ? undefined : `${file}, where ${kind} ${JSON.stringify(name)} may stand, cannot be read`
  }
  for (let moved = true; moved; ) {
    moved = false
    for (const { manifest, references } of linked) {
      const cause = invalid.has(manifest.id) ? undefined : references.find((each) => whyOut(each) !== undefined)
      if (cause === undefined) continue
      waiting.push({ ...complain(manifest, cause.path, `left out, because ${whyOut(cause)}`), severity: 'warning' })
      invalid.set(manifest.id, 'dependency')
      moved = true
    }
  }
  return { kept: linked.map((each) => each.manifest).filter((manifest) => !invalid.has(manifest.id)), invalid, waiting }
}

function checks(fleet: Fleet, kinds: ReadonlyMap<string, AnyKind>): readonly Diagnostic[] {
  return fleet.manifests.flatMap((manifest) => {
    try {
      return [...checkCommon(manifest), ...(kinds.get(manifest.kind)?.check(manifest, fleet) ?? [])]
    } catch (error) {
      return [surprise(manifest, error)]
    }
  })
}

interface Claimed {
  readonly manifest: Manifest
  readonly claim: Claim
}

/** What two manifests (or one of them twice) claim in the same scope, told at both. */
function conflicts(fleet: Fleet, kinds: ReadonlyMap<string, AnyKind>): readonly Diagnostic[] {
  const claimed: Claimed[] = []
  const diagnostics: Diagnostic[] = []
  for (const manifest of fleet.manifests) {
    try {
      for (const claim of kinds.get(manifest.kind)?.claims?.(manifest, fleet) ?? []) claimed.push({ manifest, claim })
    } catch (error) {
      diagnostics.push(surprise(manifest, error))
    }
  }
  const groups = Map.groupBy(claimed, ({ claim }) => `${claim.scope}\0${claim.value}`)
  return [...diagnostics, ...[...groups.values()].filter((group) => group.length > 1).flatMap(conflict)]
}

function conflict(group: readonly Claimed[]): readonly Diagnostic[] {
  return group.map(({ manifest, claim }, index) => {
    const other = group[index === 0 ? 1 : 0] as Claimed
    const at = other.manifest.at(other.claim.path)
    const who = other.manifest.id === manifest.id ? `${other.claim.path} of the same manifest` : other.manifest.id
    const summary = `${JSON.stringify(claim.value)} is already taken by ${who} (${at.file}:${at.line}:${at.column})`
    return complain(manifest, claim.path, summary, `it must be unique: ${claim.scope}`)
  })
}
