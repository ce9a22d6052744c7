import type { Secret } from '../shell/secret.ts'

/** `implicit`: TLS from the first byte (465) · `starttls`: required, never skipped · `none`: plain, for a server on this machine. */
export type Tls = 'implicit' | 'starttls' | 'none'

/** A server that takes our mail. */
export interface Hub {
  readonly host: string
  readonly port: number
  readonly tls: Tls
  readonly auth?: {
    readonly user: string
    readonly password: Secret
    /** Absent: the strongest that the server offers. */
    readonly method?: 'CRAM-MD5'
  }
  /** PEM of the authorities that its certificate is held against; absent: those of this system. */
  readonly authorities?: string
  /** PEM of our own certificate and its key. */
  readonly certificate?: string
  readonly key?: Secret
}
