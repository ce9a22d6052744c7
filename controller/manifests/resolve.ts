import type { Fleet } from '../model/fleet.ts'
import { createFleetMemo, type FleetMemo } from '../model/fleetMemo.ts'
import { type ManifestId, manifestId } from '../model/ids.ts'
import { type AnyKind, type Claim, complain, type Reference } from '../model/kind.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import { atOnce, type Steps } from '../model/steps.ts'
import { type ClaimsMemo, createClaimsMemo } from './claims.ts'
import { createFleet, createFleetShelf, type FleetShelf } from './fleet.ts'
import {
  type BrokenPlaces,
  circularReferences,
  type Hiding,
  type Linked,
  type Mentions,
  mentionsOf,
  missingReferences,
  surprise,
} from './references.ts'
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

/** What is remembered of the resolution before: a commit costs what it changed, and what that touches. */
export interface ResolveMemo {
  readonly shelf: FleetShelf
  readonly mentions: FleetMemo<Mentions>
  readonly reviews: FleetMemo<Review>
  readonly claims: ClaimsMemo
}

export function createResolveMemo(): ResolveMemo {
  return { shelf: createFleetShelf(), mentions: createFleetMemo(), reviews: createFleetMemo(), claims: createClaimsMemo() }
}

/**
 * Holds manifests against each other: references, circles, what the kinds check, claims that must be unique. A manifest with an error, or
 * that mentions one that is out, is out of the fleet; everything else stays. Pure.
 */
export function resolve(input: ResolveInput, kinds: ReadonlyMap<string, AnyKind>, memo = createResolveMemo()): Resolution {
  return atOnce(resolving(input, kinds, memo))
}

/** The same, step by step. */
export function* resolving(input: ResolveInput, kinds: ReadonlyMap<string, AnyKind>, memo = createResolveMemo()): Steps<Resolution> {
  const linked = yield* link(input, kinds, memo.mentions)
  const written = new Set(input.manifests.map(({ id }) => id))
  const early = [
    ...linked.flatMap((each) => each.mentions.diagnostics),
    ...missingReferences(linked, written, input.broken, input.hiding),
    ...circularReferences(linked),
    ...linked.flatMap(({ manifest, mentions }) =>
      mentions.secrets.length === 0 ? [] : missingSecrets(manifest, mentions.secrets, input.secrets),
    ),
  ]
  yield
  const first = withoutDependants(linked, written, outBy(early), input)
  yield
  const candidates = memo.shelf.fleetOf(input.fleet, input.commit, first.kept, input.secrets)
  yield
  const late = yield* reviewAll(candidates, kinds, memo)
  const second = late.length === 0 ? first : withoutDependants(linked, written, outBy([...early, ...late]), input)
  yield
  return {
    fleet: second === first ? candidates : memo.shelf.fleetOf(input.fleet, input.commit, second.kept, input.secrets),
    diagnostics: [...early, ...late, ...second.waiting],
    invalid: second.invalid,
  }
}

