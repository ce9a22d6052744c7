import ipaddr from 'ipaddr.js'
import { type HookProvider, type StatusProvider, statusProviders } from './provider.ts'

/** Where it is listened for pushes. */
export interface WebhookConfig {
  readonly provider: HookProvider
  readonly secretFile?: string
  readonly listen: { readonly address: string; readonly port: number }
  /** Whose X-Forwarded-For is believed: addresses and prefixes. */
  readonly proxies: readonly string[]
  /** Requests a minute. */
  readonly limits: { readonly perSource: number; readonly inAll: number }
}

/** Where the status of commits is set. */
export interface CommitStatusConfig {
  readonly provider: StatusProvider
  /** Begin of the forge's API, without / at its end; absent: that of the forge's public instance. */
  readonly api?: string
  /** `owner/name`; of GitLab the path of the project, or its number. */
  readonly repository: string
  readonly tokenFile: string
  /** First part of the statuses' names. */
  readonly context: string
  readonly targetUrl?: string
}

const publicApis: Readonly<Record<StatusProvider, string | undefined>> = {
  github: 'https://api.github.com',
  gitlab: 'https://gitlab.com/api/v4',
  forgejo: undefined,
  gitea: undefined,
}

/** Where the forge is asked. */
export function apiOf({ provider, api }: Pick<CommitStatusConfig, 'provider' | 'api'>): string {
  const address = api ?? publicApis[provider]
  if (address === undefined) throw new Error(`commitStatus.api of ${provider} is missing: the configuration was not checked`)
  return address
}

type Oddity = readonly [path: string, summary: string, hint?: string | undefined]
type Fields = Readonly<Record<string, unknown>>

/** What the schema cannot say of `webhooks` and `commitStatus`. Looks only at what has the right type. */
export function forgeOddities(config: Fields): readonly Oddity[] {
  return [
    ...samePort(config),
    ...proxyOddities(fieldsOf(config.webhooks)),
    ...apiOddity(fieldsOf(config.commitStatus)),
    ...repositoryOddity(fieldsOf(config.commitStatus)),
  ]
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function samePort(config: Fields): readonly Oddity[] {
  const [own, other] = [fieldsOf(fieldsOf(config.webhooks).listen), fieldsOf(config.listen)]
  if (typeof own.port !== 'number' || own.port !== other.port) return []
  return [['webhooks.listen.port', `${own.port} is the port of listen, too`, 'webhooks have a listener of their own; choose another port']]
}

function proxyOddities({ proxies }: Fields): readonly Oddity[] {
  if (!Array.isArray(proxies)) return []
  return proxies.flatMap((proxy: unknown, index) => {
    const isNone = typeof proxy === 'string' && /^[0-9a-fA-F.:/]+$/.test(proxy) && !ipaddr.isValid(proxy) && !ipaddr.isValidCIDR(proxy)
    return isNone ? [[`webhooks.proxies[${index}]`, `${JSON.stringify(proxy)} is no address and no prefix`] as const] : []
  })
}

function apiOddity({ provider, api }: Fields): readonly Oddity[] {
  if (statusProviders.every((one) => one !== provider)) return []
  if (api === undefined && publicApis[provider as StatusProvider] === undefined)
    return [['commitStatus', `of ${provider} the field "api" is needed`, 'write https://HOST/api/v1']]
  if (typeof api !== 'string' || !URL.canParse(api)) return []
  const { protocol, hostname } = new URL(api)
  const isSafe = protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return isSafe ? [] : [['commitStatus.api', 'a token goes there: http is allowed only to this machine', 'write https://…']]
}

function repositoryOddity({ provider, repository }: Fields): readonly Oddity[] {
  if (typeof repository !== 'string' || (provider === 'gitlab' && /^\d+$/.test(repository))) return []
  const parts = repository.split('/')
  const isWrong = parts.some((part) => part === '.' || part === '..') || (provider === 'gitlab' ? parts.length < 2 : parts.length !== 2)
  return isWrong ? [['commitStatus.repository', `${JSON.stringify(repository)} is no repository`, 'write owner/name']] : []
}
