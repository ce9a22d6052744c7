import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { isDnsLabel } from '../model/ids.ts'
import { reasonOf } from '../model/reason.ts'
import { visible } from '../report/visible.ts'
import type { Secret } from '../shell/secret.ts'
import { sh } from '../shell/sh.ts'
import { dial, type Jump } from '../ssh/connect.ts'
import { isHostError } from '../ssh/failure.ts'
import { createSshHost } from '../ssh/host.ts'
import { type OfferedHostKey, offeredHostKeys } from '../ssh/hostkey.ts'
import { type Login, type LoginSettings, login, publicHalf, type Ran, type Sudo } from '../ssh/login.ts'
import { parsePublicKey } from '../ssh/pin.ts'
import {
  bootstrapScript,
  factsScript,
  isUserName,
  type ManifestFacts,
  manifestText,
  missingOn,
  nameFrom,
  readFacts,
} from './bootstrapHost.ts'
import { canAsk, confirmed } from './confirm.ts'
import { openJump } from './connector.ts'
import { loadConfig, silentLog } from './context.ts'
import { CommandEnd } from './exit.ts'
import { askPassword, passwordFromStdin } from './password.ts'
import { readHypervisors } from './takeover.ts'

interface Options {
  readonly config?: string
  readonly port: string
  readonly name?: string
  readonly user: string
  readonly identity: string
  readonly publicKey?: string
  readonly jump?: string
  readonly key?: string
  readonly passwordStdin?: boolean
  readonly fingerprint?: string
  readonly yes?: boolean
}

/** Reeve's own key: both halves where reeve.yaml names the file, else only the public one. */
interface OwnKey {
  readonly line: string
  readonly privateKey?: Uint8Array
}

const deadlineMs = 30_000
/** Where sudo must be installed first. */
const makeMs = 300_000

export function addBootstrap(program: Command): void {
  program
    .command('bootstrap')
    .argument('<user@host>', 'a login that a person has there: root, or somebody with sudo')
    .option('--config <file>', 'reeve.yaml, for the key that Reeve logs in with')
    .option('-p, --port <port>', 'its SSH port', '22')
    .option('--name <name>', 'name of the manifest; default what the host calls itself')
    .option('--user <user>', 'user that Reeve logs in as', 'reeve')
    .option('--identity <name>', "Reeve's key, by its name in reeve.yaml", 'default')
    .option('--public-key <file>', "the public half of Reeve's key, instead of reeve.yaml")
    .option(
      '--jump <name>',
      'go through this Hypervisor of the repository, or this host of jumpHosts in reeve.yaml; the manifest says so too',
    )
    .option('--key <file>', 'private key for this first login; else the ssh-agent, else a password')
    .option('--password-stdin', 'the password is the first line of stdin; else a terminal asks for it')
    .option('--fingerprint <sha256>', 'SHA256:… of the host key as its console shows it; else a terminal shows it and asks')
    .option('--yes', 'do what is missing without asking')
    .description('first access to a machine: user, key, sudo; prints its Hypervisor manifest (exit 0 done, 1 not done)')
    .action((where: string, options: Options) => bootstrap(where, options))
}

const say = (line: string): void => void process.stderr.write(`${visible(line)}\n`)

async function bootstrap(where: string, options: Options): Promise<void> {
  const to = parseWhere(where, options)
  const own = ownKey(options)
  await using jump = await jumpOf(options)
  const way = jump === undefined ? {} : { jump }
  const hostKey = await chooseHostKey({ ...to, ...way }, options)
  await using session = await open({ ...to, ...way, hostKey: hostKey.line }, options)
  const wanted = { user: options.user, publicKey: own.line }
  const facts = readFacts((await asRoot(session, factsScript(wanted), 'it cannot be looked at')).stdout)
  const name = options.name ?? nameFrom(facts.hostname)
  if (name === undefined)
    throw new CommandEnd(
      `the host calls itself ${JSON.stringify(facts.hostname.slice(0, 80))}, which is no name of a manifest: give one with --name`,
    )
  const missing = missingOn(facts, wanted)
  for (const { title } of missing) say(`to do on ${to.address}: ${title}`)
  if (missing.length === 0) say(`${to.address} has all that Reeve needs: nothing to do`)
  else if (!options.yes && !(canAsk() && (await confirmed('Do this?')))) throw new CommandEnd('nothing was changed; to do it: --yes', 1)
  else await asRoot(session, bootstrapScript(missing), 'not all of it could be done; what was done stays, and asking again goes on')
  const { user, identity } = options
  const manifest = { name, address: to.address, port: to.port, user, hostKey: hostKey.line, identity, jump: options.jump }
  await prove(manifest, own, way)
  process.stdout.write(manifestText(manifest))
}

