import type { Needed } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import type { Secret } from '../../shell/secret.ts'
import type { SystemSpec } from '../spec.ts'

export type Mailer = NonNullable<SystemSpec['mailer']>

/** A mailer, and where it is made. */
export interface Made {
  readonly mailer: Mailer
  readonly target: Target
  readonly needs: readonly Needed[]
  /** First line of its files. */
  readonly mark: string
  /** Of `auth`. */
  readonly password: Secret | undefined
}

const usualPort = { Implicit: 465, StartTls: 587, None: 25 } as const

/** The mail server, with what is not written. */
export function hubOf({ hub }: Mailer) {
  const { tls = 'StartTls', caFile = '/etc/ssl/certs/ca-certificates.crt' } = hub
  return { host: hub.host, port: hub.port ?? usualPort[tls], tls, caFile }
}
