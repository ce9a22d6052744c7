import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LxcContainerSpec } from '../../controller/primitives/lxcContainer/spec.ts'
import { keyring, makeMirror, mirror } from '../lxc/debootstrap.ts'
import { box, converge, inside, root } from '../lxc/engine.ts'
import { archivePath, init, type LxcHost, startLxcHost } from '../lxc/host.ts'
import { armHost, called, type Instant, killedAt } from '../lxc/kill.ts'
import { randomFrom } from '../random.ts'
import { recorded } from './recorded.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

interface Variant {
  readonly name: string
  /** The step that takes longest, by the program that it runs. */
  readonly filler: string
  readonly prepare: (host: LxcHost) => Promise<unknown>
  readonly spec: (host: LxcHost) => LxcContainerSpec
}

const idmap = ['u', 'g'].map((sort) => ({ key: 'lxc.idmap', value: `${sort} 0 100000 65536` }))
const script = `#!/bin/sh
set -eu
for argument; do case $argument in --path=*) path=\${argument#*=} ;; --rootfs=*) rootfs=\${argument#*=} ;; esac; done
tar -xpf ${archivePath} -C "$rootfs"
printf 'lxc.signal.halt = SIGPWR\\n' >>"$path/config"
`

const variants: readonly Variant[] = [
  { name: 'from an archive', filler: 'tar', prepare: async () => {}, spec: (host) => box(host) },
  {
    name: 'from an archive, unprivileged',
    filler: 'lxc-usernsexec',
    prepare: (host) =>
      host.must(
        'chmod 711 /var/lib/lxc; grep -q "^root:100000:" /etc/subuid || for f in /etc/subuid /etc/subgid; do echo root:100000:65536 >>$f; done',
      ),
    spec: (host) => box(host, { idmap: { base: 100_000, size: 65_536 }, entries: idmap }),
  },
  {
    name: 'by a template script',
    filler: 'tar',
    prepare: (host) => host.must(`cat >/usr/share/lxc/templates/lxc-lab <<'EOT'\n${script}EOT\nchmod 755 /usr/share/lxc/templates/lxc-lab`),
    spec: (host) => box(host, { template: { type: 'script', name: 'lab', args: [] } }),
  },
  {
    name: 'by debootstrap',
    filler: 'debootstrap',
    prepare: (host) => makeMirror(host, init),
    spec: (host) => box(host, { template: { type: 'debootstrap', release: 'lab', mirror, components: [], packages: [], keyring } }),
  },
]

/** What a container that was made has, and has not. */
async function expectWhole(host: LxcHost, why: string): Promise<void> {
  expect(await inside(host, 'cat /etc/hostname /root/.ssh/authorized_keys; stat -c %u / /etc'), why).toBe(
    'web\nssh-ed25519 AAAA me@home\n0\n0\n',
  )
  expect(
    await host.must(
      `ls -A /mnt/ct /var/lib/lxc /var/lib/lxc/${host.name} /run/reeve/mnt | grep -v config.template; ls -A ${root} | grep reeve || :`,
    ),
    why,
  ).toBe(`/mnt/ct:\nweb\n\n/run/reeve/mnt:\n\n/var/lib/lxc:\n${host.name}\n\n/var/lib/lxc/${host.name}:\nconfig\n`)
  expect((await host.must(`sha256sum <${archivePath}`)).slice(0, 64)).toBe(host.sha256)
}

let host: LxcHost
beforeEach(async () => {
  host = await startLxcHost()
})
afterEach(() => host.close())

const clear = (host: LxcHost) =>
  host.must(
    `lxc-stop -n ${host.name} -k; rm -rf /mnt/ct /var/lib/lxc/${host.name} /run/reeve/lxc/* /var/lib/reeve/ledger /var/lib/reeve/journal/*`,
  )

/** One while it is being filled, or anywhere; in the long run all, and of the hundreds within debootstrap some. */
function instantsOf(calls: readonly string[], filler: string, random: () => number): readonly Instant[] {
  const all = calls.flatMap((_, index) => (['before', 'during', 'alone'] as const).map((when) => ({ at: index + 1, when })))
  const filling: Instant = { at: calls.indexOf(filler) + 1, when: 'during' }
  if (isLong) return [filling, ...all.filter(() => random() < 80 / all.length)]
  return [random() < 0.5 ? filling : (all[Math.floor(random() * all.length)] ?? filling)]
}

describe.each(variants)('a container that is made $name', ({ spec, prepare, filler }) => {
  test('is whole after it was killed at any instant, with all that ran or alone', { timeout: isLong ? 3_600_000 : 120_000 }, async () => {
    await prepare(host)
    await armHost(host)
    expect(await converge(host, [spec(host)])).toBe('noop')
    const instants = instantsOf(await called(host), filler, randomFrom(seed))
    for (const instant of instants) {
      await clear(host)
      const struck = await killedAt(host, [spec(host)], instant)
      const why = `REEVE_TEST_SEED=${seed}, ${JSON.stringify(instant)}: ${struck}`
      const fault = { class: 'kill -9 while a container is made', what: `${filler}: ${why}`, host: 'native' } as const
      await recorded(
        fault,
        () => [],
        async () => {
          await expect.poll(() => converge(host, [spec(host)]), { message: why, timeout: 60_000 }).toBe('noop')
          await expectWhole(host, why)
        },
      )
    }
  })
})
