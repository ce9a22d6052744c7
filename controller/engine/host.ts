import type { NetworkProbe } from '../model/primitive.ts'
import type { Script } from '../shell/sh.ts'

/** Bounds of one exchange. */
export interface ExchangeOptions {
  /** Milliseconds until the exchange is given up (kind `timeout`); counted from when its turn on the shell comes. */
  readonly deadlineMs: number
  /** Bytes of stdout beyond which the exchange is given up (kind `tooLarge`). */
  readonly maxBytes: number
}

/** A command that runs on a host for as long as it is listened to. */
export interface Stream {
  write(text: string): void
  /** Ends its input and output: what runs there takes that for its end. */
  close(): void
}

export interface StreamListener {
  /** Text as it comes, in pieces of any size; a character for each byte. */
  onText(text: string): void
  /** Once, whoever ended it. `because` is what it said on stderr. */
  onEnd(because: string): void
}

/** Commands beside the kept-open shell, over the same connection. */
export interface Streams {
  /**
   * Runs shell text beside the shell, over the connection that is open, for as long as its output is listened to: it is not waited for, and others are not held up. Its input
   * ends with the connection. Rejects with a HostError where no connection is open, or the host gives no more channels.
   */
  stream(script: Script, listener: StreamListener): Promise<Stream>
  /** Runs shell text beside the shell, whose output and end nobody waits for; nothing where no connection is open. */
  runAside(script: Script): void
}

/** One hypervisor as the engine sees it. */
export interface Host {
  /**
   * Runs shell text in the shell that is kept open; returns its stdout when its end marker arrived, whatever the exit status of its last
   * command. One round trip. The text runs in the shell itself, not in a subshell: functions persist, and it must neither `exit` nor
   * redirect the shell's own descriptors. Rejects with a HostError.
   */
  exchange(message: Script, options: ExchangeOptions): Promise<string>
  /** Sends shell text and does not wait for an answer (clean-up); its output is thrown away. Never rejects. */
  tell(message: Script): void
  /** Runs shell text over a NEW TCP connection, authenticated anew, then closes it: the proof that a person could still get in. */
  freshExchange(message: Script, options: ExchangeOptions): Promise<string>
  /** Asks a network question from the hypervisor's side (direct-tcpip); hard deadline; never rejects. */
  ask(probe: NetworkProbe, deadlineMs: number): Promise<{ readonly ok: boolean; readonly message: string }>
  /** Number of the shell that is open now; moves when it is a new one, so functions defined by an earlier message are gone. 0: none is open. */
  sessionId(): number
}

/**
 * What went wrong between us and a host. `unreachable`: no TCP connection or no SSH answer · `hostKey`: not one of the pinned keys ·
 * `auth`: our key was refused · `sudo`: sudo did not give us a root shell · `timeout`: a deadline passed, what the message did is unknown ·
 * `tooLarge`: more output than allowed · `closed`: shell or connection died in the middle, what the message did is unknown ·
 * `protocol`: the answer makes no sense.
 */
export type HostErrorKind = 'unreachable' | 'hostKey' | 'auth' | 'sudo' | 'timeout' | 'tooLarge' | 'closed' | 'protocol'

export type HostError = Error & { readonly kind: HostErrorKind }
