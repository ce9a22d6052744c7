import type { Mark } from '../../model/observation.ts'
import type { OpenvzContainerSpec, VirtualEthernet } from './spec.ts'
import { canonicalValue, isSetting } from './values.ts'

/** What our comment in a configuration says: whose it is, and how far its creation came. */
export interface OwnMark extends Mark {
  /** `creating`: made by us, never finished and never started. */
  readonly state: 'creating' | 'made'
  /** What the root file system was made from: first 16 digits of the archive's checksum, or the name in the cache; absent: unknown. */
  readonly template?: string
  /** First 12 digits of a hash of the guest's files that a restart writes again. */
  readonly guest?: string
}

interface Line {
  readonly number: number
  readonly key: string
  readonly value: string
}

/** /etc/vz/conf/CTID.conf as vzctl reads it. */
export interface Conf {
  readonly lines: readonly Line[]
  readonly mark?: OwnMark
}

const markLine =
  /^# reeve fleet=([a-z0-9-]{1,63}) owner=([A-Za-z]{1,40}\/[a-z0-9-]{1,63}) state=(creating|made)(?: template=([A-Za-z0-9_.+-]{1,128}))?(?: guest=([0-9a-f]{12}))?$/m

/** As vzctl reads it (ctid.conf(5)): comments, NAME="value"; what it cannot read it ignores. Never sourced. */
export function readConf(text: string): Conf {
  const lines = text.split('\n').flatMap((line, index) => readLine(line, index + 1))
  const match = markLine.exec(text)
  if (!match) return { lines }
  const [, fleet = '', owner = '', state = 'made', template, guest] = match
  return {
    lines,
    mark: {
      ...{ fleet, owner, state: state as OwnMark['state'] },
      ...(template === undefined ? {} : { template }),
      ...(guest === undefined ? {} : { guest }),
    },
  }
}

function readLine(line: string, number: number): readonly Line[] {
  const trimmed = line.trim()
  const equals = trimmed.indexOf('=')
  if (trimmed === '' || trimmed.startsWith('#') || equals < 1) return []
  const raw = trimmed.slice(equals + 1).replace(/"$/, '')
  return [{ number, key: trimmed.slice(0, equals), value: raw.replace(/^"/, '') }]
}

/** The value in force: of a parameter that stands twice vzctl takes the first. */
export function valueIn(conf: Conf, key: string): string | undefined {
  const line = conf.lines.find((one) => one.key === key)
  return line === undefined ? undefined : canonicalValue(key, line.value)
}

/** Parameters of ours that stand twice with different values: vzctl takes the first, a script that sources the file the last. */
export function contradictions(conf: Conf): readonly string[] {
  return conf.lines.flatMap((line) => {
    const first = conf.lines.find((one) => one.key === line.key)
    if (first === undefined || first === line || !isOurs(line.key)) return []
    if (canonicalValue(line.key, first.value) === canonicalValue(line.key, line.value)) return []
    return [`${line.key} stands in lines ${first.number} and ${line.number}, with different values`]
  })
}

function isOurs(key: string): boolean {
  return isSetting(key) || ['NETIF', 'VE_PRIVATE', 'OSTEMPLATE'].includes(key)
}

/** VE_PRIVATE with its variable replaced, as vzctl does it. */
export function privateAreaIn(conf: Conf, ctid: string): string | undefined {
  return valueIn(conf, 'VE_PRIVATE')?.replaceAll(/\$VEID|\$\{VEID\}/g, ctid)
}

/** Our comment. The one place where it is written; a surprise is a bug. */
export function renderMark(mark: OwnMark): string {
  const template = mark.template === undefined ? '' : ` template=${mark.template}`
  const guest = mark.guest === undefined ? '' : ` guest=${mark.guest}`
  const line = `# reeve fleet=${mark.fleet} owner=${mark.owner} state=${mark.state}${template}${guest}`
  if (!markLine.test(line)) throw new Error(`not a mark: ${JSON.stringify(line)}`)
  return line
}

/** What the mark says that a container of this spec is made from. */
export function templateOf({ creation }: OpenvzContainerSpec): string | undefined {
  return creation?.archive?.sha256.slice(0, 16) ?? creation?.ostemplate
}

/** A device of NETIF as the configuration has it. */
export interface Device {
  readonly name: string
  readonly bridge: string
  readonly mac: string
  readonly veth: string
}

/** `ifname=eth0,bridge=br0,mac=…,host_ifname=veth101.0;ifname=…`. */
export function devicesIn(conf: Conf): readonly Device[] {
  const value = valueIn(conf, 'NETIF') ?? ''
  return value
    .split(';')
    .filter((device) => device !== '')
    .map((device) => {
      const parts = new Map(device.split(',').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]))
      const part = (key: string): string => parts.get(key) ?? ''
      return { name: part('ifname'), bridge: part('bridge'), mac: part('mac').toLowerCase(), veth: part('host_ifname') }
    })
}

/** For people and for comparing: what `wanted` asks for, and nothing that vzctl made up. */
export function describeDevice(device: Device | VirtualEthernet, wanted: VirtualEthernet): string {
  const parts = [
    ['mac', wanted.mac === undefined ? undefined : device.mac?.toLowerCase()],
    ['veth', wanted.veth === undefined ? undefined : device.veth],
  ]
  return [`bridge=${device.bridge}`, ...parts.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))].join(',')
}
