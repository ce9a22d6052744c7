import ssh2, { type AuthenticationType, Client, type ConnectConfig } from 'ssh2'
import type { HostError } from '../engine/host.ts'
import { reveal, type Secret } from '../shell/secret.ts'
import type { Script } from '../shell/sh.ts'
import { dial, type Jump } from './connect.ts'
import { hostError, messageOf } from './failure.ts'
import { algorithmsFor, fingerprint, parseHostKey } from './pin.ts'

/** A first login, before a machine is in Git: by what a person has. */
export interface LoginSettings {
  readonly address: string
  readonly port: number
  readonly user: string
  /** The one key that a person compared. */
  readonly hostKey: string
  /** Socket of an ssh-agent. */
  readonly agent?: string
  readonly privateKey?: Uint8Array
  readonly password?: Secret
  /** Default straight over TCP. */
  readonly jump?: Jump
}

/** What a command ended with. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** `never`: the login is root, or need not be · `free`: sudo asks for no password · else the password. */
export type Sudo = 'never' | 'free' | Secret

/** A connection that runs one command at a time. Disposing ends it. */
export interface Login extends AsyncDisposable {
  /** Runs a script, handed over as one word to `sh -c`: nothing of it may be secret. `asRoot`: by sudo, with the password where sudo asks for one. */
  run(script: Script, asRoot: { readonly sudo: Sudo } | undefined, deadlineMs: number): Promise<Ran>
}

const mostBytes = 1 << 20

/** Logs in by agent, key or password, whichever is there. Rejects with a HostError, of kind auth where all were refused. */
export async function login(settings: LoginSettings, deadlineMs: number): Promise<Login> {
  const client = await connect(settings, deadlineMs)
  return {
    run: (script, asRoot, withinMs) => run(client, script, asRoot?.sudo ?? 'never', withinMs),
    async [Symbol.asyncDispose]() {
      client.end()
      client.destroy()
    },
  }
}

async function connect(settings: LoginSettings, deadlineMs: number): Promise<Client> {
  const pin = parseHostKey(settings.hostKey)
  const forward = settings.jump?.forward.bind(settings.jump) ?? dial
  const sock = (await forward(settings.address, settings.port, deadlineMs)) as NonNullable<ConnectConfig['sock']>
  const { promise, resolve, reject } = Promise.withResolvers<Client>()
  const client = new Client()
  client.on('error', (error) => reject(classify(settings, error)))
  client.once('close', () => reject(hostError('unreachable', `${settings.address}: the connection was closed during the login`)))
  client.once('ready', () => resolve(client))
  // Servers with PAM often take a password only as the answer to a question; none but one without echo is answered.
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
    finish(prompts.map(({ echo }) => (echo === true || settings.password === undefined ? '' : reveal(settings.password)))),
  )
  try {
    client.connect({
      sock,
      username: settings.user,
      hostVerifier: (key: Buffer) => key.equals(pin.blob),
      algorithms: { serverHostKey: [...algorithmsFor([pin])] },
      readyTimeout: deadlineMs,
      ...credentials(settings),
    })
  } catch (error) {
    reject(hostError('auth', `the key cannot be used: ${messageOf(error)}`, error))
  }
  return promise
}

function credentials({ agent, privateKey, password }: LoginSettings): Partial<ConnectConfig> {
  const authHandler: AuthenticationType[] = [
    ...(agent === undefined ? [] : (['agent'] as const)),
    ...(privateKey === undefined ? [] : (['publickey'] as const)),
    ...(password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
  ]
  return {
    authHandler,
    ...(agent === undefined ? {} : { agent }),
    ...(privateKey === undefined ? {} : { privateKey: Buffer.from(privateKey) }),
    ...(password === undefined ? {} : { password: reveal(password), tryKeyboard: true }),
  }
}

function classify({ address, user }: LoginSettings, error: Error & { readonly level?: string }): HostError {
  if (/Host denied|no matching host key/.test(error.message))
    return hostError('hostKey', `${address} showed another host key than the one that was compared: somebody may be between`, error)
  if (error.level === 'client-authentication' || error.level === 'agent')
    return hostError('auth', `${address} does not let ${user} in: ${error.message}`, error)
  return hostError('unreachable', `${address}: ${error.message}`, error)
}

/** The password is all that stands on stdin: a sudo that does not ask for it leaves it unread, and a shell never sees it as text to run. */
function run(client: Client, script: Script, sudo: Sudo, deadlineMs: number): Promise<Ran> {
  const words = sudo === 'never' ? '' : sudo === 'free' ? 'sudo -n -- ' : "sudo -k -S -p '' -- "
  const command = `exec ${words}/bin/sh -c ${quoteWord(`exec </dev/null\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C; export PATH LC_ALL\n${script.text}`)}`
  const { promise, resolve, reject } = Promise.withResolvers<Ran>()
  const timer = setTimeout(() => {
    client.destroy()
    reject(hostError('timeout', `no answer within ${deadlineMs} ms`))
  }, deadlineMs)
  client.exec(command, (error, channel) => {
    if (error) return reject(hostError('closed', `no command is run: ${error.message}`, error))
    const [out, err] = [collect(channel), collect(channel.stderr)]
    channel.once('close', (code: number | null) => resolve({ code: code ?? 255, stdout: out(), stderr: err() }))
    channel.end(typeof sudo === 'string' ? '' : `${reveal(sudo)}\n`)
  })
  return promise.finally(() => clearTimeout(timer))
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= mostBytes) chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString()
}

function quoteWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** The public half of a private key, as authorized_keys has it, and its fingerprint. Throws, in words for people, where it is no key or locked by a passphrase. */
export function publicHalf(key: Uint8Array): { readonly line: string; readonly fingerprint: string } {
  const parsed = ssh2.utils.parseKey(Buffer.from(key))
  if (parsed instanceof Error) throw new Error(parsed.message)
  const one = Array.isArray(parsed) ? parsed[0] : parsed
  if (one === undefined) throw new Error('there is no key in it')
  const blob = one.getPublicSSH()
  return { line: `${one.type} ${blob.toString('base64')}`, fingerprint: fingerprint(blob) }
}
