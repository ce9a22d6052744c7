import { error, overlay } from './configEnvironment.ts'
import { type MailConfig, mailOddities } from './configMail.ts'
import { type ReplicasConfig, replicasOddities } from './configReplicas.ts'
import { configSchema, versionFault } from './configSchema.ts'
import { type TrustConfig, trustOddities } from './configTrust.ts'
import { type CommitStatusConfig, forgeOddities, type WebhookConfig } from './forge/config.ts'
import { isBranchName, parseRepositoryUrl, type RepositoryUrl } from './git/url.ts'
import { isFields } from './manifests/envelope.ts'
import { readYaml } from './manifests/load.ts'
import { inOrder } from './manifests/order.ts'
import { formatPath, parsePath } from './manifests/path.ts'
import { createAjv } from './manifests/schemas.ts'
import { schemaFindings } from './manifests/sentence.ts'
import { cronFault, zoneFault } from './manifests/windows.ts'
import type { Diagnostic, SourceRef } from './model/manifest.ts'
import { didYouMean } from './model/nearest.ts'
import { parseSeconds } from './model/quantity.ts'
import type { Maintenance } from './model/silence.ts'

export type Identity = { readonly privateKeyFile: string } | { readonly agent: true }

export interface JumpHost {
  readonly address: string
  readonly port: number
  readonly user: string
  /** A name of `identities`. */
  readonly identity: string
  readonly hostKeys: readonly string[]
}

