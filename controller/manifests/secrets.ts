import { complain } from '../model/kind.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import { didYouMean } from '../model/nearest.ts'
import type { Tree } from '../model/tree.ts'
import { closedSecret, keyedHash, type Secret } from '../shell/secret.ts'
import { isFields } from './envelope.ts'
import { formatPath } from './path.ts'

/** Of a secret: what a DNS label is made of. */
export const namePattern = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?'
const file = new RegExp(`^secrets/(${namePattern})\\.age$`)

/** What became of one secret of a tree. */
export type SecretState =
  | { readonly status: 'opened'; readonly secret: Secret }
  /** HEAD's file is missing or stays closed: the value of an older commit stays in force. */
  | { readonly status: 'stale'; readonly secret: Secret; readonly commit: string; readonly reason: string; readonly hint: string }
  | { readonly status: 'closed'; readonly reason: string; readonly hint: string }

/** Secrets by name; what is not there has no file. */
export type Secrets = ReadonlyMap<string, SecretState>

/** The file of a secret, from the folder of the manifests. */
export function secretPath(name: string): string {
  return `secrets/${name}.age`
}

export function isSecretName(text: string): boolean {
  return file.test(secretPath(text))
}

export function isSecretPath(path: string): boolean {
  return file.test(path)
}

/** For commands without a key: a secret whose file is there counts as good. What they make is shown, never applied. */
export function presentSecrets(tree: Tree): Secrets {
  return new Map(
    [...sealedIn(tree).keys()].map((name) => [name, { status: 'opened', secret: closedSecret(`the secret ${name}, not decrypted`) }]),
  )
}

/** The encrypted files of a tree, by the name of their secret. */
export function sealedIn(tree: Tree): ReadonlyMap<string, Uint8Array> {
  return new Map(tree.files.flatMap(({ path, bytes }) => nameOf(path).map((name) => [name, bytes] as const)))
}

function nameOf(path: string): readonly string[] {
  const name = file.exec(path)?.[1]
  return name === undefined ? [] : [name]
}

/** Where a manifest names a secret: the path is from the manifest's root. */
export interface SecretRef {
  readonly name: string
  readonly path: string
}

/** Every `secretRef` of a spec. */
export function secretRefs(spec: unknown): readonly SecretRef[] {
  const found: SecretRef[] = []
  const walk = (value: unknown, steps: readonly (string | number)[]): void => {
    if (Array.isArray(value)) for (const [index, each] of value.entries()) walk(each, [...steps, index])
    else if (isFields(value))
      for (const [name, each] of Object.entries(value)) {
        if (name === 'secretRef' && typeof each === 'string') found.push({ name: each, path: formatPath([...steps, name]) })
        else walk(each, [...steps, name])
      }
  }
  walk(spec, ['spec'])
  return found
}

/** What is wrong with the secrets that a manifest names: without a value of each it is out of the fleet. */
export function missingSecrets(manifest: Manifest, named: readonly SecretRef[], secrets: Secrets): readonly Diagnostic[] {
  return named.flatMap(({ name, path }) => {
    const state = secrets.get(name)
    if (state === undefined) return [complain(manifest, path, `there is no secret ${JSON.stringify(name)}`, missingHint(name, secrets))]
    return state.status === 'closed' ? [complain(manifest, path, closedSummary(name, state.reason), state.hint)] : []
  })
}

/** Secrets of which an older value is in force: the manifest stays, and people are told. */
export function staleSecrets(manifests: readonly Manifest[], secrets: Secrets): readonly Diagnostic[] {
  if (![...secrets.values()].some(({ status }) => status === 'stale')) return []
  return manifests.flatMap((manifest) =>
    secretRefs(manifest.spec).flatMap(({ name, path }) => {
      const state = secrets.get(name)
      if (state?.status !== 'stale') return []
      const kept = `its value of commit ${state.commit.slice(0, 12)} stays in force`
      return [complain(manifest, path, `${closedSummary(name, state.reason)}; ${kept}`, state.hint)]
    }),
  )
}

function closedSummary(name: string, reason: string): string {
  return `the secret ${JSON.stringify(name)} cannot be read: ${reason}`
}

function missingHint(name: string, secrets: Secrets): string {
  return didYouMean(name, secrets.keys()) ?? `write it with: reeve secret encrypt ${name}; then commit ${secretPath(name)}`
}

/** Differs where the value of any secret does. */
export function secretsPrint(secrets: Secrets): string {
  const opened = [...secrets].flatMap(([name, state]) => (state.status === 'closed' ? [] : [`${name} ${keyedHash(state.secret, 'print')}`]))
  return opened.sort().join('\n')
}

/** All values that were opened. */
export function secretValues(secrets: Secrets): readonly Secret[] {
  return [...secrets.values()].flatMap((state) => (state.status === 'closed' ? [] : [state.secret]))
}

/** The value of a secret for the kinds. */
export function secretOf(secrets: Secrets, name: string): Secret | undefined {
  const state = secrets.get(name)
  return state === undefined || state.status === 'closed' ? undefined : state.secret
}
