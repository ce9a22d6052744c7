// Sets that others or rules fill at run time, on the real nft and kernel of this machine (captured behaviour: nftables 1.0.6, Debian 12).
import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../../controller/model/ledger.ts'
import { goBack } from '../../../controller/primitives/nftTable/steps.ts'
import { mainWith, tableOf } from '../../kinds/firewall/fleet.ts'
import { apply, change, context, converge, differs, listing, observe, primitive, run, useHost } from './driver.ts'

const banning = (more = '', type = 'ipv4') =>
  tableOf(
    mainWith(`policy: {input: drop}
sets:
  banned: {type: ${type}, external: true, timeout: 2h}
  ports: {type: ports, external: true}
  admins: {type: ipv4, elements: [198.51.100.7]}
rules:
  - {name: ssh, chain: input, protocol: tcp, ports: [22], source: '@admins', action: accept}
  - {name: ban, chain: input, source: '@banned', action: drop}
  - {name: web, chain: input, protocol: tcp, ports: [80], limit: {rate: 3/minute, per: source}, action: accept}${more}`),
  )
const more = "\n  - {name: more, chain: input, protocol: tcp, ports: '@ports', action: accept}"
const put = `nft add element inet reeve banned_main '{ 203.0.113.9, 203.0.113.10 timeout 1d comment "sshd } \\t", 192.0.2.0/25 }'
nft add element inet reeve ports_main '{ 8000-8010 }'`
/** Elements as nft shows them, without what runs down. */
const held = (set: string) => run(`nft -s list set inet reeve ${set} | tr -d '\\n' | sed 's/.*elements = //;s/[ \\t][ \\t]*/ /g'`).stdout

useHost()

describe('what others put into their set', () => {
  it('is no drift, and costs one process more', () => {
    const spec = banning()
    converge(spec)
    expect(run(put)).toMatchObject({ code: 0, stderr: '' })
    expect(differs(spec)).toEqual({ status: 'same' })
    const observed = observe(spec)
    expect(observed).not.toHaveProperty('state.compared')
    run('nft flush set inet reeve banned_main')
    expect(differs(spec)).toEqual({ status: 'same' })
  })

  it('is also none where the listing is compared in the scratch namespace', () => {
    const spec = banning()
    converge(spec)
    run(`${put}\nsed -i "1s/ listing.*/ listing 0/" /var/lib/reeve/nft/current.nft`)
    expect(observe(spec)).toMatchObject({ state: { compared: { wanted: { status: 'listed' } }, current: 'differs' } })
    const difference = differs(spec)
    expect(difference.status === 'change' && difference.change.fields.map(({ field }) => field)).toEqual(['boot rules'])
  })

  it('is kept when the table changes, with the time that is left', () => {
    converge(banning())
    run(put)
    run("nft add element inet reeve banned_main '{ 203.0.113.77 timeout 1h expires 5m }'")
    const before = [held('banned_main'), held('ports_main')]
    converge(banning(more))
    expect([held('banned_main'), held('ports_main')]).toEqual(before)
    expect(before[0]).toContain('203.0.113.10 timeout 1d comment "sshd } \\t"')
    expect(run("nft list set inet reeve banned_main | grep -o '203.0.113.77 timeout 1h expires [0-9]*m'").stdout).toMatch(/expires [45]m/)
    expect(differs(banning(more))).toEqual({ status: 'same' })
  })

  it('is kept by an undo, also what came since', () => {
    converge(banning())
    run(put)
    const applied = change(banning(more))
    run("nft add element inet reeve banned_main '{ 203.0.113.200 }'; nft delete element inet reeve banned_main '{ 203.0.113.9 }'")
    const since = held('banned_main')
    applied.undo()
    expect(held('banned_main')).toBe(since)
    expect(since).toContain('203.0.113.200')
    expect(differs(banning())).toEqual({ status: 'same' })
  })

  it('is there again after an undo where the change had taken the set away', () => {
    converge(banning())
    run(put)
    const before = held('banned_main')
    change(tableOf(mainWith('policy: {input: drop}\nunsafeAllowLockout: true'))).undo()
    expect(held('banned_main')).toBe(before)
  })

  it('is kept whole where it is ten thousand addresses', () => {
    converge(banning())
    const numbers = `awk 'BEGIN { printf "add element inet reeve banned_main { "; for (i = 0; i < 10000; i++) printf "%s10.1.%d.%d", (i ? ", " : ""), i / 128, i % 128 * 2; print " }" }'`
    run(`${numbers} >/var/lib/many; nft -f /var/lib/many`)
    const before = held('banned_main')
    expect(before.match(/10\.1\./g)).toHaveLength(10_000)
    converge(banning(more))
    expect(held('banned_main')).toBe(before)
  })

  it('goes where the set holds another type by now', () => {
    converge(banning())
    run(put)
    converge(banning('', 'ipv6'))
    expect(run('nft list set inet reeve banned_main').stdout).not.toContain('elements')
  })

  it('stays where elements of the manifest become those of others', () => {
    const own = tableOf(
      mainWith(
        'sets: {banned: {type: ipv4, elements: [203.0.113.1]}}\nrules: [{name: ban, chain: input, source: "@banned", action: drop}]',
      ),
    )
    const theirs = tableOf(
      mainWith('sets: {banned: {type: ipv4, external: true}}\nrules: [{name: ban, chain: input, source: "@banned", action: drop}]'),
    )
    converge(own)
    converge(theirs)
    expect(held('banned_main')).toContain('203.0.113.1')
    converge(own)
    expect(held('banned_main')).toContain('203.0.113.1')
  })

  it('does not stop the way back where nothing can be written', () => {
    converge(banning())
    run(`${put}\nnft -s -nn list table inet reeve >/var/lib/one`)
    run(
      '{ echo table inet reeve; echo delete table inet reeve; cat /var/lib/one; } >"$REEVE_BEFORE/nft-back"; mkdir "$REEVE_BEFORE/nft-holds"',
    )
    run('nft flush chain inet reeve input_main')
    expect(run(goBack.text)).toMatchObject({ code: 0 })
    expect(run('nft -s -nn list table inet reeve | diff /var/lib/one -')).toMatchObject({ code: 0 })
  })

  it('does not hide what a person does to the rules and to sets of the manifest', () => {
    converge(banning())
    run(`${put}\nnft add element inet reeve admins_main '{ 192.0.2.1 }'; nft add rule inet reeve input_main tcp dport 23 accept`)
    const difference = differs(banning())
    expect(difference.status === 'change' && difference.change.fields.map(({ field }) => field)).toEqual([
      'set admins (Firewall/main)',
      'unknown rule in chain input_main',
    ])
  })
})

