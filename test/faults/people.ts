import { describe, expect, test } from 'vitest'
import { longTest } from '../longTest.ts'
import { firewallManifest, hypervisorManifest, proxyManifest } from './fleet.ts'
import { expectSame, type Footprint, rules } from './host.ts'
import { served } from './interrupted.ts'
import type { World } from './world.ts'

/** What people do to a host, to its firewall and to Reeve itself. */
export function people(use: () => World, before: () => Footprint): void {
  describe('people', () => {
    test('a firewall that locks Reeve out is undone by the host itself, told once, and the rest goes on', async () => {
      const world = use()
      const { machine, place } = world
      const old = await rules(machine)
      const controller = await world.ready()
      const lockOut = '{name: block, chain: input, protocol: tcp, ports: [22], action: drop}'
      await world.commit({
        'firewall.yaml': firewallManifest({ rule: lockOut, spec: '  unsafeAllowLockout: true\n' }),
        'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }),
      })
      await world.until(
        controller,
        'failed',
        (host) => host.lastResult === 'failed' && host.message.includes('confirmed over a new connection'),
      )
      expect(await rules(machine)).toBe(old)
      await world.catcher.waitFor((mail) => (mail.headers['subject'] ?? '').includes('reconcile failed: Firewall/main'), 10_000)
      expect(await machine.must('cat /etc/fleet-note')).toBe('Changed\n')
      await world.commit({ 'firewall.yaml': firewallManifest() })
      await world.converged(controller)
      await expectSame(machine, before(), { note: 'Changed\n' })
      expect(world.subjects()).toEqual([
        '[reeve] he1: reconcile failed: Firewall/main',
        '[reeve] resolved: he1: reconcile failed: Firewall/main',
      ])
    })

    test('drift by a person is named with its diff and who was logged in, corrected, mailed once and counted', async () => {
      const world = use()
      const { machine } = world
      const old = await rules(machine)
      const controller = await world.ready()
      await machine.must(
        "echo 'by hand' >/etc/fleet-note; nft insert rule inet $(nft list tables | awk '/reeve/ {print $3; exit}') input tcp dport 2323 accept",
      )
      // One mail or two: as one look found both, or two.
      const told = () =>
        world
          .mails()
          .map((mail) => mail.body.replace(/=\r?\n/g, ''))
          .join('\n')
      await world.until(controller, 'mails of both', () => told().includes('/etc/fleet-note') && told().includes('nftTable:'))
      await world.converged(controller)
      await expectSame(machine, before())
      expect(await rules(machine)).toBe(old)
      for (const subject of world.subjects()) expect(subject).toMatch(/^\[reeve\] he1: drift(: 2 causes| corrected: )/)
      expect(told().match(/^-by hand$/gm)).toHaveLength(1)
      for (const part of ['+Kept by Reeve', '2323']) expect(told()).toContain(part)
      expect(told()).toMatch(/Logged in:\s+root from 10\.0\.2\.2/)
      expect(await controller.metrics()).toMatch(/reeve_drift_corrected_total\{[^}]*kind="Hypervisor"[^}]*\} 1/)
    })

    // Natively: test/loop/bisect.lab.test.ts.
    longTest("a user's broken nginx file is named as his, keeps the change back, and only that, until he repairs it", async () => {
      const world = use()
      const { machine, place } = world
      const controller = await world.ready()
      const broken = '/etc/nginx/conf.d/mine.conf'
      await machine.must(`lxc-attach -n web -- sh -c 'echo "servr {" >${broken}'`)
      await world.commit({ 'edge.yaml': proxyManifest('Changed'), 'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }) })
      const host = await world.until(
        controller,
        'held back',
        ({ message, lastResult }) => message.includes(broken) && lastResult !== 'noop',
      )
      expect(host.message).toContain('mine.conf')
      await world.until(controller, 'a mail', () => world.mails().length > 0)
      expect(await served(world)).toContain('Hello from Reeve')
      await machine.must(`lxc-attach -n web -- rm ${broken}`)
      await world.converged(controller)
      expect(await served(world)).toContain('Changed')
      await expectSame(machine, before(), { note: 'Changed\n' })
      expect(world.subjects()).toEqual([expect.stringContaining('Proxy/edge'), expect.stringMatching(/^\[reeve\] resolved: .*Proxy\/edge/)])
      expect(world.mails()[0]?.body).toContain('mine.conf')
    })

    test('a hold at the console stops every change, and nothing else', async () => {
      const world = use()
      const { machine, place } = world
      const controller = await world.ready()
      await machine.must("mkdir -p /etc/reeve && echo 'reason: I am repairing this' >/etc/reeve/hold")
      await world.commit({ 'he1.yaml': hypervisorManifest({ ...place, note: 'Changed' }) })
      const host = await world.until(controller, 'held', ({ lastResult }) => lastResult === 'held')
      expect(host.message).toContain('I am repairing this')
      await expectSame(machine, before())
      await machine.must('rm /etc/reeve/hold')
      await world.converged(controller)
      await expectSame(machine, before(), { note: 'Changed\n' })
    })
  })
}
