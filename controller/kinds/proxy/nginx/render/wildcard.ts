import type { Fleet } from '../../../../model/fleet.ts'
import { serverName } from '../../names.ts'
import type { Vhost } from '../../places.ts'
import { wildcardEntries } from '../../wildcard.ts'
import { type Directive, quoted } from '../language.ts'

/** Whole names and their servers; nginx has checked and lowered `$host`. Addresses, so that nothing is to be resolved. */
export function wildcardMap(vhost: Vhost, fleet: Fleet): readonly Directive[] {
  if (vhost.wildcard === undefined) return []
  const names = wildcardNames(vhost, fleet).map(([name, server]): Directive => [`${quoted(name)} ${quoted(server)}`])
  return [[`map $host ${variable(vhost)}`, [['default ""'], ...names]]]
}

export function wildcardNames({ wildcard }: Vhost, fleet: Fleet): readonly (readonly [name: string, server: string])[] {
  const suffix = serverName(wildcard?.suffix ?? '')
  if (wildcard === undefined || !suffix.ok) return []
  return wildcardEntries(wildcard, fleet).map(([label, server]) => [`${label}.${suffix.value}`, server])
}

/** A variable takes the request on as the client wrote it. */
export function toWildcard(vhost: Vhost): readonly Directive[] {
  return [[`if (${variable(vhost)} = "")`, [['return 404']]], [`proxy_pass http://${variable(vhost)}`]]
}

function variable({ name }: Vhost): string {
  return `$reeve_to_${name.replaceAll('-', '_')}`
}
