import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { isOfGrammar, tsigKey } from '../../shell/secret.ts'
import { ownerName } from './names.ts'
import { nameOfZone, type ZoneManifest } from './places.ts'
import { typeProblem } from './rdata.ts'
import { recordsOf } from './records.ts'

/** Each is asked for by words of one command line, which has an end. */
const mostSets = 5000

/** A zone that others update, too. */
export function checkUpdates(zone: ZoneManifest, fleet: Fleet): readonly Diagnostic[] {
  const { mode, updaters = [] } = zone.spec
  if (mode !== 'Dynamic')
    return updaters.length === 0
      ? []
      : [complain(zone, 'spec.updaters', 'updaters mean nothing without mode: Dynamic', 'set mode: Dynamic, or leave them out')]
  const keys = updaters.map(({ secretRef }) => secretRef)
  return [...updaters.flatMap((_, index) => checkUpdater(zone, fleet, keys, index)), ...checkCount(zone, fleet)]
}

function checkUpdater(zone: ZoneManifest, fleet: Fleet, keys: readonly string[], index: number): readonly Diagnostic[] {
  const at = `spec.updaters[${index}]`
  const { secretRef = '', below = '@', types = [] } = zone.spec.updaters?.[index] ?? {}
  const secret = fleet.secret(secretRef)
  const isKey = secret === undefined || isOfGrammar(secret, tsigKey)
  const name = ownerName(below, nameOfZone(zone))
  const hint = 'make one with: tsig-keygen | sed -n \'s/.*secret "\\(.*\\)".*/\\1/p\''
  return [
    ...(keys.indexOf(secretRef) < index
      ? [complain(zone, `${at}.secretRef`, `${secretRef} is named twice`, 'give it one line with all its types')]
      : []),
    ...(isKey ? [] : [complain(zone, `${at}.secretRef`, `the secret ${secretRef} is no key in base64 of 12 octets or more`, hint)]),
    ...(name.ok ? [] : [complain(zone, `${at}.below`, name.reason)]),
    ...types.flatMap((type, place) => {
      const problem = type === 'DHCID' ? undefined : typeProblem(type)
      return problem === undefined ? [] : [complain(zone, `${at}.types[${place}]`, problem)]
    }),
  ]
}

function checkCount(zone: ZoneManifest, fleet: Fleet): readonly Diagnostic[] {
  const count = new Set(recordsOf(zone, fleet).map(({ owner, type }) => `${owner} ${type}`)).size
  return count <= mostSets
    ? []
    : [
        complain(
          zone,
          'spec.records',
          `${count} sets of records; ${mostSets} can be in a Dynamic zone`,
          'make a zone of a part of it, or set mode: Static',
        ),
      ]
}
