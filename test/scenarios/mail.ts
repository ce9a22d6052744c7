import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { domain, machines, mailRoute, mailZone, zone } from './fleet.ts'
import { delivered, queued, sendLetters } from './letters.ts'
import type { World } from './world.ts'

const failed = '[reeve] plpa: reconcile failed: MailRoute/main'
/** What a person may have written on the first gateway, and how it is taken away again. */
const reject = (whom: string) =>
  `echo '${whom} REJECT not here' >/etc/postfix/mine && postconf -e 'smtpd_recipient_restrictions=check_recipient_access texthash:/etc/postfix/mine' && postfix reload`
const accept = 'postconf -X smtpd_recipient_restrictions && postfix reload && rm /etc/postfix/mine'

/** Delivered once each, and none is missing. */
const arrive = (world: World, name: string, count: number) =>
  expect.poll(() => delivered(world, name), { timeout: 60_000, interval: 500 }).toEqual({ distinct: count, twice: 0 })

/** A stranger sends as the MX records say, which the two name servers of the fleet tell it. */
export function mailScenarios(use: () => World): void {
  describe('mail', () => {
    test('goes through the first gateway', async () => {
      const { via, refused } = await sendLetters(use(), 'first', 20)
      expect({ via, refused }).toEqual({ via: { 'plpa.example.com': 20 }, refused: [] })
      await arrive(use(), 'first', 20)
    })

    test('goes through the second one while the first is away, with its name server', async () => {
      const world = use()
      await world.lan.setCable(world.hosts.plpa, false)
      try {
        const { via, refused } = await sendLetters(world, 'second', 20)
        expect({ via, refused }).toEqual({ via: { 'plpb.example.com': 20 }, refused: [] })
        await arrive(use(), 'second', 20)
      } finally {
        await world.lan.setCable(world.hosts.plpa, true)
      }
    })

    test.each(['plpa', 'plpb'] as const)('%s refuses who is unknown, and every way to relay, to one who stands outside', async (name) => {
      const forms = [
        'alice@example.com',
        'nobody@example.com',
        'x@elsewhere.test',
        'x%elsewhere.test@example.com',
        '@example.com:x@elsewhere.test',
        '"x@elsewhere.test"@example.com',
        'elsewhere.test!x@example.com',
      ]
      const replies = await use().stranger.recipients(machines[name].outer, forms)
      expect(replies.map((reply) => reply.slice(0, 9))).toEqual([
        '250 2.1.5',
        '550 5.1.1',
        '554 5.7.1',
        '554 5.7.1',
        '554 5.7.1',
        '554 5.7.1',
        '554 5.7.1',
      ])
    })

    test('the server of the users, inside, may send out through either: where one asks from is what the proof is worth', async () => {
      const dialogue = (host: string) => `bash <<'END'
exec 3<>/dev/tcp/${host}/25
hear() { while read -r line <&3; do case $line in ???-*) ;; *) break ;; esac; done; }
say() { printf '%s\\r\\n' "$1" >&3; hear; }
hear; say 'EHLO maila.example.com'; say 'MAIL FROM:<alice@example.com>'; say 'RCPT TO:<x@elsewhere.test>'; printf '%s' "$line"
END`
      for (const name of ['plpa', 'plpb'] as const)
        expect((await use().hosts.maila.must(dialogue(machines[name].outer))).slice(0, 9)).toBe('250 2.1.5')
    })
  })
}

