// Against the real nft of this machine, in namespaces of its own (captured behaviour: nftables 1.0.6, Debian 12).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hypervisorName, manifestId } from '../../../controller/model/ids.ts'
import type { Plan, PlannedChange } from '../../../controller/model/plan.ts'
import { nftTableId } from '../../../controller/primitives/nftTable/spec.ts'
import { renderDrift } from '../../../controller/report/mails.ts'
import { createPaint } from '../../../controller/report/paint.ts'
import { renderPlan } from '../../../controller/report/plan.ts'
import { mainWith, tableOf } from '../../kinds/firewall/fleet.ts'
import { converge, differs, listing, main, observe, run, useHost } from './driver.ts'

const golden = join(import.meta.dirname, '../../kinds/firewall/golden')
const tables = readdirSync(golden)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => [file, tableOf(readFileSync(join(golden, file), 'utf8'))] as const)

useHost()

describe('a table that was applied', () => {
  it.each(tables)('%s is the same afterwards, and its listing loads into itself', (_, spec) => {
    converge(spec)
    expect(differs(spec)).toEqual({ status: 'same' })
    const first = listing()
    const again = run(`nft -s -nn list table inet reeve >/var/lib/l; nft delete table inet reeve; nft -f /var/lib/l`)
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(listing()).toBe(first)
  })

  it.each(tables)('%s is also found to be the same without the note in current.nft, by the scratch namespace', (_, spec) => {
    converge(spec)
    run(
      'sed -i "1s/listing ./listing 0/" /var/lib/reeve/nft/current.nft; sed -i "1s/ listing.*/ listing 0/" /var/lib/reeve/nft/current.nft',
    )
    const observed = observe(spec)
    if (observed.status !== 'present') throw new Error('the table is gone')
    expect(observed.state.compared?.wanted).toEqual({ status: 'listed', listing: observed.state.compared?.live })
  })

  it('bears the mark of fleet and manifest, whether its hashes were enough or not', () => {
    converge(main)
    expect(observe(main)).toMatchObject({ mark: { fleet: 'prod', owner: 'Firewall/main' } })
    run('nft flush chain inet reeve input')
    expect(observe(main)).toMatchObject({ mark: { fleet: 'prod', owner: 'Firewall/main' } })
    expect(observe(main, 'other')).toMatchObject({ mark: { fleet: 'prod' } })
  })

  it('comes back from current.nft as after a boot, where nothing but the file is left', () => {
    converge(main)
    const before = listing()
    run('nft flush ruleset; nft -f /var/lib/reeve/nft/current.nft')
    expect(listing()).toBe(before)
    expect(differs(main)).toEqual({ status: 'same' })
  })
})

const handle = (chain: string, comment: string) => `$(nft -a list chain inet reeve ${chain} | sed -n 's/.*reeve:${comment}" # handle //p')`