function parseWhere(where: string, options: Options): { readonly user: string; readonly address: string; readonly port: number } {
  const [, user = '', address = ''] = /^([^@\s]+)@([A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?)$/.exec(where) ?? []
  if (user === '' || address === '') throw new CommandEnd(`${JSON.stringify(where)}: write USER@HOST`)
  if (!/^\d{1,5}$/.test(options.port) || Number(options.port) < 1 || Number(options.port) > 65_535)
    throw new CommandEnd(`--port: ${JSON.stringify(options.port)} is not a port (1 to 65535)`)
  if (!isUserName(options.user)) throw new CommandEnd(`--user: ${JSON.stringify(options.user)} is no name of a user`)
  if (options.name !== undefined && !isDnsLabel(options.name))
    throw new CommandEnd(`--name: ${JSON.stringify(options.name)} is no name of a manifest (a DNS label)`)
  return { user, address, port: Number(options.port) }
}

function ownKey(options: Options): OwnKey {
  if (options.publicKey !== undefined) return { line: readPublic(options.publicKey) }
  const named = loadConfig(options.config).identities[options.identity]
  if (named === undefined) throw new CommandEnd(`reeve.yaml has no identity ${JSON.stringify(options.identity)}; write it under identities`)
  if ('agent' in named)
    throw new CommandEnd(`identity ${options.identity} is an ssh-agent: give the public half of the key that it holds with --public-key`)
  const privateKey = readFile(named.privateKeyFile)
  try {
    return { line: publicHalf(privateKey).line, privateKey }
  } catch (error) {
    throw new CommandEnd(`identity ${options.identity}: ${named.privateKeyFile} is no private key without a passphrase: ${reasonOf(error)}`)
  }
}

function readPublic(file: string): string {
  const line = parsePublicKey(readFile(file).toString('utf8'))
  if (line === undefined) throw new CommandEnd(`--public-key: ${file} holds no public key (one line: ssh-ed25519 AAAA…)`)
  return line
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new CommandEnd(`${file} cannot be read: ${reasonOf(error)}`)
  }
}

type Way = Pick<LoginSettings, 'address' | 'port' | 'jump'>

/** The repository is only read for a name that reeve.yaml does not know. */
async function jumpOf({ jump, config }: Options): Promise<(Jump & AsyncDisposable) | undefined> {
  if (jump === undefined) return undefined
  const read = loadConfig(config)
  return openJump(read, jump, read.jumpHosts[jump] === undefined ? await readHypervisors(read) : [])
}

/** One key, compared by a person, is pinned, and no other: whoever stands between could offer a true one that was shown and prove himself by another. */
export async function chooseHostKey({ address, port, jump }: Way, { fingerprint }: Pick<Options, 'fingerprint'>): Promise<OfferedHostKey> {
  const forward = jump?.forward.bind(jump) ?? dial
  const offered = await offeredHostKeys({ address, port, deadlineMs, forward }).catch((error: unknown) => {
    throw new CommandEnd(`${address} port ${port}: ${reasonOf(error)}`, 1)
  })
  const [best] = offered
  if (best === undefined) throw new CommandEnd(`${address} port ${port} offers no host key that Reeve knows`, 1)
  if (fingerprint !== undefined) {
    const found = offered.find((key) => key.fingerprint === fingerprint)
    if (found === undefined)
      throw new CommandEnd(
        `${address} offers ${offered.map((key) => `${key.type} ${key.fingerprint}`).join(', ')}, none of them ${fingerprint}: it is another machine, or somebody is between`,
        1,
      )
    return found
  }
  say(
    `${address} shows the host key ${best.type} ${best.fingerprint}\nCompare it on its console: ssh-keygen -lf /etc/ssh/ssh_host_${consoleName(best.type)}_key.pub`,
  )
  if (canAsk() && (await confirmed('Is it the same?'))) return best
  throw new CommandEnd(`nothing was sent to ${address}; once it is compared: --fingerprint ${best.fingerprint}`, 1)
}