/** What each manifest mentions. No fleet is asked for that. */
function* link(
  { fleet, commit, manifests }: ResolveInput,
  kinds: ReadonlyMap<string, AnyKind>,
  memo: FleetMemo<Mentions>,
): Steps<readonly Linked[]> {
  const nobody = createFleet(fleet, commit, [])
  const mentions = yield* memo.through(nobody, manifests, [kinds], (manifest) => mentionsOf(manifest, kinds))
  return manifests.map((manifest, index) => ({ manifest, mentions: mentions[index] as Mentions }))
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
function withoutDependants(
  linked: readonly Linked[],
  written: ReadonlySet<ManifestId>,
  wrong: ReadonlySet<ManifestId>,
  input: ResolveInput,
): Sieve {
  const isWhole = linked.every(({ mentions }) => mentions.ids.every((id) => written.has(id)))
  if (isWhole && wrong.size === 0 && input.broken.size === 0) return { kept: input.manifests, invalid: new Map(), waiting: [] }
  const invalid = new Map<ManifestId, InvalidBecause>([...wrong].map((id) => [id, 'own']))
  const waiting: Diagnostic[] = []
  const whyOut = ({ kind, name }: Reference): string | undefined => {
    const id = manifestId(kind, name)
    if (input.broken.has(id) || invalid.has(id)) return `${kind} ${JSON.stringify(name)} has errors`
    const file = written.has(id) ? undefined : input.hiding(name)
    return file === undefined ? undefined : `${file}, where ${kind} ${JSON.stringify(name)} may stand, cannot be read`
  }
  for (let moved = true; moved; ) {
    moved = false
    for (const { manifest, mentions } of linked) {
      const cause = invalid.has(manifest.id) ? undefined : mentions.references.find((each) => whyOut(each) !== undefined)
      if (cause === undefined) continue
      waiting.push({ ...complain(manifest, cause.path, `left out, because ${whyOut(cause)}`), severity: 'warning' })
      invalid.set(manifest.id, 'dependency')
      moved = true
    }
  }
  return { kept: linked.map((each) => each.manifest).filter((manifest) => !invalid.has(manifest.id)), invalid, waiting }
}

/** What a kind says of a manifest within its fleet. */
export interface Review {
  readonly findings: readonly Diagnostic[]
  readonly claims: readonly Claim[]
  /** Of each claim, in their order: what must be unique. */
  readonly claimed: readonly string[]
  readonly claimFault?: Diagnostic
}

function review(manifest: Manifest, fleet: Fleet, kind: AnyKind | undefined): Review {
  const findings = findingsOf(manifest, fleet, kind)
  try {
    const claims = kind?.claims?.(manifest, fleet) ?? []
    return { findings, claims, claimed: claims.map(({ scope, value }) => `${scope}\0${value}`) }
  } catch (error) {
    return { findings, claims: [], claimed: [], claimFault: surprise(manifest, error) }
  }
}

function findingsOf(manifest: Manifest, fleet: Fleet, kind: AnyKind | undefined): readonly Diagnostic[] {
  try {
    return [...checkCommon(manifest), ...(kind?.check(manifest, fleet) ?? [])]
  } catch (error) {
    return [surprise(manifest, error)]
  }
}

function* reviewAll(fleet: Fleet, kinds: ReadonlyMap<string, AnyKind>, memo: ResolveMemo): Steps<readonly Diagnostic[]> {
  const work = (manifest: Manifest, within: Fleet): Review => review(manifest, within, kinds.get(manifest.kind))
  const reviews = yield* memo.reviews.through(fleet, fleet.manifests, [kinds, fleet.name], work)
  const twice = memo.claims.twiceIn(reviews.map(({ claimed }) => claimed))
  const reviewed = reviews.map((each, index) => ({ manifest: fleet.manifests[index] as Manifest, review: each }))
  const faults = reviewed.flatMap(({ review: { claimFault } }) => claimFault ?? [])
  yield
  return [...reviewed.flatMap(({ review: { findings } }) => findings), ...faults, ...conflicts(reviewed, twice)]
}

interface Reviewed {
  readonly manifest: Manifest
  readonly review: Review
}

interface Claimed {
  readonly manifest: Manifest
  readonly claim: Claim
}

/** What two manifests (or one of them twice) claim in the same scope, told at both. */
function conflicts(reviewed: readonly Reviewed[], twice: ReadonlySet<string>): readonly Diagnostic[] {
  const groups = new Map<string, Claimed[]>()
  for (const { manifest, review } of twice.size === 0 ? [] : reviewed)
    for (const [index, key] of review.claimed.entries()) {
      const claim = review.claims[index]
      if (claim !== undefined && twice.has(key)) groups.set(key, [...(groups.get(key) ?? []), { manifest, claim }])
    }
  return [...groups.values()].flatMap(conflict)
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
