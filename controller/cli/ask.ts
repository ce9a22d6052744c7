import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type Client, createClient } from '../http/client.ts'
import type { CommandResult } from '../http/source.ts'
import { alertConditions } from '../model/alarm.ts'
import { didYouMean } from '../model/nearest.ts'
import { parseSeconds } from '../model/quantity.ts'
import type { SilenceOf } from '../model/silence.ts'
import { visible } from '../report/visible.ts'
import { loadConfig } from './context.ts'
import { CommandEnd } from './exit.ts'

/** Options of every command that talks to the running controller. */
export interface AskOptions {
  readonly config?: string
  readonly output?: string
  readonly json?: boolean
}
type Options = AskOptions

/** Commands that tell the running controller something: reconcile, approve, silence. */
export function addAsk(program: Command): void {
  program
    .command('reconcile')
    .argument('[hypervisor]', 'only this one')
    .option('--config <file>', 'reeve.yaml')
    .description('reconcile now')
    .action(async (hypervisor: string | undefined, options: Options) =>
      finish(await ask(options, (client) => client.reconcile(hypervisor, userName()))),
    )
  program
    .command('approve')
    .argument('<hash>', 'as plan, status or the mail shows it')
    .option('--config <file>', 'reeve.yaml')
    .description('let exactly this withheld change through')
    .action(async (hash: string, options: Options) => finish(await ask(options, (client) => client.approve(hash, userName()))))
  program
    .command('silence')
    .option('--config <file>', 'reeve.yaml')
    .option('--condition <condition>', 'no mails about this condition, as the runbook calls it')
    .option('--hypervisor <name>', 'no mails about this hypervisor')
    .option('--manifest <kind/name>', 'no mails about this manifest')
    .option('--for <time>', 'for how long, such as 2h or 3d', '1h')
    .option('--reason <text>', 'why; people see it in reeve status')
    .option('--end <id>', 'end this silence')
    .description('send no mails about something for a time; it is still looked at, put right and counted')
    .action(silence)
}

interface SilenceOptions extends Options, SilenceOf {
  readonly for: string
  readonly reason?: string
  readonly end?: string
}

async function silence(options: SilenceOptions): Promise<void> {
  const { condition, hypervisor, manifest, reason, end } = options
  if (end !== undefined) return finish(await ask(options, (client) => client.endSilence(end, userName())))
  if (condition === undefined && hypervisor === undefined && manifest === undefined)
    throw new CommandEnd('silence what? write --condition, --hypervisor or --manifest, or several of them')
  if (condition !== undefined && !alertConditions.some((one) => one === condition))
    throw new CommandEnd(`--condition ${condition}: ${didYouMean(condition, alertConditions) ?? 'docs/runbook.md has a heading for each'}`)
  if (!reason) throw new CommandEnd('a silence needs --reason TEXT: whoever wonders why no mail came finds it in reeve status')
  const seconds = parseSeconds(options.for)
  if (!seconds.ok) throw new CommandEnd(`--for ${options.for}: ${seconds.reason}`)
  const of = Object.fromEntries(Object.entries({ condition, hypervisor, manifest }).filter(([, value]) => value !== undefined))
  finish(await ask(options, (client) => client.silence({ ...of, seconds: seconds.value, reason, by: userName() })))
}

/** Who asks: behind sudo(8) the person, not root. A user of a container may have no name. */
export function userName(): string {
  const behind = process.env['SUDO_USER'] ?? ''
  if (behind !== '') return behind.slice(0, 100)
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

export function isJson({ output, json }: AskOptions): boolean {
  return json === true || output === 'json'
}

/** Asks the running controller; ends the command where it does not answer. */
export async function ask<T>(options: Options, question: (client: Client) => Promise<T>): Promise<T> {
  if (!['text', 'json'].includes(options.output ?? 'text')) throw new CommandEnd(`-o ${options.output}: write text or json`)
  const { stateDir } = loadConfig(options.config)
  try {
    return await question(createClient(join(stateDir, 'reeve.sock')))
  } catch (error) {
    throw new CommandEnd(error instanceof Error ? error.message : String(error))
  }
}

/** Prints what became of a command: exit 0 where it was taken, else 1. */
export function finish(result: CommandResult): void {
  process.stdout.write(`${visible(result.message)}\n`)
  process.exitCode = result.ok ? 0 : 1
}
