/** What Reeve tells the service manager that started it (sd_notify(3)). */
export interface Supervisor extends Disposable {
  /** It works from now on. */
  ready(): void
  /** It ends; what is in hand is finished first. */
  stopping(): void
}

export interface SupervisorDeps {
  /** The process's own; what is for the service manager is taken out of it, so that no child speaks in our name. */
  readonly environment: Record<string, string | undefined>
  /** Runs systemd-notify(1) with these arguments and this NOTIFY_SOCKET; failures are its own to log. */
  notify(words: readonly string[], socket: string): void
  every(ms: number, work: () => void): Disposable
}

/**
 * Speaks to systemd where it listens; else says nothing. The watchdog is fed from the event loop: where that hangs, systemd ends and starts us anew.
 * By systemd-notify(1), since Node cannot write to a datagram socket (docs/adr/watchdog.md).
 */
export function createSupervisor({ environment, notify, every }: SupervisorDeps): Supervisor {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC } = environment
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name]
  const say = (...words: readonly string[]): void => {
    if (socket) notify(words, socket)
  }
  const microseconds = Number(WATCHDOG_USEC)
  // Thrice within the time that systemd waits: one may come late.
  const feeding = microseconds > 0 ? every(microseconds / 3000, () => say('WATCHDOG=1')) : undefined
  return {
    ready: () => say('--ready', '--status=watching the repository'),
    // Not --stopping, which systemd-notify has since 253: Debian 12 has 252.
    stopping: () => say('STOPPING=1', '--status=finishing what is in hand'),
    [Symbol.dispose]: () => feeding?.[Symbol.dispose](),
  }
}
