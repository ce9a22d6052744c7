// Against the real nft of this machine, in namespaces of its own (captured behaviour: nftables 1.0.6, Debian 12).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Difference } from '../../../controller/model/change.ts'
import type { Known } from '../../../controller/model/observation.ts'
import type { Primitive } from '../../../controller/model/primitive.ts'
import { nftTablePrimitive } from '../../../controller/primitives/nftTable/index.ts'
import type { NftState } from '../../../controller/primitives/nftTable/probe.ts'
import { type NftTableSpec, nftTableId } from '../../../controller/primitives/nftTable/spec.ts'
import { mainWith, tableOf } from '../../kinds/firewall/fleet.ts'
import { type Applied, createHost, type Host } from './host.ts'

const primitive = nftTablePrimitive as unknown as Primitive<NftTableSpec, NftState>
const golden = join(import.meta.dirname, '../../kinds/firewall/golden')
const tables = readdirSync(golden)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => [file, tableOf(readFileSync(join(golden, file), 'utf8'))] as const)
const main = tableOf(
  mainWith(`policy: {input: drop}
sets: {admins: {type: ipv4, elements: [198.51.100.7, 203.0.113.0/24]}}
rules:
  - {name: ssh, chain: input, protocol: tcp, ports: [22], source: '@admins', action: accept}
  - {name: web, chain: input, protocol: tcp, ports: [80, 443], action: accept}
  - {name: dns, chain: input, protocol: [udp, tcp], ports: [53], action: accept}`),
)
const context = { fleet: 'prod', owners: ['Firewall/main'], last: undefined, staged: [], observed: () => undefined }
let host: Host

beforeEach(async () => {
  host = await createHost()
})
afterEach(() => host[Symbol.dispose]())

function observe(spec: NftTableSpec, fleet = 'prod'): Known<NftState> {
  const subjects = [{ id: nftTableId, spec }]
  const ran = host.run(primitive.probe(subjects, fleet).text)
  expect(ran.code, ran.stderr).toBe(0)
  const observed = primitive.parse(ran.stdout, subjects).items.get(nftTableId)
  if (observed === undefined || observed.status === 'unknown') throw new Error(`unknown: ${observed?.reason} ${ran.stdout}`)
  return observed
}

function differs(spec: NftTableSpec): Difference {
  return primitive.diff(spec, observe(spec), undefined)
}

function change(spec: NftTableSpec): Applied {
  const observed = observe(spec)
  const difference = primitive.diff(spec, observed, undefined)
  if (difference.status !== 'change') throw new Error(`nothing to change: ${JSON.stringify(difference)}`)
  return host.apply(primitive.steps(spec, difference.change, observed, context))
}

function converge(spec: NftTableSpec): void {
  expect(change(spec).failed).toBeUndefined()
}

function listing(): string {
  return host.run('nft -s -nn list table inet reeve').stdout
}

describe('a table that was applied', () => {
  it.each(tables)('%s is the same afterwards, and its listing loads into itself', (_, spec) => {
    converge(spec)
    expect(differs(spec)).toEqual({ status: 'same' })
    const first = listing()
    const again = host.run(`nft -s -nn list table inet reeve >/var/lib/l; nft delete table inet reeve; nft -f /var/lib/l`)
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(listing()).toBe(first)
  })

  it.each(tables)('%s is also found to be the same without the note in current.nft, by the scratch namespace', (_, spec) => {
    converge(spec)
    host.run(
      'sed -i "1s/listing ./listing 0/" /var/lib/reeve/nft/current.nft; sed -i "1s/ listing.*/ listing 0/" /var/lib/reeve/nft/current.nft',
    )
    const observed = observe(spec)
    if (observed.status !== 'present') throw new Error('the table is gone')
    expect(observed.state.compared?.wanted).toEqual({ status: 'listed', listing: observed.state.compared?.live })
  })

  it('bears the mark of fleet and manifest, whether its hashes were enough or not', () => {
    converge(main)
    expect(observe(main)).toMatchObject({ mark: { fleet: 'prod', owner: 'Firewall/main' } })
    host.run('nft flush chain inet reeve input')
    expect(observe(main)).toMatchObject({ mark: { fleet: 'prod', owner: 'Firewall/main' } })
    expect(observe(main, 'other')).toMatchObject({ mark: { fleet: 'prod' } })
  })

  it('comes back from current.nft as after a boot, where nothing but the file is left', () => {
    converge(main)
    const before = listing()
    host.run('nft flush ruleset; nft -f /var/lib/reeve/nft/current.nft')
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
    expect(host.run(command)).toMatchObject({ code: 0, stderr: '' })
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
    host.run(command)
    expect(differs(main)).toMatchObject({ status: 'change', change: { action: 'create' } })
    converge(main)
    expect(differs(main)).toEqual({ status: 'same' })
  })

  it('shows the lines of nft before and after', () => {
    converge(main)
    host.run(`nft replace rule inet reeve input_main handle ${handle('input_main', 'web')} tcp dport 81 accept comment '"reeve:web"'`)
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
    host.run('nft add table ip other; nft add chain ip other c; nft add rule ip other c drop')
    expect(differs(main)).toEqual({ status: 'same' })
  })
})

