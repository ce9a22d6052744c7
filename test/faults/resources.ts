import { describe, expect, test } from 'vitest'
import { longTest } from '../longTest.ts'
import { containerManifest, firewallManifest, hypervisorManifest, volumeManifest } from './fleet.ts'
import { expectSame, type Footprint, footprint, rules } from './host.ts'
import { expectMailsEnded } from './mails.ts'
import { recorded } from './recorded.ts'
import type { World } from './world.ts'

const openPort = '{name: extra, chain: input, protocol: tcp, ports: [8081], action: accept}'

/** What a host runs out of, and what takes long. */
export function resources(use: () => World, before: () => Footprint): void {
  describe('a host', () => {
    test('with a full volume group refuses the volume with numbers, and the rest converges', async () => {
      const world = use()
      await recorded({ class: 'disk full', what: 'the volume group', host: 'emulated' }, world.mails, async () => {
        const { machine, place } = world
        const controller = await world.ready()
        await world.commit({ 'big.yaml': volumeManifest('big', '8Gi'), 'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }) })
        const host = await world.until(controller, 'refused', ({ message }) => message.includes('vg_data'))
        expect(host.message).toMatch(/has \S+ GiB free, 8 GiB needed/)
        await expectSame(machine, before(), { note: 'Changed\n' })
        await world.commit({ 'big.yaml': null })
        await world.converged(controller)
        await expectSame(machine, before(), { note: 'Changed\n' })
        expect(world.subjects()).toEqual([
          expect.stringContaining('Volume/big'),
          expect.stringMatching(/^\[reeve\] resolved: .*Volume\/big/),
        ])
        expect(world.mails()[0]?.body).toMatch(/At:\s+big\.yaml:1:1/)
        expect(world.mails()[0]?.body).toMatch(/GiB\s+free,\s+8\s+GiB/)
      })
    })

    longTest('that makes a container takes a firewall meanwhile', async () => {
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
      await recorded({ class: 'disk full', what: '/var, before the apply', host: 'emulated' }, world.mails, async () => {
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

    test('whose filesystems the kernel made read-only says so once for each cause, and goes on when that is over', async () => {
      const world = use()
      await recorded({ class: 'read-only', what: 'all, by the kernel', host: 'emulated' }, world.mails, async () => {
        const { machine, place } = world
        const controller = await world.ready()
        await machine.must('sync; echo u >/proc/sysrq-trigger; until grep -q " / ext4 ro" /proc/mounts; do sleep 0.1; done')
        await world.commit({ 'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }) })
        await world.until(controller, 'the reason', ({ message }) => message.includes('Read-only file system'))
        await world.catcher.waitFor((mail) => mail.body.includes('Read-only file system'), 20_000)
        await machine.must('for at in $(findmnt -rn -t ext4 -o TARGET); do mount -o remount,rw "$at"; done')
        await world.converged(controller)
        await expectSame(machine, before(), { note: 'Changed\n' })
        await expectMailsEnded(world)
        const causes = ['he1: reconcile failed: the whole host', 'he1: refused: Volume/data']
        for (const subject of world.subjects()) expect(causes).toContain(subject.replace(/^\[reeve\] (resolved: )?/, ''))
      })
    })

    longTest('whose dpkg somebody else holds waits with the package alone, and installs it when dpkg is free', async () => {
      const world = use()
      await recorded(
        { class: 'dpkg lock', what: 'held by somebody else while a package is wanted', host: 'emulated' },
        world.mails,
        async () => {
          const { machine, place } = world
          await machine.must(localPackage)
          const controller = await world.ready()
          await machine.must(holdDpkg)
          const system = '    packages: [reeve-test]\n'
          await world.commit({
            'he1.yaml': hypervisorManifest({ ...place, system }),
            'firewall.yaml': firewallManifest({ ...place, rule: openPort }),
          })
          await expect.poll(() => rules(machine), { timeout: 60_000 }).toContain('8081')
          await world.until(controller, 'being made', ({ message }) => /being made: .*package:reeve-test/.test(message))
          expect(await machine.must('dpkg -l reeve-test 2>/dev/null | grep -c ^ii || true')).toBe('0\n')
          await machine.must('kill "$(cat /root/holder)"')
          await world.converged(controller)
          expect(await machine.must('dpkg -l reeve-test | grep -c ^ii')).toBe('1\n')
          const found = await footprint(machine)
          expect(found.ledger.filter((line) => line.includes('package:')).length).toBe(
            1 + before().ledger.filter((line) => line.includes('package:')).length,
          )
          expect(world.subjects()).toEqual([])
        },
      )
    })
  })
}

/** A package source without a network. */
export const localPackage = `mkdir -p /root/repo/p/DEBIAN && cd /root/repo
printf 'Package: reeve-test\\nVersion: 1\\nArchitecture: all\\nMaintainer: Ada <ada@example.org>\\nDescription: nothing\\n' >p/DEBIAN/control
dpkg-deb --build p reeve-test.deb >/dev/null
{ cat p/DEBIAN/control; echo 'Filename: ./reeve-test.deb'; echo "Size: $(stat -c %s reeve-test.deb)"; echo "SHA256: $(sha256sum reeve-test.deb | cut -d' ' -f1)"; } >Packages
rm -rf /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/root/repo ./' >/etc/apt/sources.list`

/** Locks as dpkg takes them: fcntl(2) with the struct flock of amd64. */
export const holdDpkg = `cat >/root/hold.pl <<'EOT'
for $file ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock") { open(my $f, "+>>", $file) or die; push @f, $f; my $lock = pack("s s x4 q q i x4", 1, 0, 0, 0, 0); fcntl($f, 6, $lock) or die }
open(my $held, ">", "/root/held") or die;
sleep 600
EOT
setsid perl /root/hold.pl </dev/null >/dev/null 2>&1 & echo $! >/root/holder
until [ -e /root/held ]; do kill -0 "$(cat /root/holder)" || exit 1; sleep 0.1; done`
