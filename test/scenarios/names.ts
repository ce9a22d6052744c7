import { describe, expect, test } from 'vitest'
import { machines, mailZone, type ZoneRecord, zone } from './fleet.ts'
import type { World } from './world.ts'

type Server = 'plpa' | 'plpb'

function ask(world: World, server: Server, name: string, type = 'A'): Promise<unknown> {
  return world.stranger.name(machines[server].outer, name, type)
}

let last = 90

/** Commits another address for www and waits until both have it: how many milliseconds that took, from the push on. */
async function edit(world: World): Promise<number> {
  const address = `203.0.113.${++last}`
  const sinceMs = performance.now()
  await world.commit({ 'example-com.yaml': mailZone(address) }, `www is ${address}`)
  await expect.poll(() => ask(world, 'plpb', 'www.example.com'), { timeout: 60_000, interval: 50 }).toEqual([address])
  const takenMs = Math.round(performance.now() - sinceMs)
  expect(await ask(world, 'plpa', 'www.example.com')).toEqual([address])
  return takenMs
}

async function serialOf(world: World, server: Server): Promise<number> {
  return ((await ask(world, server, 'example.com', 'SOA')) as { readonly serial: number }).serial
}

function org(www: string, more: readonly ZoneRecord[] = []): object {
  return zone('example.org', [{ name: 'www', type: 'A', values: [www] }, ...more])
}

/** A stranger asks both name servers. */
export function nameScenarios(use: () => World): void {
  describe('a zone', () => {
    test('that a commit edits is seen on the secondary', async () => {
      console.log(`from the push of a commit until the secondary answers with it: ${await edit(use())} ms`)
    })

    test('that BIND alone can refuse is held back by itself: one mail, its old records are served, the others go live', async () => {
      const world = use()
      world.alarms.clear()
      const before = await ask(world, 'plpa', 'www.example.org')
      const broken = org('203.0.113.99', [{ name: 'odd', type: 'TYPE18', values: ['00'] }])
      await world.commit({ 'example-org.yaml': broken, 'example-com.yaml': mailZone('203.0.113.193') }, 'One good, one broken')
      const subject = '[reeve] plpa: reconcile failed: Zone/example-org'
      const mail = await world.alarms.waitFor(({ headers }) => headers['subject'] === subject, 60_000)
      expect(mail.body.replace(/=\r?\n/g, '')).toContain('unexpected end of input')
      for (const server of ['plpa', 'plpb'] as const)
        await expect.poll(() => ask(world, server, 'www.example.com'), { timeout: 60_000 }).toEqual(['203.0.113.193'])
      expect([await ask(world, 'plpa', 'www.example.org'), await ask(world, 'plpb', 'www.example.org')]).toEqual([before, before])
      await expect.poll(() => world.conditionOf('Zone', 'example-org', 'Ready'), { timeout: 30_000 }).toMatchObject({ status: false })
      await expect.poll(() => world.conditionOf('Zone', 'example-com', 'Ready'), { timeout: 30_000 }).toMatchObject({ status: true })
      const mended = await world.commit({ 'example-org.yaml': org('203.0.113.194') }, 'Mended')
      await world.converged(mended)
      await expect.poll(() => ask(world, 'plpb', 'www.example.org'), { timeout: 60_000 }).toEqual(['203.0.113.194'])
      await expect.poll(() => world.subjects(), { timeout: 30_000 }).toEqual([subject, subject.replace('[reeve]', '[reeve] resolved:')])
    })
  })
}

/** What takes minutes, or a machine. */
export function longNameScenarios(use: () => World): void {
  describe('a primary', () => {
    test('is followed also the second time in a row, which BIND would not tell of for five seconds', async () => {
      const taken: number[] = []
      for (let times = 0; times < 4; times++) taken.push(await edit(use()))
      console.log(`from the push of each commit until the secondary answers with it: ${taken.join(', ')} ms`)
    })

    test('whose primary lost its disk comes back from Git with a serial after that of the secondary, which follows it', async () => {
      const world = use()
      const before = await serialOf(world, 'plpb')
      await world.hosts.plpa.reset()
      await world.plug('plpa')
      const commit = await world.commit({ 'example-com.yaml': mailZone('203.0.113.195') }, 'While the primary was away')
      await world.converged(commit, 120_000)
      await expect.poll(() => ask(world, 'plpb', 'www.example.com'), { timeout: 60_000 }).toEqual(['203.0.113.195'])
      expect(await serialOf(world, 'plpa')).toBe(await serialOf(world, 'plpb'))
      expect(await serialOf(world, 'plpb')).toBeGreaterThan(before)
      console.log(`the secondary had serial ${before}; the rebuilt primary chose ${await serialOf(world, 'plpa')}`)
    })
  })

  describe('a secondary', () => {
    test('that a person keeps from asking its primary is told, by mail and as a condition', async () => {
      const world = use()
      const { hosts, alarms } = world
      const options = '/etc/bind/named.conf.options'
      await expect.poll(() => world.conditionOf('Zone', 'example-com', 'Healthy'), { timeout: 120_000 }).toMatchObject({ status: true })
      alarms.clear()
      await hosts.plpb.must(
        `cp -p ${options} /root/options && sed -i 's/^options {/&\\n\\tblackhole { ${machines.plpa.outer}; };/' ${options} && rndc reconfig`,
      )
      await world.commit({ 'example-com.yaml': mailZone('203.0.113.196') }, 'Nobody tells the secondary')
      const mail = await alarms.waitFor(
        ({ headers }) => headers['subject']?.startsWith('[reeve] plpb: SecondaryStale: plpb answers for example.com.') === true,
        240_000,
      )
      expect(mail.body.replace(/=\r?\n/g, '')).toMatch(/Manifest: +Zone\/example-com/)
      expect(await ask(world, 'plpb', 'www.example.com')).not.toEqual(['203.0.113.196'])
      expect(await world.conditionOf('Zone', 'example-com', 'Healthy')).toMatchObject({ status: false, reason: 'SecondaryStale' })
      // named remembers for ten minutes that its primary did not answer; a start forgets it.
      await hosts.plpb.must(`cp -p /root/options ${options} && systemctl restart named`)
    })
  })
}
