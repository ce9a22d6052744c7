import { type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { NetworkProbe, Spec } from '../../model/primitive.ts'
import { bytesOf, sha256 } from '../../shell/inspect.ts'

/** A daemon's own checker of its configuration. */
export interface Checker {
  /** What people call it. Default the words of its command. */
  readonly name?: string
  /** Words of the command: `['nginx', '-t']`. */
  readonly argv: readonly string[]
  /** Text in its output that counts as failure although it exits with 0: `conflicting server name`. */
  readonly failOn: readonly string[]
  /** Words of a second command, asked where the first one is content: what the wanted configuration must find on the target. What is live is not asked it. */
  readonly expects?: readonly string[]
}

/** A systemd unit, what it loads, and how that is checked, loaded and proven. */
export interface ServiceSpec extends Spec<'service'> {
  /** With its suffix: `nginx.service`. */
  readonly unit: string
  /** Whether it starts at boot; absent: left as it is. */
  readonly isEnabled?: boolean
  readonly state: 'running' | 'stopped'
  /** Things on the same target whose content it loads. */
  readonly loads: readonly PrimitiveId[]
  /** What names the content of these, one for each manifest that asks. */
  readonly digests: readonly string[]
  readonly check?: Checker
  /** Those of `loads` that only a start reads (what its unit begins with): their change owes a restart, whatever `reload` says. */
  readonly startsWith?: readonly PrimitiveId[]
  /** What names the content of those. */
  readonly startDigest?: string
  /** How it takes a new configuration. */
  readonly reload: 'reload' | 'restart'
  /** Asked from the controller after the load: all must answer as said, or the transaction is undone. */
  readonly prove: readonly NetworkProbe[]
}

export interface WantedService extends Omit<ServiceSpec, 'type' | 'id' | 'loads' | 'digests' | 'startDigest' | 'prove'> {
  /** The specs that it loads. */
  readonly loads?: readonly Spec[]
  readonly prove?: readonly NetworkProbe[]
}

/** A backslash only as systemd-escape(1) writes what is no letter of a path. */
const unitGrammar = /^[A-Za-z0-9_]([A-Za-z0-9_.@:-]|\\x[0-9a-f]{2}){0,200}\.(service|socket|timer|path|mount|target)$/

export function isUnitName(text: string): boolean {
  return unitGrammar.test(text)
}

/** Where a unit mounts: systemd.mount(5) takes the path for its name, systemd-escape(1). Undefined for any other unit. */
export function pathOfMountUnit(unit: string): string | undefined {
  if (!unit.endsWith('.mount') || unit === '-.mount') return undefined
  const words = unit.slice(0, -'.mount'.length).split('-')
  return `/${words.map((word) => word.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))).join('/')}`
}

/** A service as it shall be. */
export function service({ loads = [], prove = [], ...wanted }: WantedService): ServiceSpec {
  if (!isUnitName(wanted.unit)) throw new Error(`not a unit: ${JSON.stringify(wanted.unit)}`)
  const digests = loads.length === 0 ? [] : [digestOf(loads)]
  const start = wanted.startsWith && { startDigest: digestOf(loads.filter(({ id }) => wanted.startsWith?.includes(id))) }
  return {
    ...wanted,
    ...start,
    type: 'service',
    id: primitiveId('service', wanted.unit),
    loads: sorted(loads.map(({ id }) => id)),
    digests,
    prove,
  }
}

/** Names the content of specs. Secrets are left out: where one changes, its own change says so. */
function digestOf(specs: readonly Spec[]): string {
  const text = JSON.stringify(specs, (_, value) => (value instanceof Uint8Array ? sha256(bytesOf(value)) : value))
  return sha256(text).slice(0, 16)
}

/** One service that two manifests ask for. */
export function mergeServices(one: ServiceSpec, other: ServiceSpec): ServiceSpec | string {
  if (one.state !== other.state) return `one wants ${one.unit} ${one.state}, the other ${other.state}`
  if ((one.isEnabled ?? other.isEnabled) !== (other.isEnabled ?? one.isEnabled))
    return `one wants ${one.unit} enabled at boot, the other not`
  if (one.check && other.check && JSON.stringify(one.check) !== JSON.stringify(other.check)) return `they check ${one.unit} differently`
  if (one.startDigest !== other.startDigest) return `they begin ${one.unit} with different things`
  const isEnabled = one.isEnabled ?? other.isEnabled
  const check = one.check ?? other.check
  return {
    ...one,
    ...(isEnabled === undefined ? {} : { isEnabled }),
    ...(check === undefined ? {} : { check }),
    loads: sorted([...one.loads, ...other.loads]),
    digests: sorted([...one.digests, ...other.digests]),
    reload: one.reload === 'restart' ? 'restart' : other.reload,
    prove: [...new Map([...one.prove, ...other.prove].map((probe) => [JSON.stringify(probe), probe])).values()],
    needs: [...(one.needs ?? []), ...(other.needs ?? [])],
  }
}

function sorted<T extends string>(all: readonly T[]): readonly T[] {
  return [...new Set(all)].sort()
}
