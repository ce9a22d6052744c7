/** Ends a command with a message for people and an exit status; thrown anywhere below a command. */
export class CommandEnd extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode = 2) {
    super(message)
    this.name = 'CommandEnd'
    this.exitCode = exitCode
  }
}

/** Ends the command with the reason, where what it needs cannot be had: a file of a newer Reeve, a folder that cannot be written. */
export function orEnd<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    endFor(error)
  }
}

/** The same of what comes later: a port that is taken, another controller on this folder. */
export function endFor(error: unknown): never {
  throw new CommandEnd(error instanceof Error ? error.message : String(error))
}