describe('what a person does to the table is found and named', () => {
  it.each([
    ['adds a rule', 'nft add rule inet reeve input tcp dport 23 accept', ['unknown rule in chain input']],
    ['inserts a rule', 'nft insert rule inet reeve input_main tcp dport 23 accept', ['unknown rule in chain input_main']],
    ['deletes a rule', `nft delete rule inet reeve input_main handle ${handle('input_main', 'web')}`, ['rule web (Firewall/main)']],
    [
      'replaces a rule',
      `nft replace rule inet reeve input_main handle ${handle('input_main', 'web')} tcp dport 81 accept comment '"reeve:web"'`,
      ['rule web (Firewall/main)'],
    ],
    ['adds an element', "nft add element inet reeve admins_main '{ 192.0.2.1 }'", ['set admins (Firewall/main)']],
    ['deletes an element', "nft delete element inet reeve admins_main '{ 198.51.100.7 }'", ['set admins (Firewall/main)']],
    ['changes a policy', "nft chain inet reeve input '{ policy accept; }'", ['policy of input']],
    [
      'flushes a chain',
      'nft flush chain inet reeve input_main',
      ['rule ssh (Firewall/main)', 'rule web (Firewall/main)', 'rule dns (Firewall/main)'],
    ],
    [
      'adds a chain',
      "nft add chain inet reeve evil '{ type filter hook input priority -5; policy accept; }'",
      ['policy of evil', 'hook of evil', 'order of rules in evil'],
    ],
    ['adds a chain without a hook', 'nft add chain inet reeve evil; nft add rule inet reeve evil accept', ['unknown chain evil']],
    ['adds a set', "nft add set inet reeve evil '{ type ipv4_addr; }'", ['unknown set evil']],
    ['makes the table dormant', "nft add table inet reeve '{ flags dormant; }'", ['flags of the table']],
    [
      'moves a rule',
      `nft delete rule inet reeve input_main handle ${handle('input_main', 'web')}; nft add rule inet reeve input_main tcp dport '{ 80, 443 }' accept comment '"reeve:web"'`,
      ['order of rules in input_main'],
    ],
    ['doubles a rule', `nft add rule inet reeve input_main udp dport 9 accept comment '"reeve:web"'`, ['rule web (Firewall/main)']],
    ['forges a name', `nft add rule inet reeve input_main accept comment '"reeve:evil"'`, ['rule evil (Firewall/main)']],
  ])('who %s', (_, command, fields) => {
    converge(main)
    const before = listing()
    expect(run(command)).toMatchObject({ code: 0, stderr: '' })
    const difference = differs(main)
    if (difference.status !== 'change') throw new Error(difference.status)
    expect(difference.change).toMatchObject({ action: 'update', impact: 'reload' })
    expect(difference.change.fields.map((field) => field.field)).toEqual(fields)
    expect(difference.change.fields.every((field) => field.before !== field.after)).toBe(true)
    converge(main)
    expect(listing()).toBe(before)
    expect(differs(main)).toEqual({ status: 'same' })
  })

  it.each(['nft delete table inet reeve', 'nft flush ruleset'])('who says %s', (command) => {
    converge(main)
    run(command)
    expect(differs(main)).toMatchObject({ status: 'change', change: { action: 'create' } })
    converge(main)
    expect(differs(main)).toEqual({ status: 'same' })
  })

  it('shows the lines of nft before and after', () => {
    converge(main)
    run(`nft replace rule inet reeve input_main handle ${handle('input_main', 'web')} tcp dport 81 accept comment '"reeve:web"'`)
    expect(differs(main)).toMatchObject({
      change: {
        fields: [
          {
            field: 'rule web (Firewall/main)',
            before: 'input_main: tcp dport 81 accept comment "reeve:web"',
            after: 'input_main: tcp dport { 80, 443 } accept comment "reeve:web"',
          },
        ],
      },
    })
  })

  it('does not see what others do in tables of their own', () => {
    converge(main)
    run('nft add table ip other; nft add chain ip other c; nft add rule ip other c drop')
    expect(differs(main)).toEqual({ status: 'same' })
  })

  it('tells people by the names of their manifests and rules, in the plan and in the mail', () => {
    const other = mainWith('rules: [{name: mail, chain: input, protocol: tcp, ports: [25], counter: true, action: accept}]').replace(
      'name: main',
      'name: other',
    )
    const both = tableOf(
      `${mainWith('policy: {input: drop}\nrules: [{name: ssh, chain: input, protocol: tcp, ports: [22], action: accept}]')}---\n${other}`,
    )
    converge(both)
    run(
      `nft replace rule inet reeve input_other handle ${handle('input_other', 'mail')} tcp dport 26 counter accept comment '"reeve:mail"'`,
    )
    run('nft add rule inet reeve input_main tcp dport 23 accept')
    const difference = differs(both)
    if (difference.status !== 'change') throw new Error(difference.status)
    const at = { target: { hypervisor: hypervisorName('he1') }, owners: [manifestId('Firewall', 'main'), manifestId('Firewall', 'other')] }
    const change = { ...difference.change, id: nftTableId, ...at } as unknown as PlannedChange
    const facts = { hypervisor: 'he1', owner: 'Firewall/main', isCorrected: true, loggedIn: [], commit: 'c', sinceSeconds: 0 }
    const plan = {
      hypervisor: 'he1',
      transactions: [{ changes: [change], isJob: false }],
      withheld: [],
      refused: [],
      orphans: [],
      unknown: [],
      records: [],
    }
    const told = [renderDrift({ ...facts, changes: [change] }).text, renderPlan(plan as unknown as Plan, createPaint(false))]
    for (const text of told) {
      expect(text).toContain('rule mail (Firewall/other)')
      expect(text).toContain('input_other: tcp dport 26 counter accept comment "reeve:mail"')
      expect(text).toContain('input_other: tcp dport 25 counter accept comment "reeve:mail"')
      expect(text).toContain('unknown rule in chain input_main')
      expect(text).not.toContain('reeve:ssh')
    }
  })
})
