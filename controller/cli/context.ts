import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type Config, readConfig } from '../config.ts'
import type { GivenApprovals } from '../git/admission.ts'
import { createGitSource, type GitSource, type GitSourceOptions } from '../git/source.ts'
import { kinds } from '../kinds/registry.ts'
import type { HostHandle, LoopClock } from '../loop/ports.ts'
import type { RevisionRules } from '../loop/revision.ts'
import { createFileMemo } from '../manifests/memo.ts'
import { type Crd, createSchemas } from '../manifests/schemas.ts'
import { isManifestPath, isReadPath } from '../manifests/tree.ts'
import type { Log } from '../model/log.ts'
import type { Manifest } from '../model/manifest.ts'
import { reasonOf } from '../model/reason.ts'
import { primitives } from '../primitives/registry.ts'
import { formatDiagnostics } from '../report/diagnostics.ts'
import { createPaint, type Paint } from '../report/paint.ts'
import { createVault, noVault, parseIdentities, type Vault } from '../secrets/age.ts'
import type { Identity, Jump } from '../ssh/connect.ts'
import { createSshHost, type SshHost } from '../ssh/host.ts'
import type { Store } from '../store/store.ts'
import { CommandEnd, orEnd } from './exit.ts'
import { makeFolder } from './folder.ts'

/** Where reeve.yaml is looked for, in this order, when nobody names it. */
const configPlaces = ['reeve.yaml', '/etc/reeve/reeve.yaml']

/** The kinds with their schemas, as the repository of Reeve itself carries them. */
export function readRules(fleet: string, { open }: Vault = noVault): RevisionRules {
  const folder = join(import.meta.dirname, '../../crds')
  const crds = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => parse(readFileSync(join(folder, name), 'utf8')) as Crd)
  const byKind = new Map(kinds.map((kind) => [kind.kind, kind]))
  return { fleet, schemas: createSchemas(crds), kinds: byKind, allKinds: kinds, primitives, openSecret: open, memo: createFileMemo() }
}

/** Variable with the text of an identity file, for where there is no place for a file (CI). */
export const identityVariable = 'REEVE_SECRETS_IDENTITY'

/** The keys that open secrets: of the file that reeve.yaml names, or of the environment, which no child process inherits then. */
export function openVault({ secrets }: Pick<Config, 'secrets'>): Vault {
  const text = process.env[identityVariable]
  delete process.env[identityVariable]
  try {
    if (text !== undefined && text !== '') return createVault(parseIdentities(text, identityVariable), identityVariable)
    const file = secrets?.identityFile
    if (file === undefined) return noVault
    return createVault(parseIdentities(readFileSync(file, 'utf8'), file), file)
  } catch (error) {
    throw new CommandEnd(`the identity for secrets cannot be used: ${reasonOf(error)}`)
  }
}

/** Reads the configuration; ends the command with every error of it at once. */
export function loadConfig(named: string | undefined, over: Readonly<Record<string, string>> = {}): Config {
  const path = named ?? process.env['REEVE_CONFIG'] ?? configPlaces.find((place) => existsSync(place))
  const environment = { ...process.env, ...over }
  if (path === undefined && environment['REEVE_FLEET'] === undefined)
    throw new CommandEnd(`there is no ${configPlaces.join(' or ')}; name one with --config, or copy reeve.example.yaml`)
  const reading = readConfig({ file: path ?? 'reeve.yaml', bytes: path === undefined ? undefined : readOrEnd(path), environment })
  if (reading.diagnostics.length > 0) process.stderr.write(formatDiagnostics(reading.diagnostics, { format: 'text' }))
  if (reading.status === 'invalid') throw new CommandEnd(`${path ?? 'the environment'} is not usable as configuration`)
  return reading.config
}

function readOrEnd(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CommandEnd(`the configuration ${path} cannot be read: ${reasonOf(error)}`)
  }
}

/** Who applies, for people who find an apply on a host and wonder whose it is. */
export function processName(command: string): string {
  return `reeve ${command} on ${hostname()}, process ${process.pid}`
}

export const clock: LoopClock = {
  nowSeconds: () => Date.now() / 1000,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

export function randomHex(bytes = 16): string {
  return randomBytes(bytes).toString('hex')
}

/** `isRecorded: false` for commands that only look: what they let in is not in force for others. */
export function openGit(config: Config, options: { readonly approvals?: GivenApprovals; readonly isRecorded?: boolean } = {}): GitSource {
  makeFolder(config.stateDir, 'stateDir')
  const { url, branch, path, pollMs, identityFile, knownHosts, certificateAuthority, trust } = config.repository
  const optional = {
    ...(identityFile === undefined ? {} : { identityFile }),
    ...(knownHosts === undefined ? {} : { knownHosts }),
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    ...(trust === undefined ? {} : { trust }),
    ...options,
  }
  const source: GitSourceOptions = {
    url,
    branch,
    path,
    pollMs,
    stateDir: config.stateDir,
    isManifest: isManifestPath,
    environment: process.env,
    random: Math.random,
    clock: { nowMs: Date.now, after: clock.after },
    ...optional,
  }
  return orEnd(() => createGitSource(source))
}

/** Approvals of the store, as far as the repository itself needs them. */
export function approvalsOf(store: Pick<Store, 'approvals' | 'withdraw'>): GivenApprovals {
  return { has: (hash) => store.approvals().some((given) => given.hash === hash), use: (hash) => store.withdraw(hash) }
}

export { isReadPath as wants }

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
    return createSshHost({
      settings: { name, address, ports, user, become: becomeOf(way), hostKeys },
      identity: () => identityOf(config, way.identity ?? 'default'),
      deadlines: { connectMs: config.timeouts.connectMs, keepaliveMs: 15_000 },
      log,
      onRoundTrip: (seconds) => onRoundTrip(name, seconds),
      ...(through ? { jump: through } : {}),
    })
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

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Colours only on a terminal, and not where NO_COLOR is set. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return createPaint(stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '')
}