describe('the next boot', () => {
  it.each([
    ['current.nft is gone', 'rm /var/lib/reeve/nft/current.nft'],
    ['current.nft was edited', "sed -i 's/dport 22/dport 2222/' /var/lib/reeve/nft/current.nft"],
    ['the head of current.nft was edited', "sed -i '1s/source ./source 0/;1s/source .0*/source 0/' /var/lib/reeve/nft/current.nft"],
    ['current.nft is empty', ': >/var/lib/reeve/nft/current.nft'],
  ])('is put right without touching the kernel where %s', (_, command) => {
    converge(main)
    host.run(`nft add rule inet reeve input_main counter; nft -f /var/lib/reeve/nft/current.nft; ${command}`)
    const observed = observe(main)
    const difference = primitive.diff(main, observed, undefined)
    if (difference.status !== 'change') throw new Error(difference.status)
    expect(difference.change).toMatchObject({ impact: 'none', fields: [{ field: 'boot rules' }] })
    expect(primitive.verdict?.(main, difference.change)).toBeUndefined()
    const steps = primitive.steps(main, difference.change, observed, context)
    expect(steps.map((step) => step.phase)).not.toContain('change')
    converge(main)
    expect(differs(main)).toEqual({ status: 'same' })
  })
})

describe('an undo', () => {
  it('brings the table back byte for byte, with what a person had added, and current.nft', () => {
    converge(main)
    host.run("nft add rule inet reeve input_main tcp dport 23 accept; nft add set inet reeve s '{ type ipv4_addr; flags timeout; }'")
    const [live, file] = [listing(), host.run('cat /var/lib/reeve/nft/current.nft').stdout]
    const applied = change(main)
    expect(listing()).not.toBe(live)
    applied.undo()
    expect(listing()).toBe(live)
    applied.undo()
    expect(listing()).toBe(live)
    expect(host.run('cat /var/lib/reeve/nft/current.nft').stdout).toBe(file)
  })

  it('takes the table away where there was none', () => {
    const applied = change(main)
    applied.undo()
    expect(host.run('nft list ruleset; ls -A /var/lib/reeve/nft').stdout).toBe('')
  })

  it('leaves the tables of others alone', () => {
    host.run("nft add table ip other; nft add chain ip other c '{ type filter hook input priority 5; policy accept; }'")
    const others = host.run('nft list table ip other').stdout
    change(main).undo()
    expect(host.run('nft list table ip other').stdout).toBe(others)
  })
})

describe('a step refuses', () => {
  it('where the table moved since it was observed', () => {
    converge(main)
    host.run('nft add rule inet reeve input_main accept')
    const observed = observe(main)
    const difference = primitive.diff(main, observed, undefined)
    if (difference.status !== 'change') throw new Error(difference.status)
    host.run('nft add rule inet reeve input_main drop')
    const live = listing()
    const applied = host.apply(primitive.steps(main, difference.change, observed, context))
    expect(applied.failed?.stderr).toContain('has changed since it was observed')
    applied.undo()
    expect(listing()).toBe(live)
  })

  it('where a table came to be since none was observed', () => {
    const observed = observe(main)
    const difference = primitive.diff(main, observed, undefined)
    if (difference.status !== 'change') throw new Error(difference.status)
    host.run('nft add table inet reeve')
    const applied = host.apply(primitive.steps(main, difference.change, observed, context))
    expect(applied.failed?.stderr).toContain('has changed since it was observed')
  })
})

describe('a probe', () => {
  it('runs three programs where nothing has changed', () => {
    converge(main)
    const script = primitive.probe([{ id: nftTableId, spec: main }], 'prod').text
    const traced = host.run(`set -x\n${script}`).stderr
    expect(traced.match(/^\++ (nft -s|sha256sum|unshare|sed|base64|head)\b/gm)).toHaveLength(2)
  })

  it('says what nft says where nft refuses the text', () => {
    converge(main)
    const alien: NftTableSpec = { ...main, parts: main.parts.map((part) => ({ ...part, sets: [] })) }
    expect(differs(alien)).toMatchObject({ status: 'refused', reasons: [expect.stringContaining('admins_main')] })
  })

  it('takes a table of the same name that is not ours for unmarked', () => {
    host.run('nft add table inet reeve')
    const observed = observe(main)
    expect(observed).not.toHaveProperty('mark')
    expect(differs(main)).toMatchObject({ status: 'change', change: { action: 'update' } })
  })

  it('is unknown where there is no nft, and never absent', () => {
    const script = primitive.probe([{ id: nftTableId, spec: main }], 'prod').text
    const ran = host.run(`PATH=/nowhere\n${script}`)
    expect(primitive.parse(ran.stdout, [{ id: nftTableId, spec: main }]).items.get(nftTableId)).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('not installed'),
    })
  })

  it('falls back to the text as a whole where the target refuses a namespace', () => {
    converge(main)
    host.run('nft flush chain inet reeve input_main')
    const subjects = [{ id: nftTableId, spec: main }]
    const refusing =
      'mkdir -p /var/lib/bin; printf "#!/bin/sh\\necho unshare failed: Operation not permitted >&2; exit 1\\n" >/var/lib/bin/unshare; chmod +x /var/lib/bin/unshare; PATH=/var/lib/bin:$PATH'
    const ran = host.run(`${refusing}\n${primitive.probe(subjects, 'prod').text}`)
    const observed = primitive.parse(ran.stdout, subjects).items.get(nftTableId) as Known<NftState>
    expect(primitive.diff(main, observed, undefined)).toMatchObject({ change: { fields: [{ field: 'table' }] } })
  })

  it('lists a marked table that no manifest asks for', () => {
    converge(main)
    const ran = host.run(primitive.probe([{ id: nftTableId }], 'prod').text)
    expect(primitive.parse(ran.stdout, [{ id: nftTableId }]).items.get(nftTableId)).toMatchObject({
      status: 'present',
      mark: { fleet: 'prod', owner: 'Firewall/main' },
    })
  })
})
