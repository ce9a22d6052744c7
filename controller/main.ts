import { Command } from 'commander'
import { CommandEnd } from './cli/exit.ts'
import { useSmallPools } from './cli/heap.ts'
import { commandsFor } from './cli/modules.ts'
import { visible } from './report/visible.ts'

useSmallPools()
const program = new Command('reeve')
  .description('Keeps bare-metal hypervisors, and the services in their containers, as a Git repository says.')
  .version('0.1.0')
  .showHelpAfterError()
  // Before the commands are added, which inherit it: left to itself Commander ends with 1, which means changes to plan.
  .exitOverride()
for (const add of await commandsFor(process.argv.slice(2))) add(program)

try {
  await program.parseAsync(process.argv)
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** 2: could not run. Commander has printed its own errors; what we did not expect is shown with its cause. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommandEnd) {
    process.stderr.write(`reeve: ${visible(error.message)}\n`)
    return error.exitCode
  }
  if (error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.'))
    return error.exitCode === 0 ? 0 : 2
  process.stderr.write(`reeve: ${visible(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`)
  return 2
}
