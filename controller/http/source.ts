import type { HistoryEntry, HistoryFilter } from '../model/history.ts'
import type { SilenceOf } from '../model/silence.ts'
import type { StatusView } from '../model/status.ts'
import type { SuspensionOf } from '../model/suspension.ts'

/** What the server asks the running controller. Secrets are masked by then. */
export interface StatusSource {
  /** Ready: the first commit was loaded and every hypervisor was tried once. */
  readiness(): { readonly isReady: boolean; readonly reason: string }
  status(): StatusView
  /** Newest first. */
  history(filter: HistoryFilter): readonly HistoryEntry[]
  /** Calls the listener whenever something of the above changed; the answer ends that. */
  subscribe(listener: () => void): () => void
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>
}

export interface SilenceRequest extends SilenceOf {
  readonly seconds: number
  readonly reason: string
  readonly by: string
}

export interface SuspendRequest extends SuspensionOf {
  readonly seconds: number
  readonly reason: string
  readonly by: string
}

export type CommandResult = { readonly ok: true; readonly message: string } | { readonly ok: false; readonly message: string }

/** What a person may tell the running controller: over the unix socket, or with a token. `by` says who, for the history. */
export interface Commands {
  /** Queues a cycle for one hypervisor, or for all. */
  reconcile(hypervisor: string | undefined, by: string): CommandResult
  /** Lets exactly this withheld plan through. */
  approve(hash: string, by: string): CommandResult
  /** No mails about what is named, for so long. */
  silence(request: SilenceRequest): CommandResult
  /** Ends a silence before its time. */
  endSilence(id: string, by: string): CommandResult
  /** Changes nothing on what is named, for so long; answers when what was in hand there has ended, or goes on for too long to wait. */
  suspend(request: SuspendRequest): Promise<CommandResult>
  /** Ends a suspension before its time, and looks at what was suspended. */
  resume(of: SuspensionOf, by: string): CommandResult
}

/** The same, where an answer may take its time. */
export type AsyncCommands = {
  readonly [Name in keyof Commands]: (...words: Parameters<Commands[Name]>) => CommandResult | Promise<CommandResult>
}
