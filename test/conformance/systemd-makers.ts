import { isProblem, readValue, type Value } from '../../controller/kinds/zone/rdata.ts'
import type { Rr } from '../../controller/kinds/zone/records.ts'
import { recordLines } from '../../controller/kinds/zone/render.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { dnsRecords } from '../../controller/primitives/dnsRecords/spec.ts'
import { dnsZone, zoneMark, zonePath } from '../../controller/primitives/dnsZone/spec.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { debianPackage } from '../../controller/primitives/package/spec.ts'
import { service } from '../../controller/primitives/service/spec.ts'
import type { Dice, Maker } from './settled.ts'

/** What stands on the host before, and random things on top of it. */
export interface Phantom {
  /** Shell text that makes the host ready for so many. */
  before(count: number): string
  readonly maker: Maker
}

const text = { mode: '0644', owner: 'root:root' } as const

function pick<T>(dice: Dice, all: readonly T[]): T {
  return all[dice(all.length)] as T
}

/** By type. `fixed` gives what never changes of the thing with a number. */
export function createPhantoms(fixed: (number: number) => Dice): Readonly<Record<string, Phantom>> {
  const packageName = (number: number): string => `p${number}${pick(fixed(number), ['', '+', '.0', '-x', '++-dev'])}`
  return {
    package: { before: (count) => makePackages(numbers(count).map(packageName)), maker: (number) => [debianPackage(packageName(number))] },
    service: {
      before: (count) =>
        numbers(count)
          .map((number) => makeUnit(number, fixed(number)))
          .join('\n'),
      maker: (number, dice) => serviceOf(number, fixed(number), dice),
    },
    dnsZone: {
      before: (count) =>
        `${numbers(count)
          .map((number) => statement(zoneName(number, fixed(number))))
          .join('\n')}\nsystemctl restart named`,
      maker: (number, dice) => [zoneOf(zoneName(number, fixed(number)), dice)],
    },
    dnsRecords: {
      before: (count) =>
        `install -d -m 2775 -o root -g bind /var/lib/bind/reeve\n${numbers(count)
          .map((number) => updated(zoneName(number, fixed(number))))
          .join('\n')}\nsystemctl restart named`,
      maker: (number, dice) => [recordsOf(zoneName(number, fixed(number)), dice)],
    },
  }
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number)
}

/** A host of the tests has no way to any archive: they lie in a folder of its own. */
function makePackages(names: readonly string[]): string {
  return `set -e
mkdir -p /repo/build/DEBIAN; cd /repo; : >Packages
for name in ${names.join(' ')}; do
  printf 'Package: %s\\nVersion: 1\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.com>\\nDescription: random\\n' "$name" >build/DEBIAN/control
  dpkg-deb -b build "$name.deb" >/dev/null
  { cat build/DEBIAN/control; printf 'Filename: ./%s.deb\\nSize: %s\\nSHA256: %s\\n\\n' "$name" "$(stat -c %s "$name.deb")" "$(sha256sum <"$name.deb" | cut -c1-64)"; } >>Packages
done
rm -f /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
rm -rf /var/lib/apt/lists/*`
}

const unitWords = ['', '_', '.b', '@x', ':1', '-c', '\\x2da']

function unitName(number: number, fixed: Dice): string {
  return `p${number}${pick(fixed, unitWords)}.${pick(fixed, ['service', 'service', 'target'] as const)}`
}

/** A unit of somebody else's package: it runs, or has run; some can be enabled and reloaded. */
function makeUnit(number: number, fixed: Dice): string {
  const name = unitName(number, fixed)
  const body = name.endsWith('.target')
    ? ''
    : `[Service]\n${pick(fixed, ['ExecStart=sleep infinity', 'Type=oneshot\nRemainAfterExit=yes\nExecStart=true'])}\n${pick(fixed, ['', 'ExecReload=true'])}\n`
  const install = pick(fixed, ['', '[Install]\nWantedBy=multi-user.target'])
  return `cat >'/etc/systemd/system/${name}' <<'END'\n[Unit]\nDescription=random\n${body}${install}\nEND`
}

function serviceOf(number: number, fixed: Dice, dice: Dice): readonly Spec[] {
  const unit = unitName(number, fixed)
  const isService = unit.endsWith('.service')
  const own = file({ path: `/etc/random/${number}`, content: `${dice(3)}\n`, ...text })
  const dropIn = file({ path: `/etc/systemd/system/${unit}.d/own.conf`, content: `[Service]\nEnvironment=A=${dice(3)}\n`, ...text })
  const hasDropIn = isService && fixed(3) === 0
  const loads = isService ? [own, ...(hasDropIn ? [dropIn] : [])] : []
  return [
    ...loads,
    service({
      unit,
      state: pick(dice, ['running', 'running', 'stopped']),
      reload: pick(dice, ['reload', 'restart']),
      loads,
      ...(hasDropIn ? { startsWith: [dropIn.id] } : {}),
      ...(dice(3) === 0 ? {} : { isEnabled: dice(2) === 0 }),
      ...(dice(3) === 0 ? { check: { argv: ['echo', pick(dice, ["it's", '$(id)', '"'])], failOn: ['bad'] } } : {}),
    }),
  ]
}

