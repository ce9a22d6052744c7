import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import { typeOf } from '../../controller/model/ids.ts'
import type { Desired } from '../../controller/model/kind.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { depsOf } from '../engine/deps.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { fleetOf, kindOf } from './fleet.ts'

// What of these kinds needs device-mapper or LXC is adopted in adopt.lab.test.ts.
interface Case {
  readonly kind: string
  /** `ADOPT` stands for the value of the field. */
  readonly yaml: string
  /** Types of what is looked at here: packages and running daemons are left out. */
  readonly types: readonly string[]
  /** Puts something of somebody else in the place. */
  readonly foreign: string
  /** What is held back then: `ITEM FIELD…`. */
  readonly shows: string
  /** Prints what stands in the place. */
  readonly look: string
  /** What leaving Git leaves there; absent: what was there before. */
  readonly left?: string
}

const host = `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec:
  address: 192.0.2.10
  hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ2dXQ0cW1xcnN0dXZ3eHl6MDEyMzQ1Njc4OWFiY2Rl"]
`
const cases: readonly Case[] = [
  {
    kind: 'Hypervisor',
    yaml: `${host}  adopt: ADOPT\n  system: {files: [{path: /etc/motd, content: "ours\\n"}]}\n`,
    types: ['file'],
    foreign: 'printf "theirs\\n" >/etc/motd; chmod 0600 /etc/motd',
    shows: 'file:/etc/motd content mode',
    look: 'cat /etc/motd; stat -c %a /etc/motd',
  },
  {
    kind: 'Firewall',
    yaml: `${host}---\napiVersion: reeve.dev/v1\nkind: Firewall\nmetadata: {name: main}\nspec:\n  target: {hypervisor: he1}\n  adopt: ADOPT\n  policy: {input: drop}\n  rules: [{name: ssh, chain: input, protocol: tcp, ports: [22], action: accept}]\n`,
    types: ['nftTable'],
    foreign: "nft 'table inet reeve { chain input { type filter hook input priority 0; policy drop; tcp dport 23 accept; }; }'",
    shows: 'nftTable:inet reeve mark ',
    look: 'nft -s list table inet reeve',
    // A table that goes would open the host (DESIGN §1.8).
    left: 'comment "reeve:ssh"',
  },
  {
    kind: 'Proxy',
    yaml: `${host}---\napiVersion: reeve.dev/v1\nkind: Proxy\nmetadata: {name: edge}\nspec:\n  target: {hypervisor: he1}\n  adopt: ADOPT\n  vhosts: [{name: a, default: true, serverNames: [a.example.org], respond: {status: 200, body: a}}]\n`,
    types: ['file'],
    foreign: 'mkdir -p /etc/nginx/conf.d; echo "# my own" >/etc/nginx/conf.d/00-reeve.conf',
    shows: 'file:/etc/nginx/conf.d/00-reeve.conf content',
    look: 'cat /etc/nginx/conf.d/00-reeve.conf',
  },
  {
    kind: 'SmartCheck',
    yaml: `${host}---\napiVersion: reeve.dev/v1\nkind: SmartCheck\nmetadata: {name: disks}\nspec:\n  target: {hypervisor: he1}\n  adopt: ADOPT\n  devices: [{id: ata-X, type: sat}]\n  schedule: {pattern: "(S/../.././02)"}\n`,
    types: ['file'],
    foreign: 'echo "DEVICESCAN -m root" >/etc/smartd.conf',
    shows: 'file:/etc/smartd.conf content',
    look: 'cat /etc/smartd.conf',
  },
]

let shell: ShellHost
beforeEach(async () => {
  shell = await startShellHost({ ownNetwork: true, overlays: ['/etc'] })
})
afterEach(() => shell.close())

function desired(one: Case, adopt: string): DesiredState {
  const fleet = fleetOf(one.yaml.replace('ADOPT', adopt))
  const kind = kindOf(one.kind)
  const items = fleet.manifests
    .filter((manifest) => manifest.kind === one.kind)
    .flatMap((manifest) =>
      kind
        .place(manifest, fleet)
        .flatMap((place) =>
          kind
            .compile(manifest, place, fleet)
            .map(({ needs: _, ...spec }): Desired => ({ target: place.target, spec, owners: [manifest.id] })),
        ),
    )
  const hypervisor = items[0]?.target.hypervisor ?? ('he1' as never)
  return {
    hypervisor,
    fleet: 'testfleet',
    commit: 'c1',
    vitals: [],
    items: items.filter(({ spec }) => one.types.includes(typeOf(spec.id))),
  }
}

