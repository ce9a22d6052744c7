/** What is wrong with the repository, as a sentence. */
export function describeTrouble(trouble: object): string {
  const { status, reason, branch } = trouble as { readonly status: string; readonly reason?: string; readonly branch?: string }
  if (status === 'unreachable') return `the repository cannot be reached: ${reason ?? 'no reason given'}`
  return `the repository has no branch ${branch ?? ''}; nothing is removed until it is back`
}
