import { describe, expect, it } from 'vitest'
import { watchListFor } from '../../../controller/engine/watch/list.ts'
import type { ContainerName, HypervisorName, ManifestId } from '../../../controller/model/ids.ts'
import type { DesiredState } from '../../../controller/model/plan.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import { file } from '../../../controller/primitives/file/spec.ts'
import { mount } from '../../../controller/primitives/mount/spec.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import { service } from '../../../controller/primitives/service/spec.ts'
import { swap } from '../../../controller/primitives/swap/spec.ts'

const hypervisor = 'he1' as HypervisorName
const byType = new Map(primitives.map((primitive) => [primitive.type, primitive]))
const conf = (path: string) => file({ path, content: '', mode: '0644', owner: 'root:root' })

function wanting(...items: readonly (readonly [spec: Spec, inside?: string, provider?: 'lxc' | 'openvz'])[]): DesiredState {
  return {
    hypervisor,
    fleet: 'f',
    commit: '',
    vitals: [],
    items: items.map(([spec, inside, provider = 'lxc']) => ({
      spec,
      owners: ['Hypervisor/he1' as ManifestId],
      target: inside === undefined ? { hypervisor } : { hypervisor, inside: inside as ContainerName, provider },
    })),
  }
}
const linesOf = (desired: DesiredState) => watchListFor(desired, byType).lines

/** Of these nothing tells that they moved: why. */
const unannounced: Readonly<Record<string, string>> = {
  mailHoldings: 'what gateways hold is read through their tools, and only reported',
  mailQueue: 'mail that waits changes all the time',
}

describe('what is watched on a hypervisor', () => {
  it('is said by every primitive, or it is said here why not', () => {
    const silent = primitives.filter(({ watched }) => watched === undefined).map(({ type }) => type)
    expect(silent.sort()).toEqual(Object.keys(unannounced).sort())
  })

  it('is the hold of the console, also where nothing else is wanted', () => {
    expect(linesOf(wanting())).toEqual(['path - /etc/reeve/hold'])
  })

  it('is each thing once, with all items that it matters to', () => {
    const { lines, things } = watchListFor(
      wanting([mount({ path: '/srv', device: '/dev/vg/srv', format: 'ext4' })], [swap({ device: '/dev/vg/swap' })]),
      byType,
    )
    expect(lines).toEqual(['path - /etc/reeve/hold', 'mount - /srv', 'path - /srv', 'path - /etc/fstab', 'swap - -', 'block - -'])
    expect(things[3]).toEqual({ words: '/etc/fstab', source: 'file', items: ['he1 mount:/srv', 'he1 swap:/dev/vg/swap'] })
  })

  it('is inside a container what can be seen of it from outside: files', () => {
    expect(linesOf(wanting([conf('/etc/a'), 'web'], [conf('/etc/a'), '101', 'openvz'])).slice(1)).toEqual([
      'path web /etc/a',
      'path openvz:101 /etc/a',
    ])
    expect(linesOf(wanting([mount({ path: '/srv', device: '/dev/vg/srv', format: 'ext4' }), 'web'])).slice(1)).toEqual([
      'path web /srv',
      'path web /etc/fstab',
    ])
  })

  it('is a service by the link that systemd keeps while it runs, and by what enables and masks units', () => {
    expect(linesOf(wanting([service({ unit: 'nginx.service', state: 'running', reload: 'reload' })])).slice(1)).toEqual([
      'path - /run/systemd/units/invocation:nginx.service',
      'tree - /etc/systemd/system',
    ])
  })

  it('is a unit that mounts also by what the kernel says of its place', () => {
    const mounted = service({ unit: 'srv-my\\x2ddata.mount', state: 'running', reload: 'reload' })
    expect(linesOf(wanting([mounted]))).toContain('mount - /srv/my-data')
  })

  it('keeps its id while a commit moves no more than contents', () => {
    const id = (content: string) => watchListFor(wanting([{ ...conf('/etc/a'), content } as Spec]), byType).id
    expect(id('one')).toBe(id('two'))
    expect(watchListFor(wanting([conf('/etc/b')]), byType).id).not.toBe(id('one'))
  })
})
