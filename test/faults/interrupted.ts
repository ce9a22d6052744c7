import { describe, expect, test } from 'vitest'
import type { ControllerProcess } from './controller.ts'
import type { Files } from './fleet.ts'
import { firewallManifest, hypervisorManifest, proxyManifest, volumeManifest } from './fleet.ts'
import { expectSame, type Footprint, rules } from './host.ts'
import { atInstant, fromInstant, type Instant, isLong, seed, strikes } from './instants.ts'
import { expectMailsEnded } from './mails.ts'
import { recorded } from './recorded.ts'
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

function passedBytes({ way }: World): number {
  return way.passedBytes.toTarget + way.passedBytes.fromTarget
}

const never = new Promise<never>(() => {})

export function interruptions(use: () => World, before: () => Footprint): void {
  /** Commits, and does the fault when the apply on the host is as far as that. */
  async function strike(world: World, controller: ControllerProcess, instant: Instant, fault: () => unknown): Promise<void> {
    const end = world.commit(changeOf(world)).then(() => world.converged(controller).catch(() => {}))
    const struck = await atInstant(world.machine, fromInstant(instant), end)
    await fault()
    expect(struck, 'the apply was over before it could be struck').not.toBe(undefined)
  }

  /** All is as after an apply that nothing disturbed, and everybody who was told of trouble was told of its end. */
  async function expectChanged(world: World, old: string): Promise<void> {
    await expectSame(world.machine, changed(before()))
    const now = await rules(world.machine)
    expect(now.split('\n').filter((line) => line.includes('8081'))).toHaveLength(1)
    expect(now.replace(/.*8081.*\n/, '')).toBe(old)
    expect(await served(world)).toContain('Changed')
    await expectMailsEnded(world)
  }

  describe(`an apply that is interrupted (seed ${seed})`, () => {
    test.each(strikes('kill', 24))('kill -9 of the controller when $name: the next one ends it', async (instant) => {
      const world = use()
      await recorded(
        { class: 'kill -9 of the controller at a random instant', what: instant.name, host: 'emulated' },
        world.mails,
        async () => {
          const old = await rules(world.machine)
          const first = await world.ready()
          await strike(world, first, instant, () => first.kill())
          const second = await world.start()
          await world.converged(second)
          await expectChanged(world, old)
        },
      )
    })

    test('kill -9 inside a confirm window: the host goes back by itself, the next controller confirms', async () => {
      const world = use()
      await recorded(
        { class: 'kill -9 of the controller at a random instant', what: 'inside a confirm window', host: 'emulated' },
        world.mails,
        async () => {
          const old = await rules(world.machine)
          const first = await world.ready()
          world.way.setMode({ kind: 'refuse' })
          await world.commit(changeOf(world))
          await atInstant(world.machine, (progress) => progress.includes('=awaiting'), never)
          expect(await rules(world.machine)).toContain('8081')
          await first.kill()
          world.way.setMode({ kind: 'pass' })
          const second = await world.start()
          await world.converged(second)
          await expectChanged(world, old)
        },
      )
    })

    test.each(strikes('power', 24))('power-off of the host when $name: it recovers and converges', async (instant) => {
      const world = use()
      await recorded(
        { class: 'power-off of the host in the middle of an apply', what: instant.name, host: 'emulated' },
        world.mails,
        async () => {
          const old = await rules(world.machine)
          const controller = await world.ready()
          await strike(world, controller, instant, () => world.machine.powerCycle())
          await world.converged(controller)
          await expectChanged(world, old)
        },
      )
    })

    test('power-off inside a confirm window: the firewall of before is there on boot, and then Git wins', async () => {
      const world = use()
      await recorded(
        { class: 'power-off of the host in the middle of an apply', what: 'inside a confirm window', host: 'emulated' },
        world.mails,
        async () => {
          const { machine, way } = world
          const old = await rules(machine)
          const controller = await world.ready()
          way.setMode({ kind: 'refuse' })
          await world.commit(changeOf(world))
          await atInstant(machine, (progress) => progress.includes('=awaiting'), never)
          expect(await rules(machine)).toContain('8081')
          await machine.powerCycle()
          expect(await rules(machine)).toBe(old)
          way.setMode({ kind: 'pass' })
          await world.converged(controller)
          await expectChanged(world, old)
        },
      )
    })

    test.each(strikes('line', 12))('the connection cut when $name: nothing is done twice', async (instant) => {
      const world = use()
      await recorded({ class: 'TCP: the line is cut once', what: instant.name, host: 'emulated' }, world.mails, async () => {
        const old = await rules(world.machine)
        const controller = await world.ready()
        await strike(world, controller, instant, () => world.way.cut())
        await world.converged(controller)
        await expectChanged(world, old)
      })
    })

    // A connection that swallows everything is given up after 45 seconds.
    test.each(isLong ? [[10, 100, 1000, 3000, 5000, 7000, 9000]] : [])(
      'a black hole in the middle of an apply, and cuts in the middle of observations',
      async (...sizes) => {
        const world = use()
        await recorded(
          { class: 'TCP: the line is a black hole', what: 'in the middle of an apply, and cuts in the middle of looks', host: 'emulated' },
          world.mails,
          async () => {
            const old = await rules(world.machine)
            const controller = await world.ready()
            await world.commit(changeOf(world))
            await atInstant(world.machine, (progress) => progress.includes(' 1=begun'), never)
            world.way.setMode({ kind: 'blackhole' })
            await world.until(controller, 'down', (host) => host.isUp === false)
            for (const bytes of sizes) {
              const passed = passedBytes(world)
              world.way.setMode({ kind: 'cutAfter', bytes })
              await world.until(controller, `a cut after ${bytes} bytes`, () => passedBytes(world) >= passed + bytes)
            }
            world.way.setMode({ kind: 'pass' })
            await world.converged(controller)
            await expectChanged(world, old)
          },
        )
      },
    )
  })
}
