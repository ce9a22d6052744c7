import type { Fleet } from '../../model/fleet.ts'
import type { Assessment, Reading, Vital } from '../../model/kind.ts'
import type { Target } from '../../model/target.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { poolOf, type Volume, volumeName } from './names.ts'
import type { Part } from './part.ts'
import { assessPool, poolSamples, readGroup, readPool } from './pool.ts'
import { assessSpace, readSpace, samplesOf } from './space.ts'

/**
 * Space in the volume group, in the thin pool, and in the filesystem where it is mounted. Apart from the trip: it costs a process each, and space does not
 * run out within a second.
 */
export function vitals(manifest: Volume, target: Target, fleet: Fleet): readonly Vital[] {
  const { lvm, mount } = manifest.spec
  const pool = lvm.type === 'ThinPool' ? volumeName(manifest) : lvm.thinPool
  const probe = joinScripts([
    sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1
set -- $(lvm vgs --noheadings --nosuffix --units b -o vg_size,vg_free ${lvm.volumeGroup} 2>/dev/null </dev/null)
echo "group $*"`,
    pool === undefined ? sh`` : probePool(`${lvm.volumeGroup}/${pool}`),
    mount === undefined ? sh`:` : sh`df -B1 --output=size,avail,itotal,iavail,target ${mount.path} 2>/dev/null || :`,
  ])
  // A pool that has a manifest of its own is told there, once, and not by each volume in it.
  const isTold = lvm.type === 'ThinPool' || poolOf(manifest, fleet) === undefined
  const asked: Asked = { group: lvm.volumeGroup, pool, isPoolTold: isTold, path: mount?.path }
  return [{ id: 'space', target, pace: 'slow', probe, assess: (reading) => assess(reading, asked) }]
}

function probePool(pool: string): Script {
  return sh`set -- $(lvm lvs --noheadings --nosuffix --units b -o lv_size,data_percent,metadata_percent,lv_health_status ${pool} 2>/dev/null </dev/null)
echo "pool $*"`
}

interface Asked {
  readonly group: string
  readonly pool: string | undefined
  readonly isPoolTold: boolean
  readonly path: string | undefined
}

function assess(reading: Reading, asked: Asked): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const { group, pool, path } = asked
  const found = pool === undefined ? undefined : readPool(reading.stdout)
  const space = path === undefined ? undefined : readSpace(reading.stdout, path)
  const parts = [
    ...(pool === undefined || !asked.isPoolTold ? [] : [assessPool(found, `${group}/${pool}`)]),
    ...(path === undefined ? [] : [assessSpace(space, path)]),
  ]
  const worst = parts.find(({ healthy }) => !healthy) ?? parts.at(-1) ?? unmounted
  return {
    ...{ healthy: worst.healthy, reason: worst.reason, message: worst.message },
    alarms: parts.flatMap(({ alarms }) => alarms),
    unread: parts.flatMap(({ unread }) => unread),
    samples: [
      ...readGroup(reading.stdout, group),
      ...(found === undefined || pool === undefined ? [] : poolSamples(found, pool)),
      ...(space === undefined ? [] : samplesOf(space)),
    ],
  }
}

const unmounted: Part = { healthy: true, reason: 'NotMounted', message: 'nothing is mounted by this manifest', alarms: [], unread: [] }
