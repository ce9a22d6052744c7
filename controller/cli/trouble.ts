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
  if (status === 'emptied')
    return `commit ${to ?? ''} holds no manifest, ${from ?? 'the one before'} held some; nothing is removed. If that is meant, remove the manifests file by file`
  return `the branch was rewritten: ${to ?? ''} does not descend from ${from ?? ''}; what it no longer asks for is kept until a new commit follows it`
}
