import { describe, expect, test } from 'vitest'
import { type MachineName, machines } from './fleet.ts'
import type { World } from './world.ts'

interface Way {
  readonly protocol: 'tcp' | 'relp'
  readonly from: MachineName
  readonly how: string
}

const ways: readonly Way[] = [
  { protocol: 'tcp', from: 'plpb', how: 'stopped' },
  { protocol: 'relp', from: 'maila', how: 'stopped' },
  // Plain TCP loses what it had taken when the other end vanished: RELP answers for each line.
  { protocol: 'relp', from: 'maila', how: 'cut off' },
]

/** A thousand lines of one sender, half of them while the sink is down. */
export function logScenarios(use: () => World): void {
  const send = (name: MachineName, mark: string, from: number, to: number) =>
    use().hosts[name].must(`for i in $(seq ${from} ${to}); do echo "<13>${mark} line $i"; done | logger --prio-prefix -t counted`)
  const arrived = async (mark: string) => {
    const lines = await use().hosts.logs.must(`grep -rho '${mark} line [0-9]*' /var/log/remote 2>/dev/null || :`)
    const all = lines.split('\n').filter((line) => line !== '')
    const distinct = new Set(all).size
    return { distinct, twice: all.length - distinct }
  }

  describe('logs', { timeout: 300_000 }, () => {
    test.each(ways)('of 1,000 lines by $protocol, half of them while the sink is $how, 1,000 arrive', async ({ protocol, from, how }) => {
      const { hosts, lan } = use()
      const mark = `${protocol}-${how.replace(' ', '-')}`
      const count = () => arrived(mark).then(({ distinct }) => distinct)
      await send(from, mark, 1, 500)
      if (protocol === 'tcp') await expect.poll(count, { timeout: 60_000 }).toBe(500)
      if (how === 'cut off') await lan.setCable(hosts.logs, false)
      await hosts.logs.must('systemctl stop syslog.socket rsyslog')
      await send(from, mark, 501, 1000)
      // For so long that the sender's kernel has given up on the address, too.
      const neighbour = () => hosts[from].must(`ip neighbour show ${machines.logs.inner}`)
      if (how === 'cut off') await expect.poll(neighbour, { timeout: 60_000 }).toMatch(/FAILED|INCOMPLETE/)
      await lan.setCable(hosts.logs, true)
      await hosts.logs.must('systemctl start rsyslog')
      await expect.poll(count, { timeout: 200_000, interval: 500 }).toBe(1000)
      console.log(`${mark}: ${JSON.stringify(await arrived(mark))}`)
    })
  })
}
