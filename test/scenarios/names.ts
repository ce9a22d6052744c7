import { describe, expect, test } from 'vitest'
import { machines, mailZone, zone } from './fleet.ts'
import type { World } from './world.ts'

/** A stranger asks both name servers. */
export function nameScenarios(use: () => World): void {
  const ask = (server: 'plpa' | 'plpb', name: string) => use().stranger.name(machines[server].outer, name)
  const org = (www: string, more: Parameters<typeof zone>[1] = []) => zone('example.org', [{ name: 'www', type: 'A', values: [www] }, ...more])
  const serialOf = async (server: 'plpa' | 'plpb') =>
    ((await use().stranger.name(machines[server].outer, 'example.com', 'SOA')) as { readonly serial: number }).serial

  describe('a zone', () => {
    test('that a commit edits is seen on the secondary, also the second time in a row, which BIND would not tell it of for five seconds', async () => {
      const world = use()
      const taken: number[] = []
      for (const last of ['90', '91', '92']) {
        const sinceMs = performance.now()
        await world.commit({ 'example-com.yaml': mailZone(`203.0.113.${last}`) }, `www is .${last}`)
        await expect.poll(() => ask('plpb', 'www.example.com'), { timeout: 60_000, interval: 50 }).toEqual([`203.0.113.${last}`])
        taken.push(Math.round(performance.now() - sinceMs))
      }
      console.log(`from the push of a commit until the secondary answers with it: ${taken.join(', ')} ms`)
      expect(await ask('plpa', 'www.example.com')).toEqual(['203.0.113.92'])
    })

    test('that BIND alone can refuse is held back by itself: one mail, its old records are served, the others go live', async () => {
      const world = use()
      world.alarms.clear()
      const broken = org('203.0.113.99', [{ name: 'odd', type: 'TYPE18', values: ['00'] }])
      await world.commit({ 'example-org.yaml': broken, 'example-com.yaml': mailZone('203.0.113.93') }, 'One good, one broken')
      const subject = '[reeve] plpa: reconcile failed: Zone/example-org'
      const mail = await world.alarms.waitFor(({ headers }) => headers['subject'] === subject, 60_000)
      expect(mail.body.replace(/=\r?\n/g, '')).toContain('unexpected end of input')
      for (const server of ['plpa', 'plpb'] as const)
        await expect.poll(() => ask(server, 'www.example.com'), { timeout: 60_000 }).toEqual(['203.0.113.93'])
      expect([await ask('plpa', 'www.example.org'), await ask('plpb', 'www.example.org')]).toEqual([['203.0.113.81'], ['203.0.113.81']])
      await expect.poll(() => world.conditionOf('Zone', 'example-org', 'Ready'), { timeout: 30_000 }).toMatchObject({ status: false })
      await expect.poll(() => world.conditionOf('Zone', 'example-com', 'Ready'), { timeout: 30_000 }).toMatchObject({ status: true })
      const mended = await world.commit({ 'example-org.yaml': org('203.0.113.94') }, 'Mended')
      await world.converged(mended)
      await expect.poll(() => ask('plpb', 'www.example.org'), { timeout: 60_000 }).toEqual(['203.0.113.94'])
      await expect.poll(() => world.subjects(), { timeout: 30_000 }).toEqual([subject, subject.replace('[reeve]', '[reeve] resolved:')])
    })

    test('whose primary lost its disk comes back from Git with a serial after that of the secondary, which follows it', async () => {
      const world = use()
      const before = await serialOf('plpb')
      await world.hosts.plpa.reset()
      await world.plug('plpa')
      const commit = await world.commit({ 'example-com.yaml': mailZone('203.0.113.95') }, 'While the primary was away')
      await world.converged(commit, 120_000)
      await expect.poll(() => ask('plpb', 'www.example.com'), { timeout: 60_000 }).toEqual(['203.0.113.95'])
      expect(await serialOf('plpa')).toBe(await serialOf('plpb'))
      expect(await serialOf('plpb')).toBeGreaterThan(before)
      console.log(`the secondary had serial ${before}; the rebuilt primary chose ${await serialOf('plpa')}`)
    })
  })
}
