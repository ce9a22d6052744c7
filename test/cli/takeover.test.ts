import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeoverScript } from '../../controller/cli/takeover.ts'
import { planOnce } from '../../controller/engine/reconcile.ts'
import { depsOf, desired, fleet } from '../conformance/engine.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'

let host: ShellHost
beforeAll(async () => {
  host = await startShellHost()
})
afterAll(() => host?.close())

const header = { format: 1, fleet, hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 1, commit: '' } as const

test.each(['none', 'read', 'unreadable'] as const)(
  'a takeover of a host whose ledger is %s takes its turn before and after it writes',
  async (ledger) => {
    const turn = async () => (await host.run('cat /run/reeve/turn 2>/dev/null')).stdout
    const before = await turn()
    expect(await host.exchange(takeoverScript(header, ledger), { deadlineMs: 10_000, maxBytes: 1000 })).toContain('taken over')
    expect(await turn()).toMatch(/^takeover-\d{8}-\d{6}-\d{9} takeover ended\n$/)
    expect(await turn()).not.toBe(before)
  },
)

test('what is read while a takeover begins or ends is taken for nothing, and read again', async () => {
  await host.run('cat /etc/machine-id >/dev/null; sed -i "s/\\"m\\"/\\"$(cat /etc/machine-id)\\"/" /var/lib/reeve/ledger')
  const place = { host, run: async (script: string) => (await host.run(script)).stdout }
  let looks = 0
  const slow: typeof host = {
    ...host,
    async exchange(message, options) {
      looks++
      const text =
        looks === 1
          ? message.text.replace(/(\nreeve_turn=;)(?![\s\S]*\nreeve_turn=;)/, '\nprintf "takeover-x takeover ended\\n" >/run/reeve/turn$1')
          : message.text
      return host.exchange({ text }, options)
    },
  }
  const cycle = await planOnce(desired([]), depsOf({ ...place, host: slow }))
  expect([cycle.busy, looks > 1]).toEqual([undefined, true])
})