/** Each cycle is a controller's first: what it knows is on the host. */
function cycle(state: DesiredState): Promise<Cycle> {
  return reconcile(state, depsOf(shell, { memory: emptyMemory(), primitives: new Map(primitives.map((one) => [one.type, one])) }))
}

async function look(script: string): Promise<string> {
  return (await shell.run(script)).stdout
}

describe.each(cases)('what a $kind finds and did not make', (one) => {
  const gone = (state: DesiredState): DesiredState => ({ ...state, items: [] })

  it('is shown and held back under IfEqual and Never, taken under Replace, and comes back when it leaves Git', async () => {
    await shell.run(one.foreign)
    const before = await look(one.look)
    for (const adopt of ['IfEqual', 'Never']) {
      const { plan, applied } = await cycle(desired(one, adopt))
      const held = plan.withheld.map(({ brake, changes, approval }) => ({
        brake,
        isApprovable: approval !== undefined,
        shows: changes.map(({ id, fields }) => `${id} ${fields.map(({ field }) => field).join(' ')}`).join(),
      }))
      expect({ held, applied }).toEqual({
        held: [{ brake: 'Adopt', isApprovable: adopt === 'IfEqual', shows: expect.stringContaining(one.shows) }],
        applied: [],
      })
      expect(plan.withheld[0]?.changes[0]?.fields.some(({ before, after }) => before !== after)).toBe(true)
      expect(await look(one.look)).toBe(before)
    }
    expect((await cycle(desired(one, 'Replace'))).status).toBe('converged')
    expect(await look(one.look)).not.toBe(before)
    await cycle(gone(desired(one, 'Replace')))
    if (one.left === undefined) expect(await look(one.look)).toBe(before)
    else expect(await look(one.look)).toContain(one.left)
  })

  it('is taken over without a step and counted where it is as wanted', async () => {
    expect(['converged', 'noop']).toContain((await cycle(desired(one, 'Replace'))).status)
    await shell.run('rm -f /var/lib/reeve/ledger')
    const marked = `${one.look}; stat -c %i /etc/motd /etc/nginx/conf.d/00-reeve.conf /etc/smartd.conf 2>/dev/null`
    const before = await look(marked)
    const events: number[] = []
    const deps = depsOf(shell, { memory: emptyMemory(), primitives: new Map(primitives.map((each) => [each.type, each])) })
    const taken = await reconcile(desired(one, 'IfEqual'), {
      ...deps,
      onProgress: (event) => {
        if (event.type === 'planned') events.push(event.plan.records.length)
      },
    })
    expect({ status: taken.status, applied: taken.applied }).toEqual({ status: 'noop', applied: [] })
    expect(events[0]).toBe(desired(one, 'IfEqual').items.length)
    expect(await look(marked)).toBe(before)
  })
})

it.each([
  ['and leaves Git', 'ours\n', 'ours\n'],
  ['is changed by Git, and leaves it', 'newer\n', 'ours\n'],
])('a file that was taken over as it stood %s is then as it was', async (_, content, left) => {
  const one = cases[0] as Case
  await shell.run('printf "ours\\n" >/etc/motd; chmod 0644 /etc/motd')
  const asked = desired(one, 'IfEqual')
  expect(await cycle(asked)).toMatchObject({ status: 'noop' })
  const newer = desired({ ...one, yaml: one.yaml.replace('"ours\\n"', JSON.stringify(content)) }, 'IfEqual')
  expect((await cycle(newer)).plan.withheld).toEqual([])
  expect(await look('cat /etc/motd')).toBe(content)
  expect(await cycle({ ...asked, items: [] })).toMatchObject({ status: 'converged' })
  expect(await look('cat /etc/motd; cat /var/lib/reeve/ledger | tail -n 1')).toBe(
    `${left}{"removed":{"target":"he1","id":"file:/etc/motd"}}\n`,
  )
})

it('a folder where a tree of a Proxy would stand is refused, whatever adopt says', async () => {
  const proxy = { ...(cases[2] as Case), types: ['tree'] }
  await shell.run('mkdir -p /etc/nginx/reeve && echo mine >/etc/nginx/reeve/mine')
  const { plan, applied } = await cycle(desired(proxy, 'Replace'))
  expect(applied).toEqual([])
  expect(plan.refused.map(({ reasons }) => reasons.join())).toEqual([
    '/etc/nginx/reeve is a directory that Reeve did not make; move it away',
  ])
  expect(await look('cat /etc/nginx/reeve/mine')).toBe('mine\n')
})
