import { describe, expect, test } from 'vitest'
import type { Files } from './fleet.ts'
import { firewallManifest, hypervisorManifest, proxyManifest, volumeManifest } from './fleet.ts'
import { expectSame, type Footprint, rules } from './host.ts'
import { atInstant, isLong, seed, seeded } from './instants.ts'
import type { World } from './world.ts'

const openPort = '{name: extra, chain: input, protocol: tcp, ports: [8081], action: accept}'

/** A commit that moves everything at once: a file, a new volume, the firewall, what nginx in the container says. */
export function changeOf({ place }: World): Files {
  return {
    'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }),
    'logs.yaml': volumeManifest('logs', '32Mi'),
    'firewall.yaml': firewallManifest({ ...place, rule: openPort }),
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

const unreachable = ['[reeve] he1: unreachable', '[reeve] resolved: he1: unreachable']

export function interruptions(use: () => World, before: () => Footprint): void {
  const random = seeded(seed)
  const instants = Array.from({ length: isLong ? 40 : 1 }, () => 1 + Math.floor(random() * 24))
  const mailsOf = (world: World) => world.subjects()

  describe(`an apply that is interrupted (seed ${seed})`, () => {
    const after = (): Footprint => changed(before())

    test.each(instants)('kill -9 of the controller at change %i of the journal: the next one ends it', async (nth) => {
      const world = use()
      const first = await world.ready()
      const end = world.commit(changeOf(world)).then(() => world.converged(first).catch(() => {}))
      console.log(`killed at: ${await atInstant(world.machine, (_, at) => at >= nth, end)}`)
      await first.kill()
      const second = await world.start()
      await world.converged(second)
      await expectSame(world.machine, after())
      expect(mailsOf(world)).toEqual([])
    })

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

    test.each(instants.slice(0, isLong ? 12 : 1))(
      'power-off of the host at change %i of the journal: it recovers and converges',
      async (nth) => {
        const world = use()
        const controller = await world.ready()
        let isCut = false
        const end = world
          .commit(changeOf(world))
          .then(() => world.converged(controller).catch(() => {}))
          .then(() => isCut)
        console.log(`power cut at: ${await atInstant(world.machine, (_, at) => at >= nth, end)}`)
        isCut = true
        await world.machine.powerCycle()
        await world.converged(controller)
        await expectSame(world.machine, after())
        expect([[], unreachable]).toContainEqual(mailsOf(world))
      },
    )

    test('power-off inside a confirm window: the firewall of before is there on boot, and then Git wins', async () => {
      const world = use()
      const controller = await world.ready()
      const old = await rules(world.machine)
      world.way.setMode({ kind: 'refuse' })
      await world.commit(changeOf(world))
      await atInstant(world.machine, (state) => state.includes('awaiting'), new Promise(() => {}))
      expect(await rules(world.machine)).not.toBe(old)
      await world.machine.powerCycle()
      expect(await rules(world.machine)).toBe(old)
      world.way.setMode({ kind: 'pass' })
      await world.converged(controller)
      await expectSame(world.machine, after())
      expect([[], unreachable]).toContainEqual(mailsOf(world))
    })

    test.each(isLong ? instants.slice(0, 12) : [])('the connection cut at change %i of the journal: nothing is done twice', async (nth) => {
      const world = use()
      const controller = await world.ready()
      const end = world.commit(changeOf(world)).then(() => world.converged(controller).catch(() => {}))
      console.log(`cut at: ${await atInstant(world.machine, (_, at) => at >= nth, end)}`)
      world.way.cut()
      await world.converged(controller)
      await expectSame(world.machine, after())
      expect(mailsOf(world)).toEqual([])
    })

    test('a black hole in the middle of an apply, and cuts in the middle of observations', async () => {
      const world = use()
      const controller = await world.ready()
      await world.commit(changeOf(world))
      await atInstant(world.machine, (_, at) => at >= 4, new Promise(() => {}))
      world.way.setMode({ kind: 'blackhole' })
      await world.until(controller, 'down', (host) => host.isUp === false)
      for (const bytes of [100, 5_000, 9_000]) {
        world.way.setMode({ kind: 'cutAfter', bytes })
        await controller.kick()
        await new Promise((resolve) => setTimeout(resolve, 1500))
      }
      world.way.setMode({ kind: 'pass' })
      await world.converged(controller)
      await expectSame(world.machine, after())
      expect([[], unreachable]).toContainEqual(mailsOf(world))
    })
  })
}
