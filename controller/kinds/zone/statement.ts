import { copyPath, zoneFolder, zonePath } from '../../primitives/dnsZone/spec.ts'
import { ownerName } from './names.ts'
import { nameOfZone, type Server, type ZoneManifest } from './places.ts'

/** The zone's statement in named.conf of one of its servers. All words in it are names and addresses that the check has read. */
export function zoneStatement(zone: ZoneManifest, server: Server, servers: readonly Server[]): string {
  const name = nameOfZone(zone)
  const primary = servers.find(({ role }) => role === 'primary') ?? server
  const lines = server.role === 'primary' ? ofPrimary(zone, name, server, servers) : ofSecondary(name, primary)
  return `zone "${name.slice(0, -1)}" {\n${lines.map((line) => `\t${line}\n`).join('')}};\n`
}

/** Only those are told of changes that this manifest names: the servers of its NS records may be somebody else's. */
function ofPrimary(zone: ZoneManifest, name: string, { manifest }: Server, servers: readonly Server[]): readonly string[] {
  const { alsoNotify = [], dnssec, mode } = zone.spec
  const isDynamic = mode === 'Dynamic'
  const keys = (manifest.spec.transferKeys ?? []).map(({ secretRef }) => `key "${secretRef}"`)
  const secondaries = servers.filter(({ role }) => role === 'secondary').map(({ address }) => address)
  // Reeve reads a zone that others write by a transfer, on the server itself.
  const openedTo = [...(keys.length === 0 ? secondaries : keys), ...alsoNotify, ...(isDynamic ? ['localhost'] : [])]
  const told = [...secondaries, ...alsoNotify]
  return [
    'type primary;',
    `file "${zonePath(name)}";`,
    `notify ${told.length === 0 ? 'no' : 'explicit'};`,
    ...(told.length === 0 ? [] : [`also-notify { ${list(told)} };`]),
    `allow-transfer { ${list(openedTo.length === 0 ? ['none'] : openedTo)} };`,
    ...signing(dnssec?.policy ?? 'none', isDynamic),
    ...(isDynamic ? updating(zone, name) : []),
  ]
}

/** The names that BIND has for what serial says. */
const serialMethods = { dateserial: 'date', unixtime: 'unixtime', counter: 'increment' } as const

/** `local-ddns` is the key that named makes for itself at each start, and root alone can read besides it. */
function updating({ spec }: ZoneManifest, zone: string): readonly string[] {
  const grants = (spec.updaters ?? []).map(({ secretRef, below = '@', types = [] }) => {
    const name = ownerName(below, zone)
    return ['grant', `"${secretRef}"`, 'subdomain', name.ok ? name.value : zone, ...types].join(' ')
  })
  return [
    `update-policy { ${list(['grant local-ddns zonesub ANY', ...grants])} };`,
    `serial-update-method ${serialMethods[spec.serial ?? 'dateserial']};`,
  ]
}

/** Keys stand with the zones: /var/cache, where BIND would put them, is nobody's backup. */
function signing(policy: 'none' | 'default' | 'insecure', isDynamic: boolean): readonly string[] {
  if (policy === 'none') return []
  // named signs what it keeps itself where it is.
  return [`dnssec-policy ${policy};`, ...(isDynamic ? [] : ['inline-signing yes;']), `key-directory "${zoneFolder}";`]
}

function ofSecondary(name: string, { address, manifest }: Server): readonly string[] {
  const [key] = manifest.spec.transferKeys ?? []
  const from = key === undefined ? address : `${address} key "${key.secretRef}"`
  return ['type secondary;', `file "${copyPath(name)}";`, `primaries { ${from}; };`, 'notify no;', 'allow-transfer { none; };']
}

function list(words: readonly string[]): string {
  return words.map((word) => `${word};`).join(' ')
}
