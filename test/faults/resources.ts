import { describe, expect, test } from 'vitest'
import { containerManifest, firewallManifest, hypervisorManifest, volumeManifest } from './fleet.ts'
import { expectSame, type Footprint, rules } from './host.ts'
import type { World } from './world.ts'

const openPort = '{name: extra, chain: input, protocol: tcp, ports: [8081], action: accept}'

/** What a host runs out of, and what takes long. */
export function resources(use: () => World, before: () => Footprint): void {
  describe('a host', () => {
    test('with a full volume group refuses the volume with numbers, and the rest converges', async () => {
      const world = use()
      const { machine, place } = world
      const controller = await world.ready()
      await world.commit({ 'big.yaml': volumeManifest('big', '8Gi'), 'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }) })
      const host = await world.until(controller, 'refused', ({ message }) => message.includes('vg_data'))
      expect(host.message).toMatch(/has \S+ GiB free, 8 GiB needed/)
      await expectSame(machine, before(), { note: 'Changed\n' })
      await world.commit({ 'big.yaml': null })
      await world.converged(controller)
      await expectSame(machine, before(), { note: 'Changed\n' })
      expect(world.subjects()).toEqual([expect.stringContaining('Volume/big'), expect.stringMatching(/^\[reeve\] resolved: .*Volume\/big/)])
      expect(world.mails()[0]?.body).toMatch(/At:\s+big\.yaml:1:1/)
      expect(world.mails()[0]?.body).toMatch(/GiB\s+free,\s+8\s+GiB/)
    })

    test('that makes a container takes a firewall meanwhile', async () => {
      const world = use()
      const { machine, place } = world
      const controller = await world.ready()
      await world.commit({ 'two.yaml': containerManifest('two', 11, place.archive) })
      await world.until(controller, 'being made', ({ message }) => message.includes('lxcContainer:two') && message.includes('being made'))
      await world.commit({ 'firewall.yaml': firewallManifest({ rule: openPort }) })
      await world.until(controller, 'the firewall', () => true)
      while (!(await rules(machine)).includes('8081')) await new Promise((resolve) => setTimeout(resolve, 100))
      expect((await controller.status())?.hypervisors[0]?.message).toContain('lxcContainer:two')
      expect(await machine.must('lxc-ls -1 --running')).toBe('web\n')
      await world.converged(controller)
      expect(await machine.must('lxc-ls -1 --running')).toBe('two\nweb\n')
      expect(world.subjects()).toEqual([])
    })

    test.each([
      {
        what: 'with a full disk',
        cause:
          'fallocate -l $(($(stat -f -c %f /var) * $(stat -f -c %S /var) - 4194304)) /var/fill; head -c 64M /dev/zero >/var/fill.rest 2>/dev/null || true',
        cure: 'rm /var/fill*',
        says: /No space left|disk is full/,
      },
    ])('$what says so, in one mail, and goes on when that is over', async ({ cause, cure, says }) => {
      const world = use()
      const { machine, place } = world
      const controller = await world.ready()
      await machine.must(cause, { timeoutMs: 240_000 })
      await world.commit({ 'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }) })
      const host = await world.until(controller, 'the reason', ({ message }) => says.test(message))
      expect(host.message).toMatch(says)
      await world.catcher.waitFor((mail) => says.test(mail.body), 20_000)
      await machine.must(cure)
      await world.converged(controller)
      await expectSame(machine, before(), { note: 'Changed\n' })
      expect(world.subjects()).toHaveLength(2)
      expect(world.subjects()[1]).toBe(world.subjects()[0]?.replace('[reeve] ', '[reeve] resolved: '))
    })
  })
}
