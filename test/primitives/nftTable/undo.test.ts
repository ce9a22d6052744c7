// Against the real nft of this machine, in namespaces of its own (captured behaviour: nftables 1.0.6, Debian 12).
import { describe, expect, it } from 'vitest'
import { apply, change, context, converge, differs, listing, main, observe, primitive, run, useHost } from './driver.ts'

useHost()

describe('the next boot', () => {
  it.each([
    ['current.nft is gone', 'rm /var/lib/reeve/nft/current.nft'],
    ['current.nft was edited', "sed -i 's/dport 22/dport 2222/' /var/lib/reeve/nft/current.nft"],
    ['the head of current.nft was edited', "sed -i '1s/source ./source 0/;1s/source .0*/source 0/' /var/lib/reeve/nft/current.nft"],
    ['current.nft is empty', ': >/var/lib/reeve/nft/current.nft'],
  ])('is put right without touching the kernel where %s', (_, command) => {
    converge(main)
    run(`nft add rule inet reeve input_main counter; nft -f /var/lib/reeve/nft/current.nft; ${command}`)
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
    run("nft add rule inet reeve input_main tcp dport 23 accept; nft add set inet reeve s '{ type ipv4_addr; flags timeout; }'")
    const [live, file] = [listing(), run('cat /var/lib/reeve/nft/current.nft').stdout]
    const applied = change(main)
    expect(listing()).not.toBe(live)
    applied.undo()
    expect(listing()).toBe(live)
    applied.undo()
    expect(listing()).toBe(live)
    expect(run('cat /var/lib/reeve/nft/current.nft').stdout).toBe(file)
  })

  it('takes the table away where there was none', () => {
    const applied = change(main)
    applied.undo()
    expect(run('nft list ruleset; ls -A /var/lib/reeve/nft').stdout).toBe('')
  })

  it('leaves the tables of others alone', () => {
    run("nft add table ip other; nft add chain ip other c '{ type filter hook input priority 5; policy accept; }'")
    const others = run('nft list table ip other').stdout
    change(main).undo()
    expect(run('nft list table ip other').stdout).toBe(others)
  })
})

describe('a step refuses', () => {
  it('where the table moved since it was observed', () => {
    converge(main)
    run('nft add rule inet reeve input_main accept')
    const observed = observe(main)
    const difference = primitive.diff(main, observed, undefined)
    if (difference.status !== 'change') throw new Error(difference.status)
    run('nft add rule inet reeve input_main drop')
    const live = listing()
    const applied = apply(primitive.steps(main, difference.change, observed, context))
    expect(applied.failed?.stderr).toContain('has changed since it was observed')
    applied.undo()
    expect(listing()).toBe(live)
  })

  it('where a table came to be since none was observed', () => {
    const observed = observe(main)
    const difference = primitive.diff(main, observed, undefined)
    if (difference.status !== 'change') throw new Error(difference.status)
    run('nft add table inet reeve')
    const applied = apply(primitive.steps(main, difference.change, observed, context))
    expect(applied.failed?.stderr).toContain('has changed since it was observed')
  })
})