/** One gateway after the other, never both broken; and what differs between them is drift of one. */
export function gatewayScenarios(use: () => World): void {
  describe('mail for a server that is down', () => {
    test('waits on the gateways while the server of the users is down, and after that all 100 of 100 are delivered', async () => {
      const world = use()
      await world.hosts.maila.must('systemctl stop postfix postfix@-')
      expect((await sendLetters(world, 'waits', 50)).via).toEqual({ 'plpa.example.com': 50 })
      await world.lan.setCable(world.hosts.plpa, false)
      expect((await sendLetters(world, 'also-waits', 50)).via).toEqual({ 'plpb.example.com': 50 })
      await world.lan.setCable(world.hosts.plpa, true)
      await expect.poll(async () => [await queued(world, 'plpa'), await queued(world, 'plpb')], { timeout: 30_000 }).toEqual([50, 50])
      expect((await delivered(world, 'waits')).distinct + (await delivered(world, 'also-waits')).distinct).toBe(0)
      await world.hosts.maila.must('systemctl start postfix')
      await arrive(world, 'waits', 50)
      await arrive(world, 'also-waits', 50)
      await expect.poll(async () => [await queued(world, 'plpa'), await queued(world, 'plpb')], { timeout: 30_000 }).toEqual([0, 0])
    })
  })

  describe('a change of the gateways', () => {
    test('sendmail -bv says 0 of who is unknown: Reeve asks the gateway itself, and undoes what it refuses', async () => {
      const world = use()
      world.alarms.clear()
      await world.hosts.plpa.must(`${reject('carol@example.com')}; sendmail -bv carol@example.com </dev/null`)
      const carol = {
        ...(domain('example.com') as { readonly recipients: object }),
        recipients: { addresses: ['alice', 'bob', 'carol', 'postmaster', 'abuse'] },
      }
      await world.commit({ 'mail.yaml': mailRoute({ domains: [carol], probes: { accept: ['carol@example.com'] } }) }, 'Carol')
      const mail = await world.alarms.waitFor(({ headers }) => headers['subject'] === failed, 60_000)
      expect(mail.body.replace(/=\r?\n/g, '')).toContain('not here')
      expect((await world.stranger.recipients(machines.plpb.outer, ['carol@example.com']))[0]).toMatch(/^550 5\.1\.1/)
      await world.hosts.plpa.must(accept)
      await world.converged(await world.commit({ 'mail.yaml': mailRoute() }, 'Not Carol'))
    })

    const withNew = () => mailRoute({ domains: [domain('example.com'), domain('new.example')], probes: { accept: ['alice@new.example'] } })
    const mx = (name: 'plpa' | 'plpb', preference: number) => ({ preference, exchange: `${name}.example.com.` })

    test('that fails on the first never reaches the second, and a stranger who sends all the while loses nothing', async () => {
      const world = use()
      world.alarms.clear()
      await world.hosts.plpa.must(reject('new.example'))
      const generation = await world.hosts.plpb.must('readlink /etc/postfix/reeve')
      let isOver = false
      const sending = (async () => {
        const all = []
        for (let round = 0; !isOver; round++, await sleep(200)) all.push(await sendLetters(world, `throughout-${round}`, 5))
        return all
      })()
      const newZone = zone('new.example', [{ name: '@', type: 'MX', values: [mx('plpa', 10), mx('plpb', 20)] }])
      await world.commit({ 'mail.yaml': withNew(), 'new-example.yaml': newZone }, 'A new domain')
      await world.alarms.waitFor(({ headers }) => headers['subject'] === failed, 60_000)
      await expect.poll(() => world.conditionOf('MailRoute', 'main', 'Ready'), { timeout: 30_000 }).toMatchObject({ status: false })
      const hold = async () => (await world.api.status()).hypervisors.find(({ name }) => name === 'plpb')?.message
      await expect.poll(hold, { timeout: 30_000 }).toMatch(/waits until plpa is Healthy with this commit/)
      expect(await world.hosts.plpb.must('readlink /etc/postfix/reeve')).toBe(generation)
      isOver = true
      const all = await sending
      const ids = all.flatMap(({ ids }) => ids)
      expect(all.flatMap(({ refused }) => refused)).toEqual([])
      await arrive(world, 'throughout', ids.length)
      console.log(`${ids.length} mails went through while the change failed: ${JSON.stringify(all.map(({ via }) => via))}`)
      const reply = async (name: 'plpa' | 'plpb') => (await world.stranger.recipients(machines[name].outer, ['alice@new.example']))[0]
      expect([await reply('plpa'), await reply('plpb')]).toEqual([expect.stringMatching(/^55/), expect.stringMatching(/^554 5\.7\.1/)])
    })

    test('reaches both when what stood in its way is gone, and mail for the new domain is delivered', async () => {
      const world = use()
      await world.hosts.plpa.must(accept)
      const commit = await world.commit({ 'mail.yaml': withNew(), 'example-com.yaml': mailZone('203.0.113.82') }, 'And an address')
      await world.converged(commit)
      expect((await sendLetters(world, 'anew', 10, 'alice@new.example')).refused).toEqual([])
      await arrive(world, 'anew', 10)
    })
  })

  describe('an open relay', () => {
    test('that a person made of one gateway in master.cf is mailed by the other, from its own host, and so is its end', async () => {
      const { hosts, alarms, stranger } = use()
      alarms.clear()
      await hosts.plpb.must("postconf -P 'smtp/inet/smtpd_relay_restrictions=permit' && postfix reload")
      const said = (subject: string) => alarms.waitFor(({ headers }) => headers['subject']?.startsWith(subject) === true, 60_000)
      await said('[reeve] plpa: OpenRelay: plpb takes mail from plpa for strangers')
      expect((await stranger.recipients(machines.plpb.outer, ['x@elsewhere.test']))[0]).toMatch(/^250/)
      await hosts.plpb.must('postconf -PX smtp/inet/smtpd_relay_restrictions && postfix reload')
      await said('[reeve] resolved: plpa: OpenRelay')
    })
  })

  describe('parity', () => {
    test('a line that somebody adds to a map of one gateway is drift of that one, told by its name, and put right', async () => {
      const world = use()
      world.alarms.clear()
      await world.hosts.plpb.must("echo 'mallory@example.com x' >>/etc/postfix/reeve/relay_recipients")
      const mail = await world.alarms.waitFor(
        ({ headers }) => headers['subject']?.startsWith('[reeve] plpb: drift corrected: ') === true,
        60_000,
      )
      expect(mail.body).toContain('MailRoute/main')
      expect(mail.body.replace(/=\r?\n/g, '')).toContain('mallory')
      const replies = await world.stranger.recipients(machines.plpb.outer, ['mallory@example.com', 'alice@example.com'])
      expect(replies.map((reply) => reply.slice(0, 3))).toEqual(['550', '250'])
      expect(world.subjects().filter((subject) => subject.includes('plpa'))).toEqual([])
    })
  })
}
