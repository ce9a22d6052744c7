import { parseSeconds } from '../../model/quantity.ts'
import { overlaps, parseNetwork } from './address.ts'
import { checkAddresses } from './check-rule.ts'
import type { Finding } from './finding.ts'
import type { FirewallSpec } from './spec.ts'
import { parsePort } from './words.ts'

/** Everything that the schema cannot say about one set. */
export function checkSet(name: string, spec: FirewallSpec): readonly Finding[] {
  const set = spec.sets?.[name]
  if (!/^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(name))
    return [{ path: 'sets', summary: `${JSON.stringify(name)} is not a name of a set: letters, digits and _` }]
  if (set === undefined) return []
  const path = `sets.${name}.elements`
  if (set.external) return checkExternal(name, set)
  if (set.elements === undefined) return [{ path: `sets.${name}`, summary: 'give elements, or external: true where others fill the set' }]
  if (set.timeout !== undefined) return [{ path: `sets.${name}.timeout`, summary: 'timeout needs external: true: what stands here stays' }]
  if (set.type === 'ports') return checkPorts(path, set.elements, set.autoMerge ?? false)
  const elements = set.elements.map(String)
  const bad = checkAddresses(path, elements, undefined)
  if (bad.length > 0) return bad
  const wanted = { ipv4: 'ip', ipv6: 'ip6', mixed: undefined }[set.type]
  const networks = elements.map(parseNetwork)
  const alien = networks.findIndex((network) => network.ok && wanted !== undefined && network.value.family !== wanted)
  if (alien !== -1) return [{ path: `${path}[${alien}]`, summary: `${elements[alien]} is not of type ${set.type}` }]
  const both = (one: number, other: number) => {
    const [first, second] = [networks[one], networks[other]]
    return first?.ok === true && second?.ok === true && overlaps(first.value, second.value)
  }
  return set.autoMerge ? [] : checkOverlaps(path, elements, both)
}

/** What is written here would be put back with each change, or be missing after it: one of both fills a set. */
function checkExternal(name: string, set: NonNullable<NonNullable<FirewallSpec['sets']>[string]>): readonly Finding[] {
  const stray = (['elements', 'autoMerge'] as const).filter((field) => set[field] !== undefined)
  const seconds = parseSeconds(set.timeout ?? '1s')
  const isUsable = seconds.ok && seconds.value >= 1 && seconds.value <= 365 * 86_400
  return [
    ...stray.map((field) => ({
      path: `sets.${name}.${field}`,
      summary: `set ${name} is external: others fill it, so ${field} does not stand here`,
    })),
    ...(isUsable ? [] : [{ path: `sets.${name}.timeout`, summary: 'timeout of a set must be 1s to 365d' }]),
  ]
}

function checkPorts(path: string, elements: readonly (string | number)[], isMerged: boolean): readonly Finding[] {
  const ports = elements.map(parsePort)
  const bad = ports.flatMap((port, index) => (port.ok ? [] : [{ path: `${path}[${index}]`, summary: port.reason }]))
  if (bad.length > 0 || isMerged) return bad
  const both = (one: number, other: number) => {
    const [first, second] = [ports[one], ports[other]]
    return first?.ok === true && second?.ok === true && first.value[0] <= second.value[1] && second.value[0] <= first.value[1]
  }
  return checkOverlaps(path, elements.map(String), both)
}

function checkOverlaps(path: string, elements: readonly string[], both: (one: number, other: number) => boolean): readonly Finding[] {
  const found = elements.findIndex((_, index) => elements.slice(0, index).some((_, earlier) => both(index, earlier)))
  if (found === -1) return []
  const other = elements.findIndex((_, index) => both(index, found))
  const names = `${elements[other]} and ${elements[found]}`
  return [{ path: `${path}[${found}]`, summary: `${names} are overlapping elements; remove one (autoMerge: true to merge)` }]
}
