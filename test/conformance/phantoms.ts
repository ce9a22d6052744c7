import type { Counts } from './settled.ts'

export const isLong = process.env['REEVE_TEST_LONG'] === '1'

export const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Where random specs of a primitive are applied: a shell in namespaces, or a whole Debian under systemd. */
type Where = 'shell' | 'systemd'

/** How many random specs of each primitive: in the usual run, and in the long one. Interfaces and kernel settings are few and slow. */
const counts: Readonly<Record<string, readonly [where: Where, usual: Counts, long: Counts]>> = {
  file: ['shell', [60, 30], [1000, 100]],
  tree: ['shell', [40, 20], [1000, 50]],
  link: ['shell', [60, 30], [1000, 100]],
  block: ['shell', [40, 20], [1000, 50]],
  setting: ['shell', [16, 8], [1000, 8]],
  sysctl: ['shell', [42, 21], [1000, 21]],
  account: ['shell', [16, 8], [1000, 50]],
  group: ['shell', [16, 8], [1000, 50]],
  bridge: ['shell', [20, 10], [1000, 20]],
  diskImage: ['shell', [12, 6], [1000, 50]],
  openvzSample: ['shell', [20, 10], [1000, 50]],
  mailRecipients: ['shell', [12, 6], [1000, 50]],
  package: ['systemd', [4, 4], [1000, 50]],
  service: ['systemd', [8, 4], [1000, 50]],
  dnsZone: ['systemd', [8, 4], [1000, 50]],
  dnsRecords: ['systemd', [8, 4], [1000, 50]],
}

/** Those of one place, as a table of tests. */
export function countsOn(where: Where): readonly (readonly [all: number, type: string, each: number])[] {
  return Object.entries(counts).flatMap(([type, [at, usual, long]]) => {
    const [all, each] = isLong ? long : usual
    return at === where ? [[all, type, each] as const] : []
  })
}

/** Tests that hold the others against it: their random things are not specs alone, but what a kind makes them of, or need a machine of their own. */
export const phantomsElsewhere: Readonly<Record<string, string>> = {
  nftTable: 'test/primitives/nftTable/random.test.ts',
  openvzContainer: 'test/primitives/openvzContainer/phantom.test.ts',
  lxcContainer: 'test/lxc/phantom.test.ts',
  volumeGroup: 'test/primitives/volume.lab.test.ts',
  logicalVolume: 'test/primitives/volume.lab.test.ts',
  filesystem: 'test/primitives/volume.lab.test.ts',
  mount: 'test/primitives/volume.lab.test.ts',
  swap: 'test/primitives/volume.lab.test.ts',
  mailQueue: 'test/primitives/mailQueue.test.ts',
  mailHoldings: 'test/primitives/mailHoldings.test.ts',
}
