import { expect, test } from 'vitest'
import { type Compiled, compileFleet } from '../../../controller/engine/compile.ts'
import { kinds } from '../../../controller/kinds/registry.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import { targetKey } from '../../../controller/model/target.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import { complaints, fleetOf } from '../fleet.ts'
import { machines, routeOf } from './fleets.ts'

const domains = `[{name: example.com, target: {container: maila}, recipients: {mode: FromTarget}},
    {name: listed.example, target: {container: maila}, recipients: {addresses: [alice, postmaster, abuse]}}]`

function compiled(fields: Readonly<Record<string, string>>): Compiled {
  return compileFleet(fleetOf(machines + routeOf(fields)), kinds, primitives)
}

function specsAt(hypervisor: string, target: string, of: Compiled): readonly Spec[] {
  const items = [...of.states.values()].find((one) => one.hypervisor === hypervisor)?.items ?? []
  return items.filter((item) => targetKey(item.target) === target).map(({ spec }) => spec)
}

test('users that their own server knows are read there, and written on both gateways', () => {
  const all = compiled({ domains })
  const path = 'mailRecipients:/etc/postfix/reeve-recipients'
  const source = { target: { hypervisor: 'he1', inside: 'maila', provider: 'lxc' }, id: 'mailRecipients:@example.com' }
  expect(specsAt('he1', 'he1/maila', all)).toMatchObject([{ id: source.id, role: { type: 'source', domain: 'example.com' } }])
  for (const [hypervisor, gateway] of [['he1', 'plpa'] as const, ['he2', 'plpb'] as const]) {
    const specs = specsAt(hypervisor, `${hypervisor}/${gateway}`, all)
    expect(specs.find(({ id }) => id === path)).toMatchObject({ peers: [source] })
    expect(specs.find(({ id }) => id.endsWith('#relay_recipient_maps'))).toMatchObject({
      value: 'texthash:/etc/postfix/reeve/relay_recipients, proxy:texthash:/etc/postfix/reeve-recipients',
      needs: expect.arrayContaining([expect.objectContaining({ id: path })]),
    })
    expect(specs.find(({ type }) => type === 'service')).toMatchObject({ loads: expect.arrayContaining([path]) })
  }
})

test('a gateway waits for no server of users, but for the gateway before it', () => {
  const [stages] = [...compiled({ domains }).rollouts.values()]
  expect(stages?.map(({ target }) => targetKey(target))).toEqual(['he1/plpa', 'he2/plpb', 'he1/maila'])
})

test('without such a domain nobody is asked, and nothing of it is written', () => {
  const all = compiled({})
  expect(specsAt('he1', 'he1/maila', all)).toEqual([])
  expect(JSON.stringify([...all.states.values()])).not.toContain('reeve-recipients')
})

test('it is right where the target is a container, and nobody is listed beside', () => {
  expect(complaints(fleetOf(machines + routeOf({ domains })), 'MailRoute')).toEqual([])
  const both = '[{name: example.com, target: {container: maila}, recipients: {mode: FromTarget, addresses: [alice]}}]'
  expect(complaints(fleetOf(machines + routeOf({ domains: both })), 'MailRoute')).toEqual([
    'spec.domains[0].recipients.addresses: mode FromTarget takes no list from here',
  ])
})

test('many listed users are held by proxymap for all smtpd, few by each', () => {
  const mapOf = (count: number) => {
    const users = Array.from({ length: count }, (_, index) => `u${index}`)
    const one = `[{name: example.com, target: {container: maila}, recipients: {addresses: [${users.join(', ')}]}}]`
    return specsAt('he1', 'he1/plpa', compiled({ domains: one })).find(({ id }) => id.endsWith('#relay_recipient_maps'))
  }
  expect(mapOf(5000)).toMatchObject({ value: 'texthash:/etc/postfix/reeve/relay_recipients' })
  expect(mapOf(5001)).toMatchObject({ value: 'proxy:texthash:/etc/postfix/reeve/relay_recipients' })
})

test('a server with a certificate of its own making is known by its fingerprints', () => {
  const prints = [Array(32).fill('ab').join(':'), Array(32).fill('CD').join(':')]
  const domain = `[{name: example.com, target: {container: maila}, recipients: {addresses: [alice, postmaster, abuse]}, tls: {level: fingerprint, match: ["${prints.join('", "')}"]}}]`
  const specs = specsAt('he1', 'he1/plpa', compiled({ domains: domain }))
  expect(JSON.stringify(specs.find(({ type }) => type === 'tree'))).toContain(
    `[192.168.9.4]:25 fingerprint match=${prints.join('|').toUpperCase()}`,
  )
  expect(specs.find(({ id }) => id.endsWith('#smtp_tls_fingerprint_digest'))).toMatchObject({ value: 'sha256' })
})
