import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { ExchangeOptions, Host, Stream, StreamListener, Streams } from '../engine/host.ts'
import type { Log } from '../model/log.ts'
import type { NetworkProbe } from '../model/primitive.ts'
import { nothing, type Script } from '../shell/sh.ts'
import { type ConnectDependencies, connectSsh, endClient, type Identity, type Jump, type SshSettings } from './connect.ts'
import { type Connection, createConnection } from './connection.ts'
import { hostError } from './failure.ts'
import { forwardOut } from './forward.ts'
import { type ProbeAnswer, probeHttp, probeTcp, refusal } from './probe.ts'
import { probeDns } from './probeDns.ts'
import { execChannel, openShell, type Shell, type ShellDependencies } from './shell.ts'
import { probeSmtp } from './smtp.ts'
import { commandLine, runAside, streamOf } from './stream.ts'

export interface SshHostDependencies {
  readonly settings: SshSettings
  /** Asked for each new connection; throws, in words for people, where it cannot be had. */
  identity(): Identity
  readonly jump?: Jump
  readonly deadlines: {
    /** For each port tried: TCP, key exchange, authentication; also for opening the shell. */
    readonly connectMs: number
    /** Between keepalives; three without an answer end the connection. */
    readonly keepaliveMs: number
  }
  readonly log: Log
  /** Called once for each message that waited for an answer, with the seconds that it waited; over a new connection these are counted too. */
  onRoundTrip?(seconds: number): void
}

/** A hypervisor over SSH; also a jump host for others. Disposing it ends its connection. */
export interface SshHost extends Host, Streams, Jump, AsyncDisposable {}

/** The host of one hypervisor: one persistent connection and one kept-open shell, both opened when first needed and again when they died. */
export function createSshHost(dependencies: SshHostDependencies): SshHost {
  return new ReconnectingHost(dependencies)
}

/** Owns connection and shell, and the queue of those who want to talk to it. */
class ReconnectingHost implements SshHost {
  readonly #dependencies: SshHostDependencies
  readonly #way: ConnectDependencies
  readonly #forShell: ShellDependencies
  readonly #connection: Connection
  #shell: Shell | undefined
  #session = 0
  #isDisposed = false
  #turn: Promise<unknown> = Promise.resolve()
  /** Connections for one message each: none of them outlives this host. */
  readonly #fresh = new Set<Parameters<typeof endClient>[0]>()

  constructor(dependencies: SshHostDependencies) {
    const { settings, jump, deadlines, log } = dependencies
    this.#dependencies = dependencies
    this.#way = { settings, identity: () => dependencies.identity(), keepaliveMs: deadlines.keepaliveMs, ...(jump ? { jump } : {}) }
    this.#forShell = { ...settings, log, nonce: () => randomBytes(16).toString('hex') }
    this.#connection = createConnection(() => connectSsh(this.#way, deadlines.connectMs), now, this.#noteGone)
  }

