import { type ManifestId, manifestId } from '../model/ids.ts'
import type { AnyKind, Reference } from '../model/kind.ts'
import { complain } from '../model/kind.ts'
import type { Diagnostic, Manifest, SourceRef } from '../model/manifest.ts'
import { didYouMean } from '../model/nearest.ts'
import { findCycles } from './cycles.ts'
import { type SecretRef, secretRefs } from './secrets.ts'

/** What a manifest mentions by its own words. */
export interface Mentions {
  readonly references: readonly Reference[]
  /** Of the references, in their order. */
  readonly ids: readonly ManifestId[]
  readonly secrets: readonly SecretRef[]
  readonly diagnostics: readonly Diagnostic[]
}

/** A manifest with what it mentions. */
export interface Linked {
  readonly manifest: Manifest
  readonly mentions: Mentions
}

/** Where things stand in the tree that are written there and are not in the fleet. */
export type BrokenPlaces = ReadonlyMap<ManifestId, SourceRef>

/** What a manifest mentions, by its kind. A kind that throws has met a spec it cannot read: that stops this manifest only. */
export function mentionsOf(manifest: Manifest, kinds: ReadonlyMap<string, AnyKind>): Mentions {
  const secrets = secretRefs(manifest.spec)
  try {
    const references = kinds.get(manifest.kind)?.references(manifest.spec) ?? []
    return { references, ids: references.map(({ kind, name }) => manifestId(kind, name)), secrets, diagnostics: [] }
  } catch (error) {
    return { references: [], ids: [], secrets, diagnostics: [surprise(manifest, error)] }
  }
}

/** A bug of ours, told at the manifest that shows it. */
export function surprise(manifest: Manifest, error: unknown): Diagnostic {
  const summary = `Reeve could not read this ${manifest.kind}: ${error instanceof Error ? error.message : String(error)}`
  return complain(manifest, 'spec', summary, 'this is a bug in Reeve; please report it with the manifest')
}

/** The file that cannot be read and may hold a manifest of this name. */
export type Hiding = (name: string) => string | undefined

/** References to what is nowhere in the tree. What is there but has errors, or may stand in a file that cannot be read, is no mistake of this manifest. */
export function missingReferences(
  all: readonly Linked[],
  written: ReadonlySet<ManifestId>,
  broken: BrokenPlaces,
  hiding: Hiding,
): readonly Diagnostic[] {
  const known: ReadonlySet<string> = broken.size === 0 ? written : new Set([...written, ...broken.keys()])
  return all.flatMap(({ manifest, mentions: { references, ids } }) =>
    ids.every((id) => known.has(id))
      ? []
      : references
          .filter((reference, index) => !known.has(ids[index] ?? '') && hiding(reference.name) === undefined)
          .map((reference) =>
            complain(
              manifest,
              reference.path,
              `there is no ${reference.kind} ${JSON.stringify(reference.name)}`,
              missingHint(reference, known),
            ),
          ),
  )
}

function missingHint(reference: Reference, known: ReadonlySet<string>): string {
  const { kind, name }: { readonly kind: string; readonly name: string } = reference
  const ids = [...known]
  const namesOfKind = ids.filter((id) => id.startsWith(`${kind}/`)).map((id) => id.slice(kind.length + 1))
  const near = didYouMean(name, namesOfKind)
  if (near !== undefined) return near
  const elsewhere = ids.find((id) => id.slice(id.indexOf('/') + 1) === name)
  if (elsewhere !== undefined) return `${elsewhere} is of another kind`
  if (namesOfKind.length === 0) return `there is no ${kind} at all`
  return namesOfKind.length <= 8
    ? `there ${namesOfKind.length === 1 ? 'is' : 'are'} ${namesOfKind.toSorted().join(', ')}`
    : 'write its manifest, or correct the name'
}

/** Each circle of references, told at each of its members with the whole circle. */
export function circularReferences(all: readonly Linked[]): readonly Diagnostic[] {
  const kinds = circularKinds(all)
  const suspects = all.filter(({ manifest }) => kinds.has(manifest.kind))
  const circles = findCycles(new Map(suspects.map(({ manifest, mentions }) => [manifest.id, mentions.ids])))
  if (circles.length === 0) return []
  const byId = new Map(all.map((each) => [each.manifest.id, each]))
  return circles.flatMap((circle) => {
    const print = [...circle, circle[0]].join(' → ')
    return circle.flatMap((id, index) => {
      const member = byId.get(id)
      const next = circle[(index + 1) % circle.length]
      const path = member?.mentions.references.find((each) => manifestId(each.kind, each.name) === next)?.path ?? 'spec'
      return member === undefined ? [] : [complain(member.manifest, path, `references go in a circle: ${print}`, 'take out one of them')]
    })
  })
}

/** Kinds from whose references a way leads back to the same kind: no other can be on a circle. */
function circularKinds(all: readonly Linked[]): ReadonlySet<string> {
  const mentioned = new Map<string, Set<string>>()
  for (const { manifest, mentions } of all) {
    const own = mentioned.get(manifest.kind) ?? new Set<string>()
    mentioned.set(manifest.kind, own)
    for (const { kind } of mentions.references) if (!own.has(kind)) own.add(kind)
  }
  return new Set([...mentioned.keys()].filter((kind) => reachable(kind, mentioned).has(kind)))
}

function reachable(start: string, edges: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const seen = new Set(edges.get(start))
  for (const kind of seen) for (const next of edges.get(kind) ?? []) seen.add(next)
  return seen
}
