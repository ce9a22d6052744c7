import { describe, expect, test } from 'vitest'
import { longTest } from '../longTest.ts'
import type { Files } from './fleet.ts'
import { hypervisorManifest, proxyManifest } from './fleet.ts'
import { expectSame, type Footprint, footprint } from './host.ts'
import { isLong } from './instants.ts'
import { changeOf } from './interrupted.ts'
import { recorded } from './recorded.ts'
import type { World } from './world.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const ledger = '/var/lib/reeve/ledger'
const rewrittenMails = ['[reeve] commits refused: the branch was rewritten', '[reeve] resolved: commits refused: the branch was rewritten']
const gitMails = ['[reeve] Git cannot be read', '[reeve] resolved: Git cannot be read']
const emptiedMails = ['[reeve] commits refused: no manifest is left', '[reeve] resolved: commits refused: no manifest is left']

/** Two of what should be one, and memory that was lost: on the host, in the ledger, in Git. */
export function doubles(use: () => World, before: () => Footprint): void {
  describe('two at once', () => {
    // Natively: test/engine/writers.test.ts.
    longTest('two controllers of one fleet never write together, and both end with nothing to do', async () => {
      const world = use()
      await recorded({ class: 'two controllers at once', what: 'of one fleet', host: 'emulated' }, world.mails, async () => {
        const { machine } = world
        const [one, two] = [await world.start('one'), await world.start('two')]
        await Promise.all([world.converged(one), world.converged(two)])
        await world.commit(changeOf(world))
        await Promise.all([world.converged(one), world.converged(two)])
        const after = await footprint(machine)
        expect(after.note).toBe('Changed\n')
        expect(after.journals).toBe('')
        expect(after.marker).toBe('precious\n')
        expect(after.ledger.filter((entry) => !entry.endsWith(' done'))).toEqual([])
        // One may look while the other writes: what it saw half made it keeps to itself.
        expect(world.subjects()).toEqual([])
      })
    })

    test('a second fleet is refused by the host, and says so once', async () => {
      const world = use()
      await recorded({ class: 'two controllers at once', what: 'of two fleets', host: 'emulated' }, world.mails, async () => {
        const foreign = await world.start('two', 'foreign')
        const host = await world.until(foreign, 'refused', ({ message }) => message.includes('fleet'))
        expect(host.message).toContain('belongs to fleet faults, not to foreign')
        await pause(6_000)
        await expectSame(world.machine, before())
        expect(world.subjects()).toEqual(['[reeve] he1: refused: not ours as it stands'])
      })
    })
  })

  describe('a ledger', () => {
    test('that was lost is made again; nothing is removed', async () => {
      const world = use()
      await recorded({ class: 'ledger lost or damaged', what: 'lost', host: 'emulated' }, world.mails, async () => {
        const controller = await world.ready()
        await world.machine.must(`rm ${ledger}`)
        await world.converged(controller)
        await expectSame(world.machine, before())
        expect(world.subjects()).toEqual([])
      })
    })

    test.each(isLong ? [1, 20, 400] : [])('that lost its last %i bytes is read as far as it goes, and completed', async (bytes) => {
      const world = use()
      await recorded({ class: 'ledger lost or damaged', what: `its last ${bytes} bytes`, host: 'emulated' }, world.mails, async () => {
        await world.machine.must(`truncate -s -${bytes} ${ledger}`)
        const controller = await world.ready()
        await world.commit({ 'he1.yaml': hypervisorManifest({ ...world.place, note: 'Changed' }) })
        await world.converged(controller)
        await expectSame(world.machine, before(), { note: 'Changed\n' })
        expect(world.subjects()).toEqual([])
      })
    })

    longTest('restored from an old copy takes nothing for its own that a user made since', async () => {
      const world = use()
      await recorded({ class: 'ledger lost or damaged', what: 'an old copy', host: 'emulated' }, world.mails, async () => {
        const { machine, place } = world
        const controller = await world.start()
        const extra = '      - {path: /etc/fleet-extra, content: "Of the fleet\\n"}\n'
        await world.commit({ 'he1.yaml': hypervisorManifest({ ...place, system: extra }) })
        await world.converged(controller)
        await machine.must(`cp -p ${ledger} /root/ledger.old`)
        await world.commit({ 'he1.yaml': hypervisorManifest(place) })
        await world.converged(controller)
        expect(await machine.must('ls /etc/fleet-extra 2>&1 || true')).toContain('No such file')
        await machine.must(`echo 'of a user' >/etc/fleet-extra; cp -p /root/ledger.old ${ledger}`)
        await world.until(
          controller,
          'seen',
          ({ lastCycleSeconds }) => lastCycleSeconds !== null && lastCycleSeconds > Date.now() / 1000 - 1,
        )
        await pause(4_000)
        expect(await machine.must('cat /etc/fleet-extra')).toBe('of a user\n')
        await world.commit({ 'edge.yaml': proxyManifest('Changed') })
        await world.converged(controller)
        expect(await machine.must('cat /etc/fleet-extra')).toBe('of a user\n')
      })
    })
  })

  describe('Git', () => {
    test('emptied: nothing is removed, drift is still corrected, a mail says why, and it goes on when the manifests are back', async () => {
      const world = use()
      await recorded({ class: 'Git emptied', what: 'all manifests are gone by a commit', host: 'emulated' }, world.mails, async () => {
        const controller = await world.ready()
        const all = ['he1', 'volume', 'firewall', 'web', 'edge'].map((name) => `${name}.yaml`)
        const kept = Object.fromEntries(await Promise.all(all.map(async (name) => [name, await world.repository.read(name)] as const)))
        await world.commit(Object.fromEntries(all.map((name) => [name, null])) as Files)
        await world.catcher.waitFor((mail) => mail.headers['subject'] === emptiedMails[0], 60_000)
        await world.machine.must('rm /etc/fleet-note')
        await world.catcher.waitFor((mail) => mail.headers['subject']?.includes('drift corrected') === true, 90_000)
        await expectSame(world.machine, before())
        await world.commit({ ...kept, 'he1.yaml': hypervisorManifest({ ...world.place, note: 'Changed' }) })
        await world.converged(controller)
        await expectSame(world.machine, before(), { note: 'Changed\n' })
        expect(world.subjects().filter((subject) => subject.includes('commits refused'))).toEqual(emptiedMails)
      })
    })

    longTest(
      'rewritten: nothing of it is applied, drift is still corrected, a mail says why, and a return to the old history ends it',
      async () => {
        const world = use()
        await recorded({ class: 'Git rewritten', what: 'a branch without its history', host: 'emulated' }, world.mails, async () => {
          const controller = await world.ready()
          const base = await world.repository.head()
          await world.repository.replaceHistory({ 'he1.yaml': hypervisorManifest({ ...world.place, note: 'Changed' }) })
          await world.catcher.waitFor((mail) => mail.headers['subject'] === rewrittenMails[0], 60_000)
          await world.machine.must('rm /etc/fleet-note')
          await world.catcher.waitFor((mail) => mail.headers['subject']?.includes('drift corrected') === true, 90_000)
          await expectSame(world.machine, before())
          await world.repository.reset(base)
          await world.until(controller, 'the old history', (_, { commit, refused }) => commit?.hash === base && refused === null)
          await world.commit({ 'edge.yaml': proxyManifest('Changed') })
          await world.converged(controller)
          await expectSame(world.machine, before())
          expect(world.subjects().filter((subject) => subject.includes('commits refused'))).toEqual(rewrittenMails)
        })
      },
    )

    test('unreachable: the host stays as it is, drift is still corrected, and the next commit comes through', async () => {
      const world = use()
      await recorded({ class: 'Git gone', what: 'its folder is away', host: 'emulated' }, world.mails, async () => {
        const controller = await world.ready()
        await world.repository.hide()
        await world.catcher.waitFor((mail) => mail.headers['subject'] === gitMails[0], 90_000)
        await world.machine.must('rm /etc/fleet-note')
        await world.catcher.waitFor((mail) => mail.headers['subject']?.includes('drift corrected') === true, 90_000)
        await world.repository.show()
        await world.commit({ 'he1.yaml': hypervisorManifest({ ...world.place, note: 'Changed' }) })
        await world.converged(controller)
        await expectSame(world.machine, before(), { note: 'Changed\n' })
        expect(world.subjects().filter((subject) => subject.includes('Git'))).toEqual(gitMails)
      })
    })
  })
}
