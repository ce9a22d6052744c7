import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Placement } from '../../../controller/model/target.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import { bootMachine, type Machine } from '../../machine/machine.ts'
import { carryOut, type Item, type Result, stepsFor } from '../../machine/transaction.ts'
import { fleetOf, kindOf } from '../fleet.ts'

let machine: Machine
let times = 0
beforeAll(async () => {
  machine = await bootMachine()
  // A Postfix that delivers here alone.
  await must(`postconf -e 'mydestination=localhost, here.test' 'myhostname=here.test' inet_interfaces=loopback-only 'mynetworks=127.0.0.0/8' relayhost= default_transport=error mailbox_command= home_mailbox= alias_maps= alias_database=
systemctl stop postfix 2>/dev/null || :; postfix start 2>/dev/null; rm -f /var/mail/nobody`)
})
afterAll(() => machine?.[Symbol.asyncDispose]())

async function must(script: string): Promise<string> {
  const { code, stdout, stderr } = await machine.run(`set -e\n${script}`)
  if (code !== 0) throw new Error(`${script}: ${stderr}`)
  return stdout
}

/** What a test mail needs of the manifest; smartd itself needs a disk. */
function items(notify: string): readonly Item[] {
  const fleet = fleetOf(`apiVersion: reeve.dev/v1
kind: SmartCheck
metadata: {name: disks}
spec: {target: {hypervisor: he1}, devices: [{id: ata-ONE_1}, {path: /dev/sda, type: "megaraid,0"}], notify: ${notify}}
`)
  const kind = kindOf('SmartCheck')
  const specs = fleet.all('SmartCheck').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  const primitiveOf = (type: string) => primitives.find((one) => one.type === type) ?? expect.fail(type)
  return specs.filter(({ id }) => /smart-test/.test(id)).map((spec) => ({ spec, primitive: primitiveOf(spec.type) }))
}

async function apply(notify: string): Promise<Result | 'same'> {
  const steps = await stepsFor(items(notify), machine.run)
  return steps.length === 0 ? 'same' : carryOut(steps, `/var/lib/reeve/before-${++times}`, machine.run)
}

const box = () =>
  must(
    'n=0; while [ -n "$(mailq | grep -v empty)" ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done; cat /var/mail/nobody 2>/dev/null || :',
  )
const mailsIn = (text: string): number => text.match(/^Subject: /gm)?.length ?? 0

test('one test mail that names the disks is delivered for each token, and none by a boot', async () => {
  expect(await apply('{mail: [nobody@here.test], test: one}')).toMatchObject({ status: 'done' })
  const first = await box()
  expect(first).toMatch(/^Subject: SMART error \(EmailTest\) detected on host: /m)
  expect(first).toContain("TEST EMAIL one of SmartCheck disks, sent by the way of smartd's warnings")
  expect(first).toContain('  ata-ONE_1\n  /dev/sda (megaraid,0)\n')
  expect(await apply('{mail: [nobody@here.test], test: one}')).toBe('same')
  await must('systemctl stop reeve-smart-test; systemctl start reeve-smart-test')
  expect(mailsIn(await box())).toBe(1)
  expect(await apply('{mail: [nobody@here.test], test: two}')).toMatchObject({ status: 'done' })
  expect(mailsIn(await box())).toBe(2)
})

test('the program that smartd would run is run, with what smartd would give it', async () => {
  expect(await apply('{mail: [nobody@here.test], exec: /usr/share/smartmontools/smartd-runner, test: three}')).toMatchObject({
    status: 'done',
  })
  expect(mailsIn(await box())).toBe(3)
})

test.each([
  [
    'no mail(1)',
    'mv /usr/bin/mail /usr/bin/mail.away',
    '{mail: [nobody@here.test], test: four}',
    'there is no mail(1), by which smartd mails: add one to system.packages',
  ],
  [
    'a program that is not there',
    ':',
    '{mail: [nobody@here.test], exec: /usr/bin/nosuch, test: four}',
    '/usr/bin/nosuch of notify.exec is not there, or no program',
  ],
  [
    'no mail(1) for a program that needs it',
    ':',
    '{mail: [nobody@here.test], exec: /usr/share/smartmontools/smartd-runner, test: four}',
    'Your system does not have /usr/bin/mail',
  ],
])('%s is said, and the token before stays in force', async (_, break_, notify, said) => {
  await must(break_)
  const before = await must('cat /usr/local/lib/reeve/smart-test /var/lib/reeve/stamps/smart-test')
  const result = await apply(notify)
  expect(result).toMatchObject({ status: 'failed', stderr: expect.stringContaining(said) })
  expect(await must('cat /usr/local/lib/reeve/smart-test /var/lib/reeve/stamps/smart-test')).toBe(before)
  expect(mailsIn(await box())).toBe(3)
})
