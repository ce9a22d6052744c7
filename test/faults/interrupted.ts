import { describe, expect, test } from 'vitest'
import type { Files } from './fleet.ts'
import { firewallManifest, hypervisorManifest, proxyManifest, volumeManifest } from './fleet.ts'
import { expectSame, type Footprint, rules } from './host.ts'
import { atInstant } from './instants.ts'
import type { World } from './world.ts'

const openPort = '{name: extra, chain: input, protocol: tcp, ports: [8081], action: accept}'

/** A commit that moves everything at once: a file, a new volume, the firewall, what nginx in the container says. */
export function changeOf({ place }: World): Files {
  return {
    'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }),
    'logs.yaml': volumeManifest('logs', '32Mi'),
    'firewall.yaml': firewallManifest({ rule: openPort }),
    'edge.yaml': proxyManifest('Changed'),
  }
}

/** What `changeOf` makes of a host: one more volume, and another note; nothing else comes or goes. */
function changed(before: Footprint): Footprint {
  const volume = ['filesystem:/dev/vg_data/logs', 'logicalVolume:vg_data/logs', 'mount:/srv/logs'].map((id) => `he1 ${id} done`)
  const line = lines(before.fstab).find((one) => one.includes('/srv/data')) ?? ''
  return {
    ...before,
    note: 'Changed\n',
    ledger: [...before.ledger, ...volume].sort(),
    volumes: sorted([...lines(before.volumes), '  logs  32.00m']),
    fstab: sorted([...lines(before.fstab), line.replaceAll('data', 'logs').replace('vg_logs', 'vg_data')]),
  }
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')
const sorted = (all: readonly string[]): string => `${[...all].sort().join('\n')}\n`

export async function served(world: World): Promise<string> {
  return (
    await world.machine.must(
      'curl -s -m 5 http://192.168.100.10/ || perl -MIO::Socket::INET -e \'$s=IO::Socket::INET->new("192.168.100.10:80") or die; print $s "GET / HTTP/1.0\\r\\n\\r\\n"; print <$s>\'',
    )
  ).trim()
}

export function interruptions(use: () => World, before: () => Footprint): void {
  const mailsOf = (world: World) => world.subjects()

  describe('an apply that is interrupted', () => {
    const after = (): Footprint => changed(before())

    test('kill -9 inside a confirm window: the host goes back by itself, the next controller confirms', async () => {
      const world = use()
      const first = await world.ready()
      world.way.setMode({ kind: 'refuse' })
      await world.commit(changeOf(world))
      await atInstant(world.machine, (state) => state.includes('awaiting'), new Promise(() => {}))
      expect(await rules(world.machine)).toContain('8081')
      await first.kill()
      world.way.setMode({ kind: 'pass' })
      const second = await world.start()
      await world.converged(second)
      await expectSame(world.machine, after())
      expect(mailsOf(world)).toEqual([])
    })
  })
}
