import type { Client, ClientChannel } from 'ssh2'
import type { ExchangeOptions, HostError, HostErrorKind } from '../engine/host.ts'
import type { Log } from '../model/log.ts'
import { type Script, sh } from '../shell/sh.ts'
import { hostError, messageOf } from './failure.ts'
import { createFrameReader, type FrameReader, frameExchange, frameTell } from './frame.ts'
import { commandLine, quietly, runAside } from './stream.ts'

/** One plain `sh` that reads its commands from an SSH channel. Its caller never sends a second exchange before the first has ended. */
export interface Shell {
  exchange(message: Script, options: ExchangeOptions): Promise<string>
  tell(message: Script): void
  isOpen(): boolean
  close(): void
}

export interface ShellDependencies {
  /** For messages: `he1`. */
  readonly name: string
  readonly become: 'none' | 'sudo'
  readonly log: Log
  /** Unguessable word of [0-9a-f], new with each call. */
  nonce(): string
}

interface Pending {
  readonly reader: FrameReader
  readonly timer: NodeJS.Timeout
  resolve(stdout: string): void
  reject(error: HostError): void
}

const maxStderrLength = 16_384

/** Starts the shell on a connection. Rejects with a HostError. */
export async function openShell(client: Client, dependencies: ShellDependencies, deadlineMs: number): Promise<Shell> {
  const command = dependencies.become === 'sudo' ? 'exec sudo -n -- sh' : 'exec sh'
  const channel = await execChannel(client, command, dependencies.name, deadlineMs)
  return new ChannelShell(channel, dependencies, (pid) => endProcessGroup(client, dependencies.become, pid))
}

/**
 * Ends a shell that was given up, and what hangs in it. Closing its channel would leave `sleep` asleep, and sshd passes no signals to
 * a session of root (session.c: needs privilege separation). What a message detached with setsid is in another group and lives on.
 */
function endProcessGroup(client: Client, become: 'none' | 'sudo', pid: number): void {
  const script = sh`read -r _ name _ _ group _ </proc/${pid}/stat && test "$name" = '(sh)' && kill -s KILL -- "-$group"`
  runAside(client, commandLine(become, script))
}

/** A channel on a connection that is open, with a command behind it. Rejects with a HostError. */
export function execChannel(client: Client, command: string, name: string, deadlineMs: number): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    let isLate = false
    const give = (error: HostError) => {
      clearTimeout(timer)
      client.off('close', ended)
      reject(error)
    }
    const ended = () => give(hostError('closed', `${name}: the connection ended before a shell was open`))
    const timer = setTimeout(() => {
      isLate = true
      give(hostError('timeout', `${name}: no shell within ${deadlineMs} ms`))
    }, deadlineMs)
    client.once('close', ended)
    try {
      client.exec(command, (error, channel) => {
        if (isLate) return quietly(() => channel?.close())
        if (error) return give(hostError('closed', `${name} opens no shell: ${error.message}`, error))
        clearTimeout(timer)
        client.off('close', ended)
        resolve(channel)
      })
    } catch (error) {
      give(hostError('closed', `${name}: the connection is gone: ${messageOf(error)}`, error))
    }
  })
}

/** Owns the channel: one message at a time, until it dies or is closed. */
class ChannelShell implements Shell {
  readonly #channel: ClientChannel
  readonly #dependencies: ShellDependencies
  readonly #endProcesses: (pid: number) => void
  #pending: Pending | undefined
  #stderr = ''
  #isOpen = true
  #hasAnswered = false
  #exit = ''

  constructor(channel: ClientChannel, dependencies: ShellDependencies, endProcesses: (pid: number) => void) {
    this.#channel = channel
    this.#endProcesses = endProcesses
    this.#dependencies = dependencies
    channel.on('data', (chunk: Buffer) => this.#onStdout(chunk))
    channel.stderr.on('data', (chunk: Buffer) => this.#onStderr(chunk))
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#exit = signal ? ` (killed by ${signal})` : ` (exit status ${code})`
    })
    channel.on('error', (error: Error) => dependencies.log.debug({ hypervisor: dependencies.name, err: error }, 'the shell complained'))
    channel.on('close', () => this.#onClose())
  }

  isOpen(): boolean {
    return this.#isOpen
  }

  exchange(message: Script, { deadlineMs, maxBytes }: ExchangeOptions): Promise<string> {
    const { name, nonce } = this.#dependencies
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) return reject(hostError('closed', `${name}: the shell is closed${saying(this.#stderr)}`))
      const word = nonce()
      const expire = () => this.#fail('timeout', `gave no answer within ${deadlineMs} ms`)
      this.#pending = { reader: createFrameReader(word, maxBytes), timer: setTimeout(expire, deadlineMs), resolve, reject }
      this.#stderr = ''
      this.#channel.write(frameExchange(message, word))
    })
  }

  tell(message: Script): void {
    if (this.#isOpen) this.#channel.write(frameTell(message))
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    quietly(() => this.#channel.close())
  }

  #settle(): Pending | undefined {
    const settled = this.#pending
    this.#pending = undefined
    if (settled) clearTimeout(settled.timer)
    return settled
  }

  #fail(kind: HostErrorKind, what: string): void {
    const settled = this.#settle()
    const pid = settled?.reader.pid()
    if (pid !== undefined) this.#endProcesses(pid)
    this.close()
    settled?.reject(hostError(kind, `${this.#dependencies.name} ${what}${saying(this.#stderr)}`))
  }

  #onStdout(chunk: Buffer): void {
    const framed = this.#pending?.reader.push(chunk)
    if (framed?.status === 'tooLarge') this.#fail('tooLarge', 'printed more than was allowed; stopped listening')
    if (framed?.status === 'garbled') this.#fail('protocol', 'answered with something that no shell answers with')
    if (framed?.status !== 'complete') return
    this.#hasAnswered = true
    const { log, name } = this.#dependencies
    if (framed.exitCode !== 0) log.debug({ hypervisor: name, exitCode: framed.exitCode, stderr: this.#stderr }, 'the message ended badly')
    this.#settle()?.resolve(framed.stdout)
  }

  #onStderr(chunk: Buffer): void {
    if (this.#stderr.length < maxStderrLength) this.#stderr = (this.#stderr + chunk.toString()).slice(0, maxStderrLength)
  }

  #onClose(): void {
    this.#isOpen = false
    const settled = this.#settle()
    if (!settled) return
    const { become, name } = this.#dependencies
    const said = saying(this.#stderr || settled.reader.seen().slice(-2000))
    if (become === 'sudo' && !this.#hasAnswered) settled.reject(noSudo(name, said))
    else settled.reject(hostError('closed', `${name}: the shell ended before its answer${this.#exit}${said}`))
  }
}

function noSudo(name: string, said: string): HostError {
  const todo = "let Reeve's user run sudo without a password and without a terminal (sudoers: reeve ALL=(root) NOPASSWD: ALL)"
  return hostError('sudo', `${name}: sudo gave no root shell${said}; ${todo}`)
}

function saying(text: string): string {
  const trimmed = text.trim()
  return trimmed === '' ? '' : `; it said: ${trimmed}`
}
