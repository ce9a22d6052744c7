import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** What is wrong between the controller and a host, or on it. */
export interface Faults {
  /** Milliseconds that each piece takes in each direction. */
  readonly latencyMs?: number
  /** Bytes a second from the host to the controller. */
  readonly bytesPerSecond?: number
  /** Nothing goes through any more in either direction, and nobody is told. */
  readonly isBlackHole?: boolean
  /** As `isBlackHole`, for the controllers with these keys alone (fingerprints): a partition. */
  readonly cutOff?: readonly string[]
  /** No key is taken. */
  readonly refusesKeys?: boolean
  /** Answers end after so many bytes, and with them the connection. */
  readonly answersEndAfter?: number
  /** Digits in answers are not those that were printed. */
  readonly answersLie?: boolean
  /** Processes stand still: the machine takes connections, and nothing answers. */
  readonly isFrozen?: boolean
}

/** A TCP connection with faults, which may change while it is open. */
export class Wire extends Duplex {
  readonly #socket: Socket
  readonly #faults: () => Faults
  /** Whose it is, once that is known. */
  client = ''
  #freeAtMs = 0

  constructor(socket: Socket, faults: () => Faults) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#faults = faults
    socket.on('data', (chunk: Buffer) => this.#after(chunk.length, false, () => this.push(chunk)))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#after(chunk.length, true, () => {
      if (this.#socket.writable) this.#socket.write(chunk)
      done()
    })
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.isDark()) this.#socket.destroy()
    done(error)
  }

  /** Breaks it with a TCP reset. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** Ends it whatever stands in the way. */
  cut(): void {
    this.#socket.destroy()
  }

  isDark(): boolean {
    const { isBlackHole, cutOff } = this.#faults()
    return isBlackHole === true || cutOff?.includes(this.client) === true
  }

  /** What is lost in a black hole is never delivered: `go` is not called. */
  #after(bytes: number, isAnswer: boolean, go: () => void): void {
    const { latencyMs = 0, bytesPerSecond } = this.#faults()
    if (this.isDark()) return
    const now = performance.now()
    const takesMs = isAnswer && bytesPerSecond !== undefined ? (bytes / bytesPerSecond) * 1000 : 0
    this.#freeAtMs = Math.max(now, this.#freeAtMs) + takesMs
    const waitMs = this.#freeAtMs - now + latencyMs
    if (waitMs <= 0) go()
    else setTimeout(() => void (this.isDark() || go()), waitMs)
  }
}