function zoneName(number: number, fixed: Dice): string {
  return `${pick(fixed, ['z', '_z', 'a-', '0/'])}${number}.${pick(fixed, ['example.', 'in-addr.arpa.', 'a.b.c.d.example.'])}`
}

function statement(zone: string): string {
  return `echo 'zone "${zone.slice(0, -1)}" { type primary; file "${zonePath(zone)}"; notify no; };' >>/etc/bind/named.conf.local`
}

/** A zone that others update, as somebody made it. */
function updated(zone: string): string {
  const path = zonePath(zone)
  return `printf '%s\\n' '$TTL 60' '${zone} SOA ns.example.org. root.example.org. 1 60 60 600 60' '${zone} NS ns.example.org.' >'${path}'
chown bind:bind '${path}'
echo 'zone "${zone.slice(0, -1)}" { type primary; file "${path}"; notify no; update-policy { grant local-ddns zonesub ANY; }; allow-transfer { localhost; }; };' >>/etc/bind/named.conf.local`
}

const hex = (dice: Dice, bytes: number): string => Array.from({ length: bytes }, () => dice(256).toString(16).padStart(2, '0')).join('')
const pieces = ['a', 'é', '漢', ' ', '"', '\\', ';', '(', '@', '$(id)', '`', '\t', '\0', 'v=spf1']
const words = (dice: Dice, most: number): string => Array.from({ length: dice(most) }, () => pick(dice, pieces)).join('')
const host = (dice: Dice): string => `${pick(dice, ['a', 'b-c', 'x1', 'n'.repeat(63)])}.example.org.`

/** By type: a value as a manifest may say it. */
const values: Readonly<Record<string, (dice: Dice) => Value>> = {
  A: (dice) => `192.0.2.${dice(256)}`,
  AAAA: (dice) => `2001:DB8::${dice(65_536).toString(16)}`,
  TXT: (dice) => `x${words(dice, 200)}`,
  MX: (dice) => ({ preference: dice(65_536), exchange: host(dice) }),
  SRV: (dice) => ({ priority: dice(9), weight: dice(65_536), port: dice(65_536), target: host(dice) }),
  CAA: (dice) => ({ flags: pick(dice, [0, 128]), tag: 'issue', value: pick(dice, ['ca.example', ';', 'ca.example; a=b']) }),
  PTR: host,
  TLSA: (dice) => ({ usage: dice(4), selector: dice(2), matching: 1, data: hex(dice, 32) }),
  SSHFP: (dice) => ({ algorithm: 4, fingerprintType: 2, fingerprint: hex(dice, 32) }),
  URI: (dice) => ({ priority: dice(9), weight: dice(9), target: `https://x/${dice(99)}?a="b"` }),
  HTTPS: (dice) => ({ priority: 1, target: '.', params: { alpn: 'h2,h3', port: `${dice(65_536)}` } }),
  TYPE731: (dice) => hex(dice, dice(40) + 1),
}

/** Their owners are hosts, and their names are those of hosts (RFC 1123 2.1). */
const ofHosts = ['A', 'AAAA', 'MX']

function someRecords(zone: string, dice: Dice): readonly Rr[] {
  const types = Object.keys(values).filter((type) => !/[_/]/.test(zone) || !ofHosts.includes(type))
  const some = Array.from({ length: dice(30) }, (_, index): readonly Rr[] => {
    const type = pick(dice, types)
    const rdata = readValue(type, values[type]?.(dice) ?? '', zone)
    const owner = `${pick(dice, ['', '*.', 'a.', 'x-1.'])}${ofHosts.includes(type) ? 'h' : '_r'}${index}.${zone}`
    return isProblem(rdata) ? [] : [{ owner, ttl: pick(dice, [0, 60, 3600, 2_147_483_647]), type, rdata }]
  })
  return some.flat()
}

const anything = { maxDeletePercent: 100, maxUpdatePercent: 100, minExisting: 0 }

function recordsOf(zone: string, dice: Dice): Spec {
  const sets = [...Map.groupBy(someRecords(zone, dice), ({ owner, type }) => `${owner} ${type}`).values()]
  return dnsRecords({
    zone,
    soa: {
      ttl: 60,
      names: ['ns.example.org.', pick(dice, ['root.example.org.', 'a\\.b.example.org.'])],
      times: [60 + dice(9), 60, 600, 60],
    },
    sets: sets.flatMap((set) => {
      const [first] = set
      return first === undefined
        ? []
        : [{ name: first.owner, type: first.type, ttl: first.ttl, values: set.map(({ rdata }) => rdata.text) }]
    }),
    safety: anything,
  })
}

function zoneOf(zone: string, dice: Dice): Spec {
  const records = recordLines(someRecords(zone, dice)).join('')
  return dnsZone({
    zone,
    role: {
      type: 'primary',
      before: `${zoneMark('conform', 'Kind/one')}$TTL 60\n${zone} 60 IN SOA ns.example.org. root.example.org. (\n`,
      after: `${60 + dice(9)} 60 600 60 )\n${zone} 60 IN NS ns.example.org.\n${records}`,
      policy: pick(dice, ['counter', 'dateserial', 'unixtime']),
      signing: 'none',
      safety: anything,
    },
  })
}
