import { isFields } from './manifests/envelope.ts'

/** Who may sign commits: `repository.trust` of reeve.yaml. */
export interface TrustConfig {
  readonly allowedSigners?: string
  readonly revokedKeys?: string
  readonly openpgpKeys?: string
  readonly unsignedMerges: 'Refuse' | 'Clean'
}

/** What the schema cannot say of it. `repository`: its path, where it is on this machine. */
export function trustOddities(
  trust: unknown,
  repository: string | undefined,
): readonly (readonly [path: string, summary: string, hint: string])[] {
  if (!isFields(trust)) return []
  if (trust['allowedSigners'] === undefined && trust['openpgpKeys'] === undefined)
    return [['repository.trust', 'it names nobody who may sign', 'write allowedSigners, openpgpKeys or both; or leave trust out']]
  return ['allowedSigners', 'revokedKeys', 'openpgpKeys'].flatMap((name) => {
    const file = trust[name]
    if (typeof file !== 'string' || repository === undefined || !`${file}/`.startsWith(`${repository.replace(/\/+$/, '')}/`)) return []
    const summary = 'this file stands in the repository itself: who may push could trust himself'
    return [[`repository.trust.${name}`, summary, 'keep it elsewhere, such as /etc/reeve'] as const]
  })
}
