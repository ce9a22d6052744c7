import type { Fleet } from '../../model/fleet.ts'
import { insideOf } from '../../model/placement.ts'
import { policiesOf } from '../../model/policies.ts'
import type { Needed, NetworkProbe, Spec } from '../../model/primitive.ts'
import { type Placement, type Target, targetKey } from '../../model/target.ts'
import { markLine } from '../../primitives/file/spec.ts'
import { holdingsId, listKeys, mailHoldings } from '../../primitives/mailHoldings/spec.ts'
import { mailQueue } from '../../primitives/mailQueue/spec.ts'
import { recipientCopy, recipientSource, sourceId } from '../../primitives/mailRecipients/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { service } from '../../primitives/service/spec.ts'
import { tree } from '../../primitives/tree/spec.ts'
import { daemonCheck } from './daemon-check.ts'
import { type MailData, mailData } from './data.ts'
import { belowTable, generationDomain, type Maps, mapNames, mapsOf, renderMap } from './maps.ts'
import { isVantageInside, questions, relayQuestions } from './prove.ts'
import { mapFolder, recipientsPath, settingsOf } from './settings.ts'
import { type Gateway, gatewaysOf, isAskedForRecipients, type MailRoute, recipientSources } from './targets.ts'

const plain = { mode: '0644', owner: 'root:root' }

/** What all gateways of a route hold alike. */
export interface Content {
  readonly data: MailData
  readonly maps: Maps
  readonly below: string
  /** Domain that only those who loaded just this know. */
  readonly generation: string
}

/** The same for each gateway: what differs between them is in main.cf alone. */
export function contentOf(route: MailRoute, fleet: Fleet): Content {
  const data = mailData(route, fleet)
  const maps = mapsOf(data)
  const below = belowTable(data)
  const shared = settingsOf(route, { target: {}, hostname: 'every.gateway' }, { maps, below }).map(({ key, value }) => [key, value])
  const generation = generationDomain([maps, shared, ...(below === '' ? [] : [below])])
  return { data, below, maps: { ...maps, virtual_domains: [...maps.virtual_domains, [generation, 'generation']] }, generation }
}

/** Postfix, its maps, its settings, and the service that loads them. */
export function compile(route: MailRoute, { target, role }: Placement, fleet: Fleet): readonly Spec[] {
  if (role === 'source') return sourcesAt(route, target, fleet)
  const gateway = gatewaysOf(route, fleet).find((one) => targetKey(one.target) === targetKey(target))?.gateway
  if (gateway === undefined) return []
  const policies = policiesOf(route.spec)
  const own = specsOf(route, gateway, target, fleet)
  return [...own.map((one) => ({ ...one, ...policies })), ...comparison(route, own, target, fleet)]
}

/** What differs from the first gateway and is not ours. Which of the two is meant nobody can tell, so it is never put right. */
function comparison(route: MailRoute, own: readonly Spec[], target: Target, fleet: Fleet): readonly Spec[] {
  const [first, ...others] = gatewaysOf(route, fleet)
  if (first === undefined || others.length === 0) return []
  const lists: readonly string[] = listKeys
  const ownKeys = own.flatMap((one) => ('key' in one && !lists.includes(String(one.key)) ? [String(one.key)] : []))
  const like = targetKey(first.target) === targetKey(target) ? {} : { like: { target: first.target, id: holdingsId } }
  const needs = [...insideOf(target), ...own.filter(({ type }) => type === 'service').map(({ id }) => ({ target, id }))]
  return [{ ...mailHoldings({ ownKeys, ownMaps: mapFolder, needs, ...like }), deletionPolicy: route.spec.deletionPolicy ?? 'Delete' }]
}

/** On the server of the users, which is only read. */
function sourcesAt(route: MailRoute, target: Target, fleet: Fleet): readonly Spec[] {
  const own = recipientSources(route, fleet).filter((one) => targetKey(one.target) === targetKey(target))
  return own.map(({ domain }) => ({ ...recipientSource(domain, insideOf(target)), ...policiesOf(route.spec) }))
}

/** What those servers said of their users, as a map of its own: it moves with them, and not with Git. */
function recipientMap(route: MailRoute, needs: readonly Needed[], fleet: Fleet): readonly Spec[] {
  if (!isAskedForRecipients(route)) return []
  const domains = recipientSources(route, fleet).map(({ domain, target }) => ({ domain, source: { target, id: sourceId(domain) } }))
  const confirmed = route.annotations['reeve.dev/confirm']
  const wanted = { path: recipientsPath, head: markLine(fleet.name, route.id), domains, ...(confirmed === undefined ? {} : { confirmed }) }
  return [recipientCopy(wanted, needs)]
}

function specsOf(route: MailRoute, gateway: Gateway, target: Target, fleet: Fleet): readonly Spec[] {
  const content = contentOf(route, fleet)
  const inside = insideOf(target)
  const installed = { ...debianPackage('postfix'), needs: inside }
  const needs: readonly Needed[] = [...inside, { target, id: installed.id }]
  const head = markLine(fleet.name, route.id)
  const maps = mapNames.map((name) => [name, { content: renderMap(content.maps[name], head), ...plain }] as const)
  const files = [...maps, ...(content.below === '' ? [] : [['below', { content: `${head}${content.below}`, ...plain }] as const])]
  const users = recipientMap(route, needs, fleet)
  // A list that nobody has read yet must not be named: all its mail would be put off, or refused.
  const after = [...needs, ...users.map(({ id }) => ({ target, id }))]
  const settings = settingsOf(route, gateway, content).map((one) => ({ ...one, needs: after }))
  const loaded = [tree({ path: mapFolder, files: Object.fromEntries(files), looksOlder: true, needs }), ...users, ...settings]
  const atStart = settings.filter(({ key }) => key === 'inet_interfaces').map(({ id }) => id)
  const postfix = service({
    unit: gateway.unit ?? 'postfix@-.service',
    state: 'running',
    loads: loaded,
    ...(atStart.length === 0 ? {} : { startsWith: atStart }),
    check: daemonCheck(content.maps),
    reload: 'reload',
    prove: proofs(route, gateway, content, fleet),
    needs,
  })
  return [installed, ...loaded, postfix, mailQueue(`${mapFolder}/relay_domains`, [...needs, { target, id: postfix.id }])]
}

/** From inside `mynetworks` strangers may send everywhere: then only the check of main.cf stands for it. */
export function proofs(route: MailRoute, gateway: Gateway, { data, generation }: Content, fleet: Fleet): readonly NetworkProbe[] {
  const own = questions(route, gateway, data, generation, fleet)
  const relay = isVantageInside(route, gateway, fleet) ? undefined : relayQuestions(route, gateway, data, generation, fleet)
  return [own, relay].filter((one) => one !== undefined)
}
