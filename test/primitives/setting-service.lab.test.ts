import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { block } from '../../controller/primitives/block/spec.ts'
import { service } from '../../controller/primitives/service/spec.ts'
import { setting } from '../../controller/primitives/setting/spec.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { type SshPlace, sshPlace } from '../conformance/ssh-place.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'

let host: NativeHost
let place: SshPlace
beforeAll(async () => {
  host = await startNativeHost()
})
beforeEach(async () => {
  await host.reset()
  place = sshPlace(host)
  await place.run('postconf -X relayhost; systemctl start postfix')
})
afterEach(() => place?.host[Symbol.asyncDispose]())
afterAll(() => host?.[Symbol.asyncDispose]())

/** Two settings and two blocks, of main.cf both and of master.cf, and the service that loads them. */
function wanted(interfaces: string): readonly Spec[] {
  const loads = [
    setting({ key: 'relayhost', value: '[gate.example]:2525' }),
    setting({ key: 'inet_interfaces', value: interfaces }),
    block({ path: '/etc/postfix/main.cf', name: 'own', content: 'bounce_queue_lifetime = 2d\n' }),
    block({ path: '/etc/postfix/master.cf', name: 'own', content: '2525 inet n - y - - smtpd\n' }),
  ]
  const check = { argv: ['postfix', 'check'], failOn: [] }
  return [...loads, service({ unit: 'postfix.service', state: 'running', loads, check, reload: 'restart' })]
}

function cycle(specs: readonly Spec[]): Promise<Cycle> {
  return reconcile(desired(specs), depsOf(place))
}

const values = () => place.run('postconf -h relayhost inet_interfaces bounce_queue_lifetime')
const listeners = () => place.run('ss -Hltn | grep -c :2525 || :')
const files = () => place.run('cat /etc/postfix/main.cf /etc/postfix/master.cf | sha256sum; stat -c "%a %u %g" /etc/postfix/main.cf')

test('settings and blocks that a service loads go live together, once checked, are loaded, and the files come back as they were', async () => {
  const before = [await files(), await values()]
  const first = await cycle(wanted('all'))
  expect(`${first.status} ${first.message}`).toBe('converged ')
  expect(first.applied).toHaveLength(1)
  expect([await values(), await listeners()]).toEqual(['[gate.example]:2525\nall\n2d\n', '2\n'])
  expect(await cycle(wanted('all'))).toMatchObject({ status: 'noop', drift: [] })
  await cycle([])
  expect([await files(), await values(), await place.run('systemctl is-active postfix')]).toEqual([...before, 'active\n'])
})

test('what the checker refuses is never live, and the daemon goes on with what it had', async () => {
  await cycle(wanted('all'))
  const before = [await files(), await values(), await listeners()]
  const bad = await cycle(wanted('no.such.host.invalid'))
  expect(bad.applied.at(-1)?.outcome).toMatchObject({ status: 'failed', undone: true, stderr: expect.stringContaining('postfix check') })
  expect([await files(), await values(), await listeners()]).toEqual(before)
  expect(await place.run('systemctl is-active postfix; ls /etc/postfix/*reeve* 2>/dev/null || :')).toBe('active\n')
})

test('a setting that a person changed by hand is drift, put right and loaded once', async () => {
  await cycle(wanted('all'))
  await place.run('postconf -e relayhost=theirs bounce_queue_lifetime=9d')
  const { drift, status } = await cycle(wanted('all'))
  expect({ status, drift: drift.map(({ id }) => id).sort() }).toEqual({
    status: 'converged',
    drift: ['block:/etc/postfix/main.cf#own', 'setting:postconf:/etc/postfix#relayhost'],
  })
  expect([await values(), await listeners()]).toEqual(['[gate.example]:2525\nall\n2d\n', '2\n'])
})
