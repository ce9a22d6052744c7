/** What is wrong with the repository, as a sentence. */
export function describeTrouble(trouble: object): string {
  const { status, reason, branch, from, to } = trouble as {
    readonly status: string
    readonly reason?: string
    readonly branch?: string
    readonly from?: string
    readonly to?: string
  }
  if (status === 'unreachable') return `the repository cannot be reached: ${reason ?? 'no reason given'}`
  if (status === 'branchMissing') return `the repository has no branch ${branch ?? ''}; nothing is removed until it is back`
  return `commit ${to ?? ''} holds no manifest, ${from ?? 'the one before'} held some; nothing is removed. If that is meant, remove the manifests file by file`
}
