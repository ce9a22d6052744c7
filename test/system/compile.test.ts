import { expect, test } from 'vitest'
import { compileFleet } from '../../controller/engine/compile.ts'
import { kinds } from '../../controller/kinds/registry.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import { targetKey } from '../../controller/model/target.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { fleetOf } from '../kinds/fleet.ts'
import { container, hypervisor, specsOf } from './place.ts'

const all =
  '{packages: [wget, sudo], users: [{name: ann, sudo: NoPassword}], files: [{path: /etc/x, content: x, owner: "ann:adm"}], cron: [{name: a, schedule: "@daily", command: [a]}], timeZone: UTC, resolver: {nameservers: [192.0.2.1]}}'

test('a hypervisor and the inside of a container get the same of the same system, each on its own target', () => {
  const { states } = compileFleet(fleetOf(hypervisor(all) + container(all)), kinds, primitives)
  const items = states.get('he1' as HypervisorName)?.items ?? []
  const on = (target: string) => items.filter((item) => targetKey(item.target) === target).map(({ spec }) => spec.id)
  expect(on('he1/web')).toEqual(on('he1').filter((id) => !/^(logicalVolume|filesystem|lxcContainer):/.test(id)))
  expect(on('he1/web')).toContain('account:ann')
  expect(
    items.flatMap(({ target, spec }) =>
      (spec.needs ?? []).filter((need) => need.id !== 'lxcContainer:web' && targetKey(need.target) !== targetKey(target)),
    ),
  ).toEqual([])
  expect(items.filter(({ spec }) => spec.confirm !== undefined)).toEqual([])
})

test('what is asked for by two fields is one thing, and what must stand first is said', () => {
  const specs = specsOf(all)
  expect(specs.map(({ id }) => id).filter((id, index, ids) => ids.indexOf(id) !== index)).toEqual([])
  const needsOf = (id: string) => specs.find((spec) => spec.id === id)?.needs?.map((need) => need.id)
  expect(needsOf('file:/etc/x')).toEqual(['package:wget', 'package:sudo', 'account:ann'])
  expect(needsOf('file:/etc/sudoers.d/reeve-ann')).toContain('account:ann')
  expect(needsOf('file:/etc/cron.d/reeve-a')).toContain('package:cron')
})

test('what stands on every machine is taken over, unless the manifest says never', () => {
  const adopted = (more: string) =>
    specsOf(all, more)
      .filter(({ adopt }) => adopt === 'Replace')
      .map(({ id }) => id)
  expect(adopted('')).toEqual(['file:/etc/resolv.conf', 'file:/etc/timezone'])
  expect(adopted('  adopt: Never\n')).toEqual([])
})
