// Random containers through the real engine on real LXC: what was applied is read back as it was wanted. Most are never started; every twentieth runs.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lxcContainer } from '../../controller/primitives/lxcContainer/spec.ts'
import { isLong, seed } from '../conformance/phantoms.ts'
import { allSettle, type Dice, type Maker } from '../conformance/settled.ts'
import { randomLines, specOf } from '../primitives/lxcContainer/maker.ts'
import { archivePath, type LxcHost, startLxcHost } from './host.ts'

const [all, each] = isLong ? [1000, 50] : [20, 10]

let host: LxcHost
beforeEach(async () => {
  host = await startLxcHost()
})
afterEach(async () => {
  await host.must(`for path in /var/lib/lxc/${host.name}-*; do lxc-stop -k -n "\${path##*/}" </dev/null >/dev/null 2>&1 || :; done`)
  await host.close()
})

/** Roots that a person brought, and paths that are mounted into containers. A twentieth is filled from an archive instead. */
async function prepare(): Promise<void> {
  await host.must(`for n in 0 1 2 3 4 5 6 7 8; do mkdir -p "/srv/$n/a@b"; done
mkdir -p /mnt/ct/0; tar -xpf ${archivePath} -C /mnt/ct/0
for n in $(seq 1 ${all - 1}); do [ $((n % 20)) = 3 ] || cp -a /mnt/ct/0 /mnt/ct/$n; [ $((n % 4)) != 2 ] || chown -R 100000:100000 /mnt/ct/$n; done
grep -q '^root:100000:' /etc/subuid || for f in /etc/subuid /etc/subgid; do echo root:100000:65536 >>$f; done
chmod 711 /var/lib/lxc`)
}

const random = (dice: Dice) => (): number => dice(2 ** 30) / 2 ** 30

function makerOn({ name, sha256 }: LxcHost): Maker {
  return (number, dice) => {
    const isFilled = number % 20 === 3
    const runs = number % 20 === 5
    // Whose files they are never changes; the interfaces of those that run have names of their own.
    const isUnprivileged = number % 4 === 2
    const lines = randomLines(random(dice)).replace(/^unprivileged: true$/m, '')
    const spec = specOf(isUnprivileged ? `${lines}\nunprivileged: true` : lines)
    const folder = `/mnt/ct/${number}`
    const own = {
      'lxc.rootfs.path': `dir:${folder}`,
      ...('lxc.net.0.veth.pair' in spec.settings ? { 'lxc.net.0.veth.pair': `r${number}` } : {}),
    }
    const { id: _id, type: _type, template: _template, ...wish } = spec
    return [
      lxcContainer({
        ...wish,
        name: `${name}-${number}`,
        rootfs: { folder },
        settings: { ...spec.settings, ...own },
        ...(isFilled ? { template: { path: archivePath, sha256 } } : {}),
        state: runs ? 'running' : 'stopped',
      }),
    ]
  }
}

it(`${all} of lxcContainer, ${each} in one apply: what was applied is not drift, by the seed ${seed}`, {
  timeout: isLong ? 3_600_000 : 120_000,
}, async () => {
  await prepare()
  await allSettle(makerOn(host), [all, each], { host, run: host.must }, seed)
  expect((await host.must('ls /var/lib/lxc')).trim().split('\n')).toHaveLength(all)
})
