import { describe, expect, test } from 'vitest'
import { compileFleet } from '../../../controller/engine/compile.ts'
import { container } from '../../../controller/kinds/container/index.ts'
import { unitVitals } from '../../../controller/kinds/container/units.ts'
import { startShellHost } from '../../engine/shell-host.ts'
import { containers, fleetOf, webWith } from './fleet.ts'

const vitalOf = (spec = '') => {
  const [manifest] = containers(fleetOf(webWith(spec)))
  return manifest === undefined ? undefined : unitVitals(manifest)[0]
}
const assess = (stdout: string) => vitalOf()?.assess({ status: 'read', stdout, reason: '' })

describe('failed units inside a container', () => {
  test.each<[string, string, object]>([
    ['none', '== all\n', { healthy: true, reason: 'Running', samples: [{ metric: 'container_units_failed', value: 0 }] }],
    [
      'one',
      'nginx.service loaded failed failed A high performance web server\n== all\n',
      {
        healthy: false,
        reason: 'UnitsFailed',
        message: 'a unit failed inside: nginx.service',
        samples: [{ metric: 'container_units_failed', value: 1 }],
      },
    ],
    [
      'more than are worth naming',
      `${Array.from({ length: 7 }, (_, index) => `u${index}.service loaded failed failed x\n`).join('')}== all\n`,
      { healthy: false, message: '7 units failed inside: u0.service, u1.service, u2.service, u3.service, u4.service' },
    ],
    ['another init', '== none\n', { healthy: true, samples: [] }],
    ['a systemd that does not answer', '== silent\n', { healthy: 'unknown', samples: [] }],
    ['an answer that was cut off', 'nginx.service loaded failed', { healthy: 'unknown', samples: [] }],
    ['one who says what he likes', '== all\n== none\n', { healthy: true, samples: [] }],
  ])('%s', (_name, stdout, expected) => {
    expect(assess(stdout)).toMatchObject(expected)
  })

  test.each(['stopped', 'frozen', 'unmanaged'])('are not asked for in one that should be %s', (state) => {
    expect(vitalOf(`state: ${state}`)).toBeUndefined()
  })

  test('are asked for only where the container is entered anyway', () => {
    const idsOf = (...texts: string[]) =>
      [...compileFleet(fleetOf(...texts), [container], []).states.values()].flatMap(({ vitals }) => vitals.map(({ id }) => id))
    const host = 'kind: Hypervisor\nmetadata: {name: he1}\nspec: {address: 192.0.2.10}'
    expect(idsOf(host, webWith(''))).toEqual(['container'])
    expect(idsOf(host, webWith('system: {timeZone: Europe/Berlin}'))).toEqual(['container', 'units'])
  })

  test('are read by systemctl, of which nothing hangs, and its silence is told apart from none', { timeout: 30_000 }, async () => {
    const shell = await startShellHost({ overlays: ['/usr/local'] })
    const probe = vitalOf()?.probe
    const asked = async () => (probe !== undefined && 'text' in probe ? (await shell.run(probe.text)).stdout : '')
    await shell.run('mount -t tmpfs none /run')
    expect(await asked()).toBe('== none\n')
    await shell.run(
      'mkdir -p /run/systemd/system; printf \'#!/bin/sh\\necho "$*"\\n\' >/usr/local/bin/systemctl; chmod 755 /usr/local/bin/systemctl',
    )
    expect(await asked()).toBe('list-units --state=failed --plain --no-legend --no-pager\n== all\n')
    await shell.run("printf '#!/bin/sh\\nsleep 60\\n' >/usr/local/bin/systemctl")
    expect(await asked()).toBe('== silent\n')
    await shell.close()
  })
})
