import type { Config } from '../config.ts'
import { createCommitStatus } from '../http/commitStatus.ts'
import type { Observer } from '../loop/ports.ts'
import type { CommitStatus } from '../model/commitStatus.ts'
import type { Log } from '../model/log.ts'
import type { Metrics } from '../report/metrics.ts'
import { Secret } from '../shell/secret.ts'
import type { Store } from '../store/store.ts'
import { clock } from './context.ts'
import { CommandEnd } from './exit.ts'
import { readPrivate } from './hookSecrets.ts'
import { createVerdicts, type RefusedNews, type VerdictObserver } from './verdicts.ts'

/** Who tells the forge, as reeve.yaml says; ends the command where its token cannot be read at the start. */
export function openCommitStatus(
  { commitStatus: config }: Pick<Config, 'commitStatus'>,
  log: Log,
  metrics: Pick<Metrics, 'commitStatusTotal'>,
): (CommitStatus & AsyncDisposable) | undefined {
  if (config === undefined) return undefined
  readToken(config.tokenFile)
  return createCommitStatus({
    config,
    token: () => readToken(config.tokenFile),
    retry: { firstMs: 2000, maxMs: 900_000, giveUpMs: 86_400_000 },
    onResult: (result) => metrics.commitStatusTotal.inc({ result }),
    log,
    nowMs: Date.now,
    random: Math.random,
    after: clock.after,
  })
}

function readToken(file: string): Secret {
  const reading = readPrivate(file)
  if (!reading.ok) throw new CommandEnd(`commitStatus.tokenFile: ${reading.reason}`)
  const token = reading.text.trim()
  if (!/^[\x21-\x7e]{1,1000}$/.test(token)) throw new CommandEnd(`commitStatus.tokenFile: ${file} is not one line with a token`)
  return new Secret(token)
}

/** The reporter, and beside it who tells the forge, where somebody does. */
export function withVerdicts<State extends RefusedNews>(
  observer: Observer<State>,
  status: CommitStatus | undefined,
  store: Pick<Store, 'loadState' | 'saveState'>,
): Observer<State> {
  if (status === undefined) return observer
  const verdicts: VerdictObserver = createVerdicts({
    status,
    load: () => store.loadState('commitStatus'),
    save: (told) => store.saveState('commitStatus', told),
  })
  return {
    ...observer,
    onGit(state) {
      observer.onGit(state)
      verdicts.onGit(state)
    },
    onRevision(revision) {
      observer.onRevision(revision)
      verdicts.onRevision(revision)
    },
    onCycle(seen) {
      observer.onCycle(seen)
      verdicts.onCycle(seen)
    },
    onHostGone(hypervisor) {
      observer.onHostGone(hypervisor)
      verdicts.onHostGone(hypervisor)
    },
  }
}
