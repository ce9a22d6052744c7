/** Who sends webhooks and takes commit statuses; `generic` signs as Standard Webhooks say and takes no status. */
export const hookProviders = ['github', 'gitlab', 'gitea', 'forgejo', 'generic'] as const
export type HookProvider = (typeof hookProviders)[number]

export const statusProviders = ['github', 'gitlab', 'gitea', 'forgejo'] as const
export type StatusProvider = (typeof statusProviders)[number]

/** Headers of a request, by lower-case name. One that came twice is joined by a comma, as node:http does, and fits no grammar of ours. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The one value of a header; undefined where there is none or a list. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
