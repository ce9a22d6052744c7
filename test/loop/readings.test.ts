import { describe, expect, it } from 'vitest'
import { createHostTable, type HostState } from '../../controller/loop/hosts.ts'
import type { HostHandle } from '../../controller/loop/ports.ts'
import { createReadings } from '../../controller/loop/readings.ts'
import { hypervisorName, manifestId } from '../../controller/model/ids.ts'
import type { OwnedVital } from '../../controller/model/kind.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { sh } from '../../controller/shell/sh.ts'

const he1 = hypervisorName('he1')

function vital(pace: OwnedVital['pace'], probe: OwnedVital['probe']): OwnedVital {
  const assess = () => ({ healthy: true, reason: '', message: '', samples: [] })
  return { id: pace, owner: manifestId('Board', 'a'), target: { hypervisor: he1 }, pace, probe, assess }
}
const vitals = [vital('slow', sh`echo ok`), vital('fromController', { type: 'tcp', host: '127.0.0.1', port: 1 })]
const desired: DesiredState = { hypervisor: he1, fleet: 'f', commit: '', items: [], vitals }

/** A host that counts what it is asked, and does `during` meanwhile; a clock that tests put. */
function rig(during: (host: HostState) => void = () => {}) {
  const asked: string[] = []
  const clock = { now: 1_000_000 }
  const handle = {
    freshExchange: async () => {
      asked.push('slow')
      during(host)
      return ''
    },
    ask: async () => {
      asked.push('network')
      return { ok: true, message: '' }
    },
  } as unknown as HostHandle
  const table = createHostTable(() => handle)
  table.follow([{ kind: 'Hypervisor', name: 'he1', spec: {} } as unknown as Manifest])
  const host = table.get(he1) as HostState
  const readings = createReadings({
    clock: { nowSeconds: () => clock.now },
    randomHex: () => '0123456789abcdef0123456789abcdef',
    isStopped: () => asked.length > 9,
    onReadings() {},
  })
  const refresh = async (): Promise<readonly string[]> => {
    asked.length = 0
    readings.refresh(host, desired)
    await new Promise((resolve) => setTimeout(resolve, 50))
    return [...asked].sort()
  }
  return { clock, refresh }
}

describe('vitals that are asked apart from cycles', () => {
  it('have each its own pace', async () => {
    const { clock, refresh } = rig()
    expect(await refresh()).toEqual(['network', 'slow'])
    clock.now += 10
    expect(await refresh()).toEqual([])
    clock.now += 15
    expect(await refresh()).toEqual(['network'])
  })

  it('are asked again where the clock of the controller was put back', async () => {
    const { clock, refresh } = rig()
    await refresh()
    clock.now -= 86_400
    expect(await refresh()).toEqual(['network', 'slow'])
    expect(await refresh()).toEqual([])
  })

  it('are asked once more where something changed meanwhile, also as the clock was put back', async () => {
    const changes = [true, false]
    const { clock, refresh } = rig((host) => {
      if (changes.shift()) host.changes++
      clock.now -= 3600
    })
    expect((await refresh()).filter((one) => one === 'slow')).toEqual(['slow', 'slow'])
  })
})
