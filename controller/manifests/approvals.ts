import type { Diagnostic } from '../model/manifest.ts'
import type { TreeFile } from '../model/tree.ts'
import { readYaml } from './load.ts'
import { createAjv } from './schemas.ts'
import { schemaFindings } from './sentence.ts'

/** Name of the file of approvals, at the repository's root. */
export const approvalsFile = 'reeve.approvals.yaml'

/** Consent to exactly what a brake withheld. */
export interface Approval {
  readonly hash: string
  readonly reason?: string
  readonly author?: string
}

const text = (description: string, maxLength: number): object => ({ type: 'string', description, minLength: 1, maxLength })

const isApprovals = createAjv().compile<readonly Approval[]>({
  type: 'array',
  maxItems: 1000,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['hash'],
    properties: {
      hash: {
        type: 'string',
        pattern: '^[0-9a-f]{12,64}$',
        description: 'the hash that `reeve plan` prints beside what it withheld: 12 to 64 characters of 0-9 and a-f',
      },
      reason: text('why', 500),
      author: text('who', 200),
    },
  },
})

/** Reads `reeve.approvals.yaml`: a list of {hash, reason, author}. With any error nothing is approved: an approval is never guessed. */
export function readApprovals(file: TreeFile): { readonly approvals: readonly Approval[]; readonly diagnostics: readonly Diagnostic[] } {
  const yaml = readYaml(file)
  const diagnostics = [...yaml.diagnostics, ...yaml.documents.flatMap((document) => document.diagnostics)]
  if (diagnostics.length > 0) return { approvals: [], diagnostics }
  const approvals: Approval[] = []
  for (const { value, at, atName } of yaml.documents) {
    if (isApprovals(value)) approvals.push(...value)
    else
      for (const { path, isAboutName, summary, hint } of schemaFindings(isApprovals.errors ?? [], value, ''))
        diagnostics.push({
          severity: 'error',
          at: isAboutName ? atName(path) : at(path),
          path,
          summary,
          ...(hint === undefined ? {} : { hint }),
        })
  }
  return { approvals: diagnostics.length > 0 ? [] : approvals, diagnostics }
}
