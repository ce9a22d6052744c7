import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeoverScript } from '../../controller/cli/takeover.ts'
import { headerLine, parseLedger } from '../../controller/engine/ledger.ts'
import { planOnce } from '../../controller/engine/reconcile.ts'
import { depsOf, desired, fleet } from '../conformance/engine.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'

let host: ShellHost
beforeAll(async () => {
  host = await startShellHost()
})
afterAll(() => host?.close())

const header = { format: 1, fleet, hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 1, commit: '' } as const

const bounds = { deadlineMs: 10_000, maxBytes: 1000 }
const sumOf = async () => (await host.run('[ ! -s /var/lib/reeve/ledger ] || sha256sum </var/lib/reeve/ledger')).stdout.split(' ')[0] ?? ''
const headers = async () => (await host.run('cat /var/lib/reeve/ledger')).stdout

test.each(['none', 'read', 'unreadable'] as const)(
  'a takeover of a host whose ledger is %s takes its turn before and after it writes',
  async (ledger) => {
    const turn = async () => (await host.run('cat /run/reeve/turn 2>/dev/null')).stdout
    const before = await turn()
    expect(await host.exchange(takeoverScript(header, ledger, await sumOf()), bounds)).toContain('taken over')
    expect(await turn()).toMatch(/^takeover-\d{8}-\d{6}-\d{9} takeover ended\n$/)
    expect(await turn()).not.toBe(before)
  },
)

test('a takeover of a ledger that another one wrote to since it was looked at is refused: its generation would be given twice', async () => {
  const [seen, before] = [await sumOf(), await headers()]
  await host.run(`printf '%s\\n' '${headerLine({ ...header, fleet: 'other', generation: 2 })}' >>/var/lib/reeve/ledger`)
  expect(await host.exchange(takeoverScript({ ...header, generation: 2 }, 'read', seen), bounds)).toContain('written to meanwhile')
  expect(await headers()).toBe(`${before}${headerLine({ ...header, fleet: 'other', generation: 2 })}\n`)
  expect(await host.exchange(takeoverScript({ ...header, generation: 3 }, 'read', await sumOf()), bounds)).toContain('taken over')
})

test('a takeover writes its line after the last whole one: what a power cut tore is cut off', async () => {
  await host.run(`printf '{"target":"he1","id":"note:/a","own' >>/var/lib/reeve/ledger`)
  expect(await host.exchange(takeoverScript({ ...header, generation: 4 }, 'read', await sumOf()), bounds)).toContain('taken over')
  expect(parseLedger(await headers())).toMatchObject({ status: 'read', ledger: { header: { generation: 4 } } })
})

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
