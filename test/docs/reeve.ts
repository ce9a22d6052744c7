import { Command } from 'commander'
import { commandsFor } from '../../controller/cli/modules.ts'

/** A program that does nothing, with every command, argument and option of the real one. */
async function silentProgram(): Promise<Command> {
  const program = new Command('reeve')
    .version('0')
    .exitOverride()
    .configureOutput({ writeOut() {}, writeErr() {} })
  for (const add of await commandsFor([])) add(program)
  const silence = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => {})
    command.commands.forEach(silence)
  }
  program.commands.forEach(silence)
  return program
}

/** What the real program would refuse of the calls of reeve in these lines, as `call: reason`. */
export async function faultsOfReeve(lines: readonly string[]): Promise<readonly string[]> {
  const faults: string[] = []
  for (const call of lines.flatMap(callsIn)) {
    const program = await silentProgram()
    try {
      await program.parseAsync(call, { from: 'user' })
    } catch (error) {
      const { code, message } = error as { readonly code?: string; readonly message: string }
      // A command that is only named.
      if (code === 'commander.missingArgument' && call.every((word) => /^[a-z]+$/.test(word))) continue
      if (code !== 'commander.version' && code !== 'commander.helpDisplayed') faults.push(`reeve ${call.join(' ')}: ${message}`)
    }
  }
  return faults
}

/** The words behind each `reeve` of a line of shell, or of a synopsis: of alternatives each once, what may be left out is there. */
function callsIn(line: string): readonly (readonly string[])[] {
  const found = /(?:^|[|;&(] ?|sudo -u reeve |until |\/bin\/)reeve ((?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^#;&>)`])*)/.exec(line)?.[1]
  if (found === undefined || /^[^a-z-]/.test(found)) return []
  const isSynopsis = /\[[^ -]|\[-|…|\S\|\S/.test(found)
  const text = isSynopsis ? found : (found.split(/ \|\|? /)[0] ?? '')
  return variantsOf(text.trim()).map(wordsOf)
}

function variantsOf(text: string): readonly string[] {
  const plain = text.replaceAll(/[[\]]/g, '').replaceAll(' …', '').replaceAll('…', '')
  const choice = /\S+\|\S+/.exec(plain)?.[0]
  if (choice === undefined) return [plain]
  return choice.split('|').flatMap((one) => variantsOf(plain.replace(choice, one)))
}

function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'$]|\$(?!\())+/g)].map(([word]) => word)
}
