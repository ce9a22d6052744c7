import { describe, expect, it } from 'vitest'
import { containerCases } from './container.cases.ts'
import { firewallCases } from './firewall.cases.ts'
import { hypervisorCases } from './hypervisor.cases.ts'
import { mailerCases } from './mailer.cases.ts'
import { proxyCases, proxyContentCases, proxyTlsCases } from './proxy.cases.ts'
import { proxyProviderCases } from './proxy-providers.cases.ts'
import { good, read } from './repository.ts'
import { smartCheckCases } from './smartcheck.cases.ts'
import { syslogSinkCases } from './syslogsink.cases.ts'
import { volumeCases } from './volume.cases.ts'

const cases = [
  ...hypervisorCases,
  ...volumeCases,
  ...containerCases,
  ...firewallCases,
  ...proxyCases,
  ...proxyTlsCases,
  ...proxyContentCases,
  ...proxyProviderCases,
  ...smartCheckCases,
  ...syslogSinkCases,
  ...mailerCases,
]
const fleet = ['Container/web', 'Firewall/main', 'Hypervisor/he1', 'Proxy/edge', 'Volume/data']

describe('what is wrong in a manifest of a real kind is told at its place, and the rest of the fleet is compiled as before', () => {
  it.each(cases)('$name', async ({ file, says, adds = [] }) => {
    const before = await read({ 'good.yaml': good })
    const found = await read({ 'good.yaml': good, 'bad.yaml': file }, { 'good.yaml': good })
    expect(found.says).toEqual(says)
    expect(found.inForce).toEqual([...fleet, ...adds].sort())
    if (adds.length === 0) expect(found.items).toEqual(before.items)
  })

  it('no two cases are alike, in name or in what is said', () => {
    const said = cases.map(({ says }) => says.map(sentence).join('\n'))
    expect(cases.length).toBeGreaterThanOrEqual(200)
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    expect(said.filter((one, index) => said.indexOf(one) < index)).toEqual([])
  })
})

/** A finding without its place, and without the values that the case chose. */
function sentence(finding: string): string {
  return finding
    .replace(/^\S+:\d+:\d+: /, '')
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/\d+/g, '#')
}
