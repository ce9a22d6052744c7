import { describe, expect, test } from 'vitest'
import { containerManifest, firewallManifest, hypervisorManifest, volumeManifest } from './fleet.ts'
import { expectSame, type Footprint, footprint, rules } from './host.ts'
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
      await world.commit({ 'firewall.yaml': firewallManifest({ ...place, rule: openPort }) })
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

    test('whose dpkg somebody else holds waits with the package alone, and installs it when dpkg is free', async () => {
      const world = use()
      const { machine, place } = world
      await machine.must(localPackage)
      const controller = await world.ready()
      await machine.must(holdDpkg)
      const system = '    packages: [reeve-test]\n'
      await world.commit({ 'he1.yaml': hypervisorManifest({ ...place, note: 'Changed', system }) })
      await world.until(controller, 'being made', ({ message }) => message.includes('package:reeve-test'))
      await world.until(controller, 'the rest', ({ message }) => message.includes('being made'))
      expect(await machine.must('cat /etc/fleet-note; dpkg -l reeve-test 2>/dev/null | grep -c ^ii || true')).toBe('Changed\n0\n')
      await machine.must('kill "$(cat /root/holder)"')
      await world.converged(controller)
      expect(await machine.must('dpkg -l reeve-test | grep -c ^ii')).toBe('1\n')
      const found = await footprint(machine)
      expect(found.ledger.filter((line) => line.includes('package:')).length).toBe(
        1 + before().ledger.filter((line) => line.includes('package:')).length,
      )
      expect(world.subjects()).toEqual([])
    })
  })
}

/** A package source without a network. */
const localPackage = `mkdir -p /root/repo/p/DEBIAN && cd /root/repo
printf 'Package: reeve-test\\nVersion: 1\\nArchitecture: all\\nMaintainer: Ada <ada@example.org>\\nDescription: nothing\\n' >p/DEBIAN/control
dpkg-deb --build p reeve-test.deb >/dev/null
{ cat p/DEBIAN/control; echo 'Filename: ./reeve-test.deb'; echo "Size: $(stat -c %s reeve-test.deb)"; echo "SHA256: $(sha256sum reeve-test.deb | cut -d' ' -f1)"; } >Packages
rm -rf /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/root/repo ./' >/etc/apt/sources.list`

/** Locks as dpkg takes them: fcntl(2) with the struct flock of amd64. */
const holdDpkg = `cat >/root/hold.pl <<'EOT'
for $file ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock") { open($f, "+>>", $file) or die; push @f, $f; fcntl($f, 6, pack("s s x4 q q i x4", 1, 0, 0, 0, 0)) or die }
sleep 600
EOT
setsid perl /root/hold.pl </dev/null >/dev/null 2>&1 & echo $! >/root/holder; sleep 0.5; kill -0 "$(cat /root/holder)"`
