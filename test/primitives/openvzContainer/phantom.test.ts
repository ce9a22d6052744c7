import { afterEach, beforeEach, expect, it } from 'vitest'
import { same } from '../../../controller/model/change.ts'
import type { OpenvzContainerSpec } from '../../../controller/primitives/openvzContainer/spec.ts'
import { type OpenvzHost, startOpenvzHost } from '../../openvz/host.ts'
import { randomFrom } from '../../random.ts'
import { drive } from './drive.ts'
import { plpa } from './specs.ts'

const turns = process.env['REEVE_TEST_LONG'] === '1' ? 1000 : 8
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

let host: OpenvzHost
beforeEach(async () => {
  host = await startOpenvzHost()
  await host.must(`cp /mnt/template.tar.gz /var/lib/vz/template/cache/debian-12.tar.gz
echo 'EXTERNAL_SCRIPT="/usr/sbin/vznetaddbr"' >/etc/vz/vznet.conf`)
})
afterEach(() => host.close())

/** A spec as the kind may compile one: each parameter is there or not, with any of its values. */
function randomSpec(random: () => number): OpenvzContainerSpec {
  const below = (sides: number): number => Math.floor(random() * sides)
  const pick = <T>(all: readonly T[]): T => all[below(all.length)] as T
  const count = (): string => pick(['0', '1', '16', String(below(2 ** 31)), '9007199254740991', 'unlimited'])
  const pair = (): string => {
    const [low, high] = [count(), count()]
    return low === 'unlimited' || (high !== 'unlimited' && BigInt(low) > BigInt(high)) ? `${high}:${low}` : `${low}:${high}`
  }
  const address = (): string =>
    pick([`10.0.${below(256)}.${below(255) + 1}`, `2001:db8::${(below(65535) + 1).toString(16)}`, `10.1.${below(9)}.1/24`])
  const some = (make: () => string, most: number): readonly string[] => [...new Set(Array.from({ length: below(most + 1) }, make))]
  const maybe = (key: string, make: () => string): Readonly<Record<string, string>> => (below(2) === 0 ? {} : { [key]: make() })
  const domains = (): string => some(() => pick(['example.com', 'example.org', 'a.b']), 3).join(' ') || 'a'
  return plpa(
    { state: pick(['running', 'stopped']), guestFiles: [] },
    {
      HOSTNAME: pick(['a', 'Box-1.example.com', `h${below(99)}`]),
      IP_ADDRESS: [...some(address, 4)].sort().join(' '),
      ...maybe('NAMESERVER', () => some(() => `192.0.2.${below(255)}`, 3).join(' ') || '192.0.2.1'),
      ...maybe('SEARCHDOMAIN', domains),
      ...maybe('ONBOOT', () => pick(['yes', 'no'])),
      ...maybe('BOOTORDER', () => String(below(1000))),
      ...maybe('DISKSPACE', () => `${1024 + below(9999)}:${20_000 + below(9999)}`),
      ...maybe('DISKINODES', () => `${below(9999)}:${20_000 + below(9999)}`),
      ...maybe('CPUUNITS', () => String(10 + below(99_990))),
      ...maybe('IOPRIO', () => String(below(8))),
      ...maybe('CPULIMIT', () => String(1 + below(6400))),
      ...maybe('CPUMASK', () => pick(['0', '0-1', '0-1,3', '1,3,5-7'])),
      ...maybe('FEATURES', () => pick(['nfs:on', 'nfs:off ppp:on', 'sit:on sysfs:off'])),
      ...maybe('DEVNODES', () => pick(['fuse:rw', 'fuse:r net/tun:rw'])),
      ...Object.fromEntries(
        ['KMEMSIZE', 'PRIVVMPAGES', 'NUMPROC', 'VMGUARPAGES', 'NUMFILE', 'PHYSPAGES'].flatMap((key) => Object.entries(maybe(key, pair))),
      ),
    },
  )
}

it(`what vzctl was told is read back as it was wanted, whatever it was, ${turns} times`, { timeout: 3_600_000 }, async () => {
  const random = randomFrom(seed)
  const at = drive(host)
  for (let turn = 0; turn < turns; turn++) {
    const spec = randomSpec(random)
    const why = `REEVE_TEST_SEED=${seed}, turn ${turn}: ${JSON.stringify(spec.settings)}`
    expect(await at.apply(spec), why).toMatchObject({ status: 'done' })
    expect(await at.difference(spec), why).toEqual(same)
  }
})