/** reeve.yaml with the environment over it; times in milliseconds. */
export interface Config {
  readonly version: number
  readonly fleet: string
  /** Term of this installation: a host refuses one with a lower number. */
  readonly epoch: number
  readonly repository: {
    readonly url: RepositoryUrl
    readonly branch: string
    readonly path: string
    readonly pollMs: number
    readonly identityFile?: string
    readonly knownHosts?: string
    readonly certificateAuthority?: string
    readonly trust?: TrustConfig
  }
  readonly identities: Readonly<Record<string, Identity>>
  readonly jumpHosts: Readonly<Record<string, JumpHost>>
  readonly resyncMs: number
  readonly listen: { readonly address: string; readonly port: number }
  readonly stateDir: string
  readonly mail?: MailConfig
  readonly webhooks?: WebhookConfig
  readonly commitStatus?: CommitStatusConfig
  readonly replicas?: Omit<ReplicasConfig, 'lease' | 'handOver'> & { readonly leaseMs: number; readonly handOverMs: number }
  readonly secrets?: { readonly identityFile?: string }
  readonly api: { readonly tokensFile?: string; readonly hosts: readonly string[] }
  readonly history: { readonly retentionMs: number; readonly maxEntries: number }
  /** Hours of planned work: nothing is mailed about what they name. */
  readonly maintenance?: readonly Maintenance[]
  readonly alerts: Readonly<Record<'groupWaitMs' | 'groupIntervalMs' | 'repeatCriticalMs' | 'repeatWarningMs' | 'keepFiringMs', number>>
  readonly timeouts: { readonly connectMs: number; readonly observeMs: number; readonly applyMs: number; readonly confirmMs: number }
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export interface ConfigInput {
  /** Name of the file, for messages. */
  readonly file: string
  /** Its bytes; undefined where there is none and the environment says it all. */
  readonly bytes: Uint8Array | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Either way with every finding: errors where invalid, warnings (such as a REEVE_ variable that means nothing) where valid. */
export type ConfigReading =
  | { readonly status: 'valid'; readonly config: Config; readonly diagnostics: readonly Diagnostic[] }
  | { readonly status: 'invalid'; readonly diagnostics: readonly Diagnostic[] }

type Fields = Record<string, unknown>

interface Raw extends Omit<Config, 'replicas' | 'repository' | 'resyncMs' | 'timeouts' | 'alerts' | 'history'> {
  readonly repository: Omit<Config['repository'], 'url' | 'pollMs'> & { readonly url: string; readonly pollInterval: string }
  readonly resync: string
  readonly replicas?: ReplicasConfig
  readonly history: { readonly retention: string; readonly maxEntries: number }
  readonly timeouts: Readonly<Record<'connect' | 'observe' | 'apply' | 'confirm', string>>
  readonly alerts: Readonly<Record<'groupWait' | 'groupInterval' | 'repeatCritical' | 'repeatWarning' | 'keepFiring', string>>
}

const fitsSchema = createAjv().compile<Raw>(configSchema)

/** Variables that belong to Reeve and are no field. */
export const otherVariables = ['REEVE_CONFIG', 'REEVE_SECRETS_IDENTITY', 'REEVE_WEBHOOKS_SECRET']

/** Reads reeve.yaml and the environment over it (`REEVE_LISTEN_PORT` is `listen.port`; lists by commas). Pure; every error at once. */
export function readConfig({ file, bytes, environment }: ConfigInput): ConfigReading {
  const yaml = readYaml({ path: file, bytes: bytes ?? new Uint8Array() })
  const first = yaml.documents[0]
  const early = [...yaml.diagnostics, ...yaml.documents.flatMap((document) => document.diagnostics)]
  const nowhere: SourceRef = { file, line: 0, column: 0 }
  if (yaml.documents.length > 1)
    early.push(error(yaml.documents[1]?.at('') ?? nowhere, '', 'the configuration is one document; a second begins here'))
  if (early.length > 0) return { status: 'invalid', diagnostics: early }
  const value = first?.value ?? {}
  if (!isFields(value)) return { status: 'invalid', diagnostics: [error(nowhere, '', 'the configuration must be fields (name: value)')] }

  const version = versionFault(value.version)
  if (version !== undefined) return { status: 'invalid', diagnostics: [error(first?.at('version') ?? nowhere, 'version', version)] }
  const merged = structuredClone(value) as Fields
  const { variables, warnings } = overlay(merged, environment, otherVariables)
  const place = (path: string, isAboutName = false): SourceRef => {
    const variable = variables.get(path.replace(/\[\d+\]$/, ''))
    if (variable !== undefined) return { file: variable, line: 0, column: 0 }
    return (isAboutName ? first?.atName(path) : first?.at(path)) ?? nowhere
  }
  const isFit = fitsSchema(merged)
  const findings = isFit ? [] : schemaFindings(fitsSchema.errors ?? [], merged, '')
  const errors = [
    ...findings.map((each) => error(place(each.path, each.isAboutName), each.path, each.summary, each.hint)),
    ...oddities(merged).map(([path, summary, hint]) => error(place(path), path, summary, hint)),
  ]
  if (!isFit || errors.length > 0) return { status: 'invalid', diagnostics: inOrder([...warnings, ...errors]) }
  return { status: 'valid', config: finished(merged), diagnostics: warnings }
}

function finished({ repository, resync, timeouts, alerts, history, replicas, ...rest }: Raw): Config {
  const { pollInterval, url, ...where } = repository
  return {
    ...rest,
    repository: { ...where, url: unwrap(parseRepositoryUrl(url)), pollMs: milliseconds(pollInterval) },
    resyncMs: milliseconds(resync),
    ...(replicas === undefined ? {} : { replicas: replicasOf(replicas) }),
    history: { retentionMs: milliseconds(history.retention), maxEntries: history.maxEntries },
    timeouts: {
      connectMs: milliseconds(timeouts.connect),
      observeMs: milliseconds(timeouts.observe),
      applyMs: milliseconds(timeouts.apply),
      confirmMs: milliseconds(timeouts.confirm),
    },
    alerts: {
      groupWaitMs: milliseconds(alerts.groupWait),
      groupIntervalMs: milliseconds(alerts.groupInterval),
      repeatCriticalMs: milliseconds(alerts.repeatCritical),
      repeatWarningMs: milliseconds(alerts.repeatWarning),
      keepFiringMs: milliseconds(alerts.keepFiring),
    },
  }
}

function replicasOf({ lease, handOver, ...rest }: ReplicasConfig): NonNullable<Config['replicas']> {
  return { ...rest, leaseMs: milliseconds(lease), handOverMs: milliseconds(handOver) }
}

function milliseconds(text: string): number {
  return unwrap(parseSeconds(text)) * 1000
}

/** For what `oddities` let through: anything else is a bug. */
function unwrap<T>(parsing: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }): T {
  if (!parsing.ok) throw new Error(parsing.reason)
  return parsing.value
}

type Oddity = readonly [path: string, summary: string, hint?: string | undefined]

const ranges: readonly (readonly [path: string, leastSeconds: number, mostSeconds: number])[] = [
  ['repository.pollInterval', 1, 86_400],
  ['resync', 5, 86_400],
  ['replicas.lease', 2, 60],
  ['replicas.handOver', 2, 86_400],
  ['history.retention', 3600, 3660 * 86_400],
  ['timeouts.connect', 1, 600],
  ['timeouts.observe', 1, 3600],
  ['timeouts.apply', 10, 86_400],
  ['timeouts.confirm', 5, 3600],
  ['alerts.groupWait', 0, 3600],
  ['alerts.groupInterval', 0, 86_400],
  ['alerts.repeatCritical', 300, 30 * 86_400],
  ['alerts.repeatWarning', 300, 30 * 86_400],
  ['alerts.keepFiring', 0, 1800],
]

/** What the schema cannot say. Looks only at what has the right type, so that it adds to the schema's findings and never doubles them. */
function oddities(config: Fields): readonly Oddity[] {
  return [
    ...ranges.flatMap(([path, least, most]) => timeOddity(path, textAt(config, path), least, most)),
    ...repositoryOddities(config),
    ...mailOddities(config.mail),
    ...jumpOddities(config),
    ...forgeOddities(config),
    ...maintenanceOddities(config.maintenance),
    ...replicasOddities(config.replicas),
  ]
}

function valueAt(config: unknown, path: string): unknown {
  return parsePath(path).reduce<unknown>((value, step) => (isFields(value) ? value[String(step)] : undefined), config)
}

function textAt(config: Fields, path: string): string | undefined {
  const value = valueAt(config, path)
  return typeof value === 'string' ? value : undefined
}

function timeOddity(path: string, text: string | undefined, least: number, most: number): readonly Oddity[] {
  if (text === undefined || text === '' || text.length > 20) return []
  const parsed = parseSeconds(text)
  if (!parsed.ok) return [[path, parsed.reason]]
  return parsed.value >= least && parsed.value <= most ? [] : [[path, `${text} is out of range: ${least} s to ${most} s`]]
}

function repositoryOddities(config: Fields): readonly Oddity[] {
  const [address, branch, path] = [textAt(config, 'repository.url'), textAt(config, 'repository.branch'), textAt(config, 'repository.path')]
  const url = address ? parseRepositoryUrl(address) : undefined
  const found: Oddity[] = url === undefined || url.ok ? [] : [['repository.url', url.reason]]
  if (branch && !isBranchName(branch)) found.push(['repository.branch', `${JSON.stringify(branch)} is not the name of a branch`])
  if (path && !isFolder(path))
    found.push([
      'repository.path',
      `${JSON.stringify(path)} is not a folder of the repository`,
      'write it from the root, without / at either end, as fleet/prod; . is all of it, and hidden folders are not read',
    ])
  if (url?.ok && url.value.transport === 'ssh' && valueAt(config, 'repository.knownHosts') === undefined)
    found.push([
      'repository',
      'an ssh repository needs knownHosts',
      "ssh-keyscan HOST > FILE, compare the keys with what the server's owner says, and name FILE here",
    ])
  return [
    ...found,
    ...trustOddities(valueAt(config, 'repository.trust'), url?.ok && url.value.transport === 'file' ? url.value.path : undefined),
  ]
}

function maintenanceOddities(windows: unknown): readonly Oddity[] {
  if (!Array.isArray(windows)) return []
  return windows.filter(isFields).flatMap(({ cron, timeZone, duration }, index) => {
    const field = (name: string) => `maintenance[${index}].${name}`
    return [
      ...oddityOf(field('cron'), typeof cron === 'string' ? cronFault(cron) : undefined),
      ...oddityOf(field('timeZone'), typeof timeZone === 'string' ? zoneFault(timeZone) : undefined),
      ...timeOddity(field('duration'), typeof duration === 'string' ? duration : undefined, 60, 7 * 86_400),
    ]
  })
}

function oddityOf(path: string, fault: ReturnType<typeof cronFault>): readonly Oddity[] {
  return fault === undefined ? [] : [[path, ...fault]]
}

function jumpOddities(config: Fields): readonly Oddity[] {
  const [identities, jumpHosts] = [config.identities ?? {}, config.jumpHosts]
  if (!isFields(jumpHosts) || !isFields(identities)) return []
  return Object.entries(jumpHosts).flatMap(([name, host]) => {
    const identity = isFields(host) ? (host.identity ?? 'default') : undefined
    if (typeof identity !== 'string' || identities[identity] !== undefined) return []
    const hint = didYouMean(identity, Object.keys(identities)) ?? 'write it under identities'
    return [[formatPath(['jumpHosts', name, 'identity']), `there is no identity ${JSON.stringify(identity)}`, hint] as const]
  })
}

function isFolder(path: string): boolean {
  return path === '.' || (!/[\0-\x1f\\]/.test(path) && path.split('/').every((part) => part !== '' && !part.startsWith('.')))
}