  exchange(message: Script, options: ExchangeOptions): Promise<string> {
    const askedAtMs = now()
    return this.#inTurn(async () => {
      const shell = await this.#openedShell(askedAtMs)
      return this.#timed(() => shell.exchange(message, options))
    })
  }

  tell(message: Script): void {
    void this.#inTurn(async () => {
      if (this.#shell?.isOpen()) this.#shell.tell(message)
      else this.#dependencies.log.debug({ hypervisor: this.#way.settings.name }, 'a clean-up was not sent: no shell is open')
    })
  }

  freshExchange(message: Script, options: ExchangeOptions): Promise<string> {
    return this.#timed(() => this.#exchangeAnew(message, options))
  }

  async #exchangeAnew(message: Script, options: ExchangeOptions): Promise<string> {
    const endMs = now() + options.deadlineMs
    const left = () => Math.max(1, endMs - now())
    this.#refuseDisposed()
    const client = await connectSsh(this.#way, Math.min(this.#dependencies.deadlines.connectMs, options.deadlineMs))
    client.on('error', this.#noteGone)
    this.#fresh.add(client)
    try {
      this.#refuseDisposed()
      const fresh = await openShell(client, this.#forShell, left())
      return await fresh.exchange(message, { deadlineMs: left(), maxBytes: options.maxBytes })
    } finally {
      this.#fresh.delete(client)
      endClient(client)
    }
  }

  async forward(host: string, port: number, deadlineMs: number): Promise<Duplex> {
    const askedAtMs = now()
    this.#refuseDisposed()
    const client = await this.#connection.get(askedAtMs)
    return forwardOut(client, this.#way.settings.name, host, port, Math.max(1, deadlineMs - (now() - askedAtMs)))
  }

  ask(probe: NetworkProbe, deadlineMs: number): Promise<ProbeAnswer> {
    return within(this.#answer(probe, deadlineMs).catch(refusal), deadlineMs)
  }

  async stream(script: Script, listener: StreamListener): Promise<Stream> {
    const { name, become } = this.#way.settings
    if (this.#isDisposed || !this.#shell?.isOpen()) throw hostError('closed', `${name}: no connection is open`)
    const client = await this.#connection.get(now())
    const channel = await execChannel(client, commandLine(become, script), name, this.#dependencies.deadlines.connectMs)
    const stream = streamOf(channel, listener)
    if (this.#isDisposed) stream.close()
    return stream
  }

  runAside(script: Script): void {
    if (!this.#shell?.isOpen()) return
    const line = commandLine(this.#way.settings.become, script)
    void this.#connection.get(now()).then(
      (client) => runAside(client, line),
      () => undefined,
    )
  }

  sessionId(): number {
    return this.#shell?.isOpen() ? this.#session : 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    for (const client of this.#fresh) endClient(client)
    this.#shell?.close()
    this.#connection.drop()
  }

  readonly #noteGone = (error?: Error): void => {
    this.#dependencies.log.debug({ hypervisor: this.#dependencies.settings.name, err: error }, 'the connection is gone')
  }

  async #timed<T>(exchange: () => Promise<T>): Promise<T> {
    const startMs = now()
    try {
      return await exchange()
    } finally {
      this.#dependencies.onRoundTrip?.((now() - startMs) / 1000)
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }

  /** A connection that were opened now nobody would end. */
  #refuseDisposed(): void {
    if (this.#isDisposed) throw hostError('closed', `${this.#way.settings.name}: Reeve has let go of this host`)
  }

  async #openedShell(askedAtMs: number): Promise<Shell> {
    if (this.#shell?.isOpen()) return this.#shell
    this.#refuseDisposed()
    const client = await this.#connection.get(askedAtMs)
    this.#shell = await openShell(client, this.#forShell, this.#dependencies.deadlines.connectMs).catch((error: unknown) => {
      this.#connection.drop()
      throw error
    })
    this.#session++
    return this.#shell
  }

  async #answer(probe: NetworkProbe, deadlineMs: number): Promise<ProbeAnswer> {
    if (probe.type === 'tcp') return probeTcp(this, probe.host, probe.port, deadlineMs)
    if (probe.type === 'dns') return probeDns(this, probe, deadlineMs)
    if (probe.type === 'http') return probeHttp(this, probe, deadlineMs)
    if (probe.type === 'smtp') return probeSmtp(this, probe, deadlineMs)
    await this.freshExchange(nothing, { deadlineMs, maxBytes: 1024 })
    return { ok: true, message: `a new connection to ${this.#way.settings.name} was let in` }
  }
}

/** Monotonic milliseconds. */
function now(): number {
  return performance.now()
}

/** The answer, or a refusal when the deadline passes first. */
async function within(answer: Promise<ProbeAnswer>, deadlineMs: number): Promise<ProbeAnswer> {
  const late = Promise.withResolvers<ProbeAnswer>()
  const timer = setTimeout(() => late.resolve({ ok: false, message: `no answer within ${deadlineMs} ms` }), deadlineMs)
  return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer))
}
