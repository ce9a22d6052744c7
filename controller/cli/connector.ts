import { readFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import type { HostHandle } from '../loop/ports.ts'
import type { Log } from '../model/log.ts'
import type { Manifest } from '../model/manifest.ts'
import { reasonOf } from '../model/reason.ts'
import type { Identity, Jump } from '../ssh/connect.ts'
import { createSshHost, type SshHost } from '../ssh/host.ts'
import { silentLog } from './context.ts'
import { CommandEnd } from './exit.ts'

/** The part of a Hypervisor's spec that says how to reach it. */
interface Way {
  readonly address: string
  readonly ports?: readonly number[]
  readonly user?: string
  readonly become?: 'None' | 'Sudo'
  readonly hostKeys: readonly string[]
  readonly identity?: string
  readonly jump?: string
}

/** How a login becomes root: as the manifest says, else by sudo for everybody who is not root already. */
export function becomeOf({ user = 'root', become }: Pick<Way, 'user' | 'become'>): 'none' | 'sudo' {
  return (become ?? (user === 'root' ? 'None' : 'Sudo')) === 'Sudo' ? 'sudo' : 'none'
}

/**
 * Makes connections to hypervisors as their manifests and reeve.yaml say. Nothing is opened before it is used. Throws where a key of reeve.yaml cannot be read;
 * what a manifest names and reeve.yaml does not have makes that one hypervisor unreachable.
 */
export function createConnector(
  config: Config,
  log: Log,
  onRoundTrip: OnRoundTrip,
): (hypervisor: Manifest, all: readonly Manifest[]) => HostHandle {
  const open = createOpener(config, log, onRoundTrip)
  return (hypervisor, all) => open.host(hypervisor.name, hypervisor.spec as Way, all, [])
}

/** The way through a Hypervisor of the fleet or a host of reeve.yaml. A name that is neither rejects when it is used. */
export function openJump(config: Config, name: string, all: readonly Manifest[]): Jump & AsyncDisposable {
  return createOpener(config, silentLog, () => {}).jump(name, all, [])
}

type OnRoundTrip = (hypervisor: string, seconds: number) => void

function createOpener(config: Config, log: Log, onRoundTrip: OnRoundTrip) {
  for (const [name, named] of Object.entries(config.identities)) if ('privateKeyFile' in named) readKey(name, named.privateKeyFile)
  const host = (name: string, way: Way, all: readonly Manifest[], hops: readonly string[]): SshHost => {
    const { address, ports = [22], user = 'root', hostKeys } = way
    const through = way.jump === undefined ? undefined : jump(way.jump, all, [...hops, name])
    const made = createSshHost({
      settings: { name, address, ports, user, become: becomeOf(way), hostKeys },
      identity: () => identityOf(config, way.identity ?? 'default'),
      deadlines: { connectMs: config.timeouts.connectMs, keepaliveMs: 15_000 },
      log,
      onRoundTrip: (seconds) => onRoundTrip(name, seconds),
      ...(through ? { jump: through } : {}),
    })
    return through === undefined ? made : endingBoth(made, through)
  }
  const jump = (name: string, all: readonly Manifest[], hops: readonly string[]): Jump & AsyncDisposable => {
    if (hops.includes(name)) return noWay(`jump hosts go in a circle: ${[...hops, name].join(' → ')}`)
    const manifest = all.find((one) => one.name === name)
    if (manifest) return host(name, manifest.spec as Way, all, hops)
    const known = config.jumpHosts[name]
    if (known === undefined) return noWay(`jump host ${JSON.stringify(name)} is neither a Hypervisor nor under jumpHosts in reeve.yaml`)
    return host(name, { ...known, ports: [known.port] }, all, hops)
  }
  return { host, jump }
}

/** The way through another machine is opened for this host alone, and ends with it. */
function endingBoth(host: SshHost, through: AsyncDisposable): SshHost {
  const end = host[Symbol.asyncDispose].bind(host)
  return Object.assign(host, {
    async [Symbol.asyncDispose]() {
      await end()
      await through[Symbol.asyncDispose]()
    },
  })
}

function identityOf(config: Config, name: string): Identity {
  const named = config.identities[name]
  if (named === undefined) throw new CommandEnd(`reeve.yaml has no identity ${JSON.stringify(name)}; write it under identities`)
  if ('agent' in named) return { type: 'agent', socket: process.env['SSH_AUTH_SOCK'] ?? '' }
  return { type: 'key', privateKey: readKey(name, named.privateKeyFile) }
}

function noWay(because: string): Jump & AsyncDisposable {
  return { forward: () => Promise.reject(new Error(because)), [Symbol.asyncDispose]: () => Promise.resolve() }
}

function readKey(name: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new CommandEnd(`identity ${name}: ${file} cannot be read: ${reasonOf(error)}`)
  }
}
