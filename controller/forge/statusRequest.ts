import type { CommitState, CommitVerdict } from '../model/commitStatus.ts'
import { apiOf, type CommitStatusConfig } from './config.ts'
import type { StatusProvider } from './provider.ts'

export interface StatusRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What came of a request: taken, to be tried again, or refused for good. */
export type StatusAnswer = 'taken' | 'later' | 'never'

/** The forges' own limits on the length of a description, and on the side of safety for those that name none. */
const longest: Readonly<Record<StatusProvider, number>> = { github: 140, gitlab: 255, gitea: 255, forgejo: 255 }

/**
 * The request that sets a status. Sources: GitHub REST "Create a commit status"; GitLab "Commits API: set commit pipeline status";
 * Gitea and Forgejo "repoCreateStatus".
 */
export function statusRequest(config: CommitStatusConfig, verdict: CommitVerdict, token: string): StatusRequest {
  const { provider, context, targetUrl } = config
  const description = shortened(verdict.description, longest[provider])
  const name = `${context}/${verdict.about}`
  const state = provider === 'gitlab' ? gitlabStates[verdict.state] : verdict.state
  const named = provider === 'gitlab' ? { name } : { context: name }
  return {
    url: `${apiOf(config)}${pathOf(config, verdict.commit)}`,
    headers: { 'content-type': 'application/json', 'user-agent': 'reeve', ...accessHeaders(provider, token) },
    body: JSON.stringify({ state, ...named, description, ...(targetUrl === undefined ? {} : { target_url: targetUrl }) }),
  }
}

const gitlabStates: Readonly<Record<CommitState, string>> = { pending: 'pending', success: 'success', failure: 'failed' }

/** GitLab takes the path of a project as one part of the address. */
function pathOf({ provider, repository }: CommitStatusConfig, commit: string): string {
  if (provider === 'gitlab') return `/projects/${encodeURIComponent(repository)}/statuses/${commit}`
  return `/repos/${repository.split('/').map(encodeURIComponent).join('/')}/statuses/${commit}`
}

function accessHeaders(provider: StatusProvider, token: string): Readonly<Record<string, string>> {
  switch (provider) {
    case 'github':
      return { accept: 'application/vnd.github+json', authorization: `Bearer ${token}`, 'x-github-api-version': '2022-11-28' }
    case 'gitlab':
      return { accept: 'application/json', 'private-token': token }
    case 'gitea':
    case 'forgejo':
      return { accept: 'application/json', authorization: `token ${token}` }
    default:
      return provider satisfies never
  }
}

/** Judges an answer. GitLab refuses a state that stands already as a transition that cannot be. */
export function judgeAnswer(provider: StatusProvider, status: number, text: string, hasRetryAfter: boolean): StatusAnswer {
  if (status >= 200 && status < 300) return 'taken'
  if (provider === 'gitlab' && status === 400 && /Cannot transition status via/.test(text)) return 'taken'
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'later'
  // GitHub's secondary limit.
  return status === 403 && hasRetryAfter ? 'later' : 'never'
}

function shortened(text: string, limit: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length <= limit ? line : `${line.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
