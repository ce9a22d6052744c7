import { freePort } from '../ssh/free-port.ts'
import type { Repository } from './repository.ts'

/** What a controller under faults stands on. */
export interface Ground {
  readonly fleet?: string
  readonly repository: Repository
  /** Private key that leads to the host. */
  readonly identityFile: string
  readonly stateDir: string
  /** Of the mail server on this machine, or of a way to it. */
  readonly smtpPort: number
}

/** For hosts that need their time. */
const patient = { connect: '5s', observe: '30s', apply: '120s', confirm: '10s' }

/** A reeve.yaml, as data: what happens is seen soon, and mails, which are what the tests look at, wait for no others. */
export async function settingsOf(
  { fleet = 'faults', repository, identityFile, stateDir, smtpPort }: Ground,
  timeouts = patient,
): Promise<object> {
  return {
    fleet,
    repository: { url: repository.url, branch: 'main', pollInterval: '1s' },
    identities: { default: { privateKeyFile: identityFile } },
    resync: '5s',
    listen: { port: await freePort() },
    stateDir,
    mail: { smarthost: { host: '127.0.0.1', port: smtpPort }, from: 'reeve@example.org', to: ['ops@example.org'] },
    alerts: { groupWait: '0s', groupInterval: '0s', keepFiring: '0s' },
    timeouts,
  }
}
