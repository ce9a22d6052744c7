import type { Fleet } from '../../model/fleet.ts'
import { markLine } from '../../primitives/file/spec.ts'
import { type Secret, sealed } from '../../shell/secret.ts'
import { catalogsTo, consumerOptions, consumerStatements } from './catalog.ts'
import { addressesFor, type Client, keysOf, type NameServerManifest } from './places.ts'

/** Statements for the options block of the distribution: only what can stand nowhere else. */
export function optionsFile(server: NameServerManifest, fleet: Fleet): string {
  const { spec, id } = server
  const { recursion, exposure = 'public', listen } = spec
  const networks = recursion?.allowFrom ?? []
  const lines = [
    `recursion ${recursion?.enabled ? 'yes' : 'no'};`,
    ...(recursion?.enabled ? [`allow-recursion { ${list(['localhost', ...networks])} };`] : []),
    ...(recursion?.enabled && recursion.validateExcept
      ? [`validate-except { ${list(recursion.validateExcept.map((one) => `"${one}"`))} };`]
      : []),
    `allow-query { ${list(exposure === 'public' ? ['any'] : ['localhost', 'localnets', ...networks])} };`,
    // Each zone says whom it may be copied by; nobody else's zone is.
    'allow-transfer { none; };',
    ...consumerOptions(catalogsTo(server, fleet), fleet),
    ...(listen === undefined ? [] : [`listen-on { ${list([...new Set(['127.0.0.1', ...listen])])} };`]),
  ]
  return `${markLine(fleet.name, id)}${lines.map((line) => `${line}\n`).join('')}`
}

function list(words: readonly string[]): string {
  return words.map((word) => `${word};`).join(' ')
}

/** Statements of their own: keys, and forwarders as a zone, which stands beside a person's own options (two of them BIND refuses). */
export function serverFile(server: NameServerManifest, fleet: Fleet): string {
  const { recursion } = server.spec
  const keys = keysOf(server, fleet).length === 0 ? [] : ['include "/etc/bind/reeve/keys.conf";']
  const forwarders = recursion?.enabled ? (recursion.forwarders ?? []) : []
  const root = `zone "." { type forward; forward ${recursion?.policy ?? 'first'}; forwarders { ${list(forwarders)} }; };`
  const lines = [...keys, ...(forwarders.length === 0 ? [] : [root]), ...consumerStatements(catalogsTo(server, fleet), fleet)]
  return `${markLine(fleet.name, server.id)}${lines.map((line) => `${line}\n`).join('')}`
}

/** Keys of transfers, each named as its secret. The check has let nothing but base64 through. */
export function keysFile(server: NameServerManifest, fleet: Fleet): Secret | undefined {
  const keys = keysOf(server, fleet).flatMap(({ secretRef, algorithm = 'hmac-sha256' }) => {
    const secret = fleet.secret(secretRef)
    return secret === undefined ? [] : [sealed`key "${secretRef}" { algorithm ${algorithm}; secret "${secret}"; };\n`]
  })
  return keys.length === 0 ? undefined : keys.reduce((all, key) => sealed`${all}${key}`, sealed`${markLine(fleet.name, server.id)}`)
}

/** resolv.conf(5): at most three servers, in the order in which they are asked. */
export function resolverFile({ id }: NameServerManifest, client: Client, fleet: Fleet): string {
  const search = (client.search ?? []).length === 0 ? '' : `search ${(client.search ?? []).join(' ')}\n`
  const servers = addressesFor(client, fleet).map((address) => `nameserver ${address}\n`)
  return `${markLine(fleet.name, id)}${search}${servers.join('')}`
}