describe('a host that Reeve leaves', () => {
  it('keeps what others put into their set, and what a rule counted does not stop it', () => {
    converge(banning())
    run(`${put}\nnft add element inet reeve limit.web.ip_main '{ 203.0.113.9 limit rate 3/minute }'`)
    const before = held('banned_main')
    const { release } = primitive
    if (typeof release !== 'function') throw new Error('no release')
    const steps = release({} as LedgerEntry, observe(banning()), context).map((step) => ({ phase: 'change' as const, ...step }))
    expect(apply(steps).failed?.stderr).toBeUndefined()
    expect(held('banned_main')).toBe(before)
    expect(listing()).not.toContain('reeve:')
  })
})

describe('rules that nft refuses', () => {
  it('change nothing, also where the scratch namespace was not asked', () => {
    converge(banning())
    const before = listing()
    const spec = banning()
    const alien = { ...spec, parts: spec.parts.map((part) => ({ ...part, sets: [] })) }
    const wanted = { action: 'update', impact: 'reload', fields: [{ field: 'table', before: '', after: '' }] } as const
    const applied = apply(primitive.steps(alien, wanted, observe(spec), context))
    expect(applied.failed).toMatchObject({
      title: 'check the rules of table inet reeve with nft',
      stderr: expect.stringContaining('No such file or directory'),
    })
    expect(listing()).toBe(before)
    applied.undo()
    expect(listing()).toBe(before)
  })
})

describe('sources that a rule counts', () => {
  it('are no drift, and the listing loads into itself', () => {
    converge(banning())
    expect(run("nft add element inet reeve limit.web.ip_main '{ 203.0.113.9 limit rate 3/minute }'")).toMatchObject({ code: 0, stderr: '' })
    expect(differs(banning())).toEqual({ status: 'same' })
    const first = listing()
    expect(run('nft -s -nn list table inet reeve >/var/lib/l; nft delete table inet reeve; nft -f /var/lib/l')).toMatchObject({ code: 0 })
    expect(listing()).toBe(first)
  })

  it('are named where the set is not as it was', () => {
    converge(banning())
    run('nft delete table inet reeve')
    const load = `nft -f /var/lib/reeve/nft/current.nft; nft -s -nn list table inet reeve | sed 's/timeout 100s/timeout 5s/' >/var/lib/l; nft delete table inet reeve; nft -f /var/lib/l`
    expect(run(load)).toMatchObject({ code: 0, stderr: '' })
    const difference = differs(banning())
    expect(difference.status === 'change' && difference.change.fields.map(({ field }) => field)).toEqual([
      'set limit.web.ip (Firewall/main)',
      'set limit.web.ip6 (Firewall/main)',
    ])
  })
})
