import type { Fleet } from '../../model/fleet.ts'
import { declaredAddress } from '../../model/placement.ts'
import type { Finding } from './finding.ts'
import type { FirewallSpec } from './spec.ts'
import { listOf } from './words.ts'

/** A place in a spec where an address stands that may be `Container/NAME`. */
interface Mention {
  readonly name: string
  readonly path: string
}

type Texts = string | readonly string[] | undefined

const pattern = /^Container\/([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)$/
/** Also with a port behind it, as only `to` takes it. */
const endpoint = /^Container\/([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)((?::\d{1,5})?)$/

/** Every `Container/NAME` of a spec, with the field that it stands in. */
export function containersOf(spec: FirewallSpec): readonly Mention[] {
  const rules = (spec.rules ?? []).flatMap((rule, index) => sides(`rules[${index}]`, rule))
  const nat = (spec.nat ?? []).flatMap((one, index) => [...sides(`nat[${index}]`, one), ...mentions(`nat[${index}].to`, one.to, endpoint)])
  const sets = Object.entries(spec.sets ?? {}).flatMap(([name, set]) => mentions(`sets.${name}.elements`, set?.elements?.map(String)))
  return [...rules, ...nat, ...sets]
}

/** The same spec with the first IPv4 address that each Container declares in the place of its name; one that declares none stays a name. */
export function withAddresses(spec: FirewallSpec, fleet: Fleet): FirewallSpec {
  if (containersOf(spec).length === 0) return spec
  const one = (text: string) => addressed(text, fleet)
  const both = (texts: Texts) => (texts === undefined ? undefined : typeof texts === 'string' ? one(texts) : texts.map(one))
  const ends = <T extends { readonly source?: Texts; readonly destination?: Texts }>(rule: T): T => ({
    ...rule,
    ...(rule.source === undefined ? {} : { source: both(rule.source) }),
    ...(rule.destination === undefined ? {} : { destination: both(rule.destination) }),
  })
  const sets = Object.entries(spec.sets ?? {}).map(([name, set]) => {
    const elements = set?.elements?.map((element) => (typeof element === 'string' ? one(element) : element))
    return [name, set && { ...set, ...(elements === undefined ? {} : { elements }) }]
  })
  return {
    ...spec,
    ...(spec.rules === undefined ? {} : { rules: spec.rules.map(ends) }),
    ...(spec.nat === undefined
      ? {}
      : { nat: spec.nat.map((nat) => ({ ...ends(nat), ...(nat.to === undefined ? {} : { to: addressed(nat.to, fleet, endpoint) }) })) }),
    ...(spec.sets === undefined ? {} : { sets: Object.fromEntries(sets) }),
  }
}

/** Containers that declare no address. */
export function checkContainers(spec: FirewallSpec, fleet: Fleet): readonly Finding[] {
  const without = containersOf(spec).filter(({ name }) => addressOf(name, fleet) === undefined)
  return without.map(({ name, path }) => ({
    path,
    summary: `Container ${name} declares no IPv4 address; give it network[].ipv4.address, or write an address here`,
  }))
}

function addressed(text: string, fleet: Fleet, form = pattern): string {
  const [, name = '', port = ''] = form.exec(text) ?? []
  const address = name === '' ? undefined : addressOf(name, fleet)
  return address === undefined ? text : `${address}${port}`
}

/** The first IPv4 address that a Container's manifest declares. */
function addressOf(name: string, fleet: Fleet): string | undefined {
  const manifest = fleet.get('Container', name)
  return manifest === undefined ? undefined : declaredAddress(manifest)
}

function sides(path: string, rule: { readonly source?: Texts; readonly destination?: Texts }): readonly Mention[] {
  return [...mentions(`${path}.source`, rule.source), ...mentions(`${path}.destination`, rule.destination)]
}

function mentions(path: string, texts: Texts, form = pattern): readonly Mention[] {
  return listOf(texts).flatMap((text, index) => {
    const name = form.exec(text)?.[1]
    return name === undefined ? [] : [{ name, path: typeof texts === 'string' ? path : `${path}[${index}]` }]
  })
}
