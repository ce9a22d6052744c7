// A Firewall inside a real LXC container, entered by lxc-attach as the engine enters it, with packets over its bridge (captured behaviour: nftables 1.0.6, LXC 5.0.2, Debian 12).
import { afterAll, beforeAll, expect, test } from 'vitest'
import { containerName, hypervisorName } from '../../../controller/model/ids.ts'
import type { AnyPrimitive, Spec } from '../../../controller/model/primitive.ts'
import { nftTablePrimitive } from '../../../controller/primitives/nftTable/index.ts'
import { mainWith, tableOf } from '../../kinds/firewall/fleet.ts'
import { type Hypervisor, startContainer } from '../../machine/container.ts'
import type { Run } from '../../machine/shell.ts'
import { carryOut, known, stepsFor } from '../../machine/transaction.ts'

const primitive = nftTablePrimitive as unknown as AnyPrimitive
const target = { hypervisor: hypervisorName('he1'), inside: containerName('guarded'), provider: 'lxc' } as const
const guarded = (port: number): Spec =>
  tableOf(
    mainWith(`policy: {input: drop}
sets: {banned: {type: ipv4, external: true}}
rules:
  - {name: ban, chain: input, source: '@banned', action: drop}
  - {name: web, chain: input, protocol: tcp, ports: [${port}], limit: {rate: 100/second, burst: 100, per: source}, action: accept}
unsafeAllowLockout: true`),
  ) as unknown as Spec
let hypervisor: Hypervisor
let inside: Run
let times = 0

beforeAll(async () => {
  hypervisor = await startContainer('guarded', '192.168.9.2')
  inside = hypervisor.inside(target)
  await inside(
    'mkdir -p /run/www; cd /run/www; for p in 81 82; do echo page >index.html; python3 -m http.server $p >/dev/null 2>&1 </dev/null & done',
  )
}, 120_000)
afterAll(() => hypervisor?.[Symbol.asyncDispose]())

async function apply(spec: Spec) {
  const steps = await stepsFor([{ primitive, spec }], inside)
  return carryOut(steps, `/var/lib/reeve/before-${++times}`, inside)
}

async function differs(spec: Spec) {
  return primitive.diff(spec, await known(primitive, spec, inside), undefined)
}

/** Whether somebody on the hypervisor is answered. */
async function reaches(port: number): Promise<boolean> {
  return (await hypervisor.run(`curl -s -m 2 http://192.168.9.2:${port}/`)).stdout === 'page\n'
}

test('its table is loaded, compared and changed there, and is none of the hypervisor’s', async () => {
  await expect.poll(async () => [await reaches(81), await reaches(82)], { timeout: 10_000 }).toEqual([true, true])
  expect(await apply(guarded(81))).toMatchObject({ status: 'done' })
  expect([await reaches(81), await reaches(82)]).toEqual([true, false])
  expect(await differs(guarded(81))).toEqual({ status: 'same' })
  expect((await hypervisor.run('nft list tables')).stdout).toBe('')

  await inside("nft add element inet reeve banned_main '{ 192.168.9.1 }'; nft add rule inet reeve input_main tcp dport 82 accept")
  expect(await reaches(81)).toBe(false)
  expect(await differs(guarded(81))).toMatchObject({ change: { fields: [{ field: 'unknown rule in chain input_main' }] } })
  expect(await apply(guarded(82))).toMatchObject({ status: 'done' })
  expect((await inside('nft list set inet reeve banned_main')).stdout).toContain('192.168.9.1')
  await inside('nft flush set inet reeve banned_main')
  expect([await reaches(81), await reaches(82)]).toEqual([false, true])
  expect(await differs(guarded(82))).toEqual({ status: 'same' })
}, 60_000)

test('it is there again after its container was started anew', async () => {
  await hypervisor.run('lxc-stop -n guarded -k </dev/null; lxc-start -n guarded </dev/null')
  await expect.poll(async () => (await inside('systemctl is-active reeve-firewall.service')).stdout, { timeout: 20_000 }).toBe('active\n')
  expect(await differs(guarded(82))).toEqual({ status: 'same' })
}, 60_000)