function consoleName(type: string): string {
  if (type === 'ssh-rsa') return 'rsa'
  return type.startsWith('ecdsa') ? 'ecdsa' : 'ed25519'
}

interface Session extends AsyncDisposable {
  readonly login: Login
  readonly user: string
  /** A password that was given already, for sudo too. */
  readonly password: Secret | undefined
}

/** Keys first; a password is asked for only where they are refused or absent. */
async function open(to: Omit<LoginSettings, 'agent' | 'privateKey' | 'password'>, options: Options): Promise<Session> {
  const agent = options.key === undefined && !options.passwordStdin ? process.env['SSH_AUTH_SOCK'] : undefined
  const keys = { ...(agent ? { agent } : {}), ...(options.key === undefined ? {} : { privateKey: readFile(options.key) }) }
  const given = options.passwordStdin ? await passwordFromStdin() : undefined
  const opened = Object.keys(keys).length === 0 ? undefined : await login({ ...to, ...keys }, deadlineMs).catch(unlessRefused)
  if (opened) return sessionOf(opened, to.user, given)
  const password = given ?? (await askPassword(`Password of ${to.user} on ${to.address}`))
  return sessionOf(await login({ ...to, password }, deadlineMs).catch(endWith), to.user, password)
}

function sessionOf(opened: Login, user: string, password: Secret | undefined): Session {
  return { login: opened, user, password, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }
}

function unlessRefused(error: unknown): undefined {
  if (isHostError(error) && error.kind === 'auth') say(error.message)
  else endWith(error)
}

function endWith(error: unknown): never {
  throw new CommandEnd(reasonOf(error), 1)
}

/** By sudo for everybody but root: without a password where it needs none, else with the one that was given, else with one that is asked for. */
async function asRoot(session: Session, script: Parameters<Login['run']>[0], failure: string): Promise<Ran> {
  const ran = await session.login.run(script, { sudo: await sudoOf(session) }, makeMs).catch(endWith)
  if (ran.code !== 0) throw new CommandEnd(`${failure}: ${visible(ran.stderr.trim().slice(-1000)) || `status ${ran.code}`}`, 1)
  return ran
}

const sudoWays = new WeakMap<Login, Sudo>()

async function sudoOf({ login: opened, user, password }: Session): Promise<Sudo> {
  const known = sudoWays.get(opened)
  if (known !== undefined) return known
  const isFree = user !== 'root' && (await opened.run(sh`sudo -k -n true 2>/dev/null`, undefined, deadlineMs).catch(endWith)).code === 0
  const way = user === 'root' ? 'never' : isFree ? 'free' : (password ?? (await askPassword(`[sudo] password of ${user}`)))
  sudoWays.set(opened, way)
  return way
}

/** By Reeve's own key, as Reeve will come: a new login, and root. */
async function prove(manifest: ManifestFacts, { privateKey }: OwnKey, way: Pick<Way, 'jump'>): Promise<void> {
  if (privateKey === undefined) return say('not proven: only the public half of the key was given. Try: reeve plan')
  const { name, address, port, user, hostKey } = manifest
  await using host = createSshHost({
    settings: { name, address, ports: [port], user, become: user === 'root' ? 'none' : 'sudo', hostKeys: [hostKey] },
    identity: () => ({ type: 'key', privateKey }),
    deadlines: { connectMs: deadlineMs, keepaliveMs: 15_000 },
    log: silentLog,
    ...way,
  })
  const id = await host.exchange(sh`id -u`, { deadlineMs, maxBytes: 1000 }).catch((error: unknown) => {
    throw new CommandEnd(
      `all is in place, and yet Reeve cannot come in as ${user}: ${reasonOf(error)}; does sshd allow that user (AllowUsers, AuthorizedKeysFile)?`,
      1,
    )
  })
  if (id.trim() !== '0') throw new CommandEnd(`${user} does not become root: id says ${visible(id.trim())}`, 1)
  say(`proven: Reeve comes in as ${user} and is root`)
}
