/** Ends a command with a message for people and an exit status; thrown anywhere below a command. */
export class CommandEnd extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode = 2) {
    super(message)
    this.name = 'CommandEnd'
    this.exitCode = exitCode
  }
}
