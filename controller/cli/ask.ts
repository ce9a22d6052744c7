import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type Client, createClient } from '../http/client.ts'
import type { CommandResult } from '../http/source.ts'
import { alertConditions } from '../model/alarm.ts'
import { type HistoryEntry, type HistorySort, historySorts } from '../model/history.ts'
import { didYouMean } from '../model/nearest.ts'
import { parseSeconds } from '../model/quantity.ts'
import type { Silence, SilenceOf } from '../model/silence.ts'
import type { StatusView } from '../model/status.ts'
import { suspendedSubject, suspensionReason } from '../model/suspension.ts'
import { historyText } from '../report/history.ts'
import { printable, utc } from '../report/mails.ts'
import type { Paint } from '../report/paint.ts'
import { visible } from '../report/visible.ts'
import { silenced } from './commands.ts'
import { loadConfig, paintFor } from './context.ts'
import { CommandEnd } from './exit.ts'

/** Options of every command that talks to the running controller. */
export interface AskOptions {
  readonly config?: string
  readonly output?: string
}
type Options = AskOptions

/** Commands that talk to the running controller: status, history, reconcile, approve, silence. */
export function addAsk(program: Command): void {
  program
    .command('status')
    .option('--config <file>', 'reeve.yaml')
    .option('-o, --output <format>', 'text or json', 'text')
    .description('what the running controller knows: hypervisors, resources, drift, what is withheld (exit 0 all well, 1 not)')
    .action(async (options: Options) => showStatus(await ask(options, (client) => client.status()), options))
  program
    .command('history')
    .argument('[subject]', 'only of this hypervisor, commit or mail')
    .option('--config <file>', 'reeve.yaml')
    .option('--sort <sort>', `only one of ${historySorts.join(', ')}`)
    .option('--limit <count>', 'the newest so many, at most 1000', '50')
    .option('-o, --output <format>', 'text or json', 'text')
    .description('what happened: commits, what each did, drift with its difference, mails, approvals; newest first')
    .action(showHistory)
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

interface HistoryOptions extends Options {
  readonly sort?: HistorySort
  readonly limit: string
}

async function showHistory(subject: string | undefined, options: HistoryOptions): Promise<void> {
  const { sort, limit } = options
  if (sort !== undefined && !historySorts.includes(sort)) throw new CommandEnd(`--sort ${sort}: write one of ${historySorts.join(', ')}`)
  if (!/^[1-9]\d{0,2}$|^1000$/.test(limit)) throw new CommandEnd(`--limit ${limit}: write a number from 1 to 1000`)
  const filter = { limit: Number(limit), ...(sort === undefined ? {} : { sort }), ...(subject === undefined ? {} : { subject }) }
  const entries: readonly HistoryEntry[] = await ask(options, (client) => client.history(filter))
  process.stdout.write(options.output === 'json' ? `${JSON.stringify({ version: 1, entries }, null, 2)}\n` : historyText(entries))
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
  process.stdout.write(`${result.message}\n`)
  process.exitCode = result.ok ? 0 : 1
}

function showStatus(status: StatusView, { output }: Options): void {
  const isWell =
    status.refused === null &&
    status.errors.length === 0 &&
    status.hypervisors.every((one) => one.isUp === true && one.withheld.length === 0) &&
    status.resources.every((one) => one.conditions.some((condition) => condition.type === 'Ready' && condition.status === true))
  process.exitCode = isWell ? 0 : 1
  if (output === 'json') process.stdout.write(`${JSON.stringify({ version: 1, ...status }, null, 2)}\n`)
  else process.stdout.write(statusText(status, paintFor(process.stdout)))
}

function statusText(status: StatusView, paint: Paint): string {
  const commit =
    status.commit === null ? 'no commit yet' : `${status.commit.hash.slice(0, 12)} ${status.commit.subject} (${status.commit.author})`
  const hypervisors = status.hypervisors.map((one) => {
    const state = one.isUp === true ? paint.green(one.lastResult ?? 'up') : one.isUp === false ? paint.red('down') : paint.dim('unknown')
    const withheld = one.withheld.map(
      (held) => `    ${paint.yellow(held.brake)}: ${held.because}${held.approval === null ? '' : `  (reeve approve ${held.approval})`}\n`,
    )
    return `${one.name}  ${state}${one.message === '' ? '' : `  ${one.message}`}\n${withheld.join('')}`
  })
  const width = Math.max(10, ...status.resources.map((one) => one.kind.length + one.name.length + 1))
  const resources = status.resources.map((one) => {
    const shown = one.conditions.filter((condition) => ['Ready', 'Healthy', 'Drifted'].includes(condition.type))
    const words = shown.map((condition) => `${condition.type}=${condition.status}`).join(' ')
    const ready = one.conditions.find((condition) => condition.type === 'Ready')
    const drift = one.drift.map(
      (drift) =>
        `    ${paint.yellow('drift')} ${drift.item} ${drift.field} on ${drift.target} since ${new Date(drift.sinceSeconds * 1000).toISOString()}\n`,
    )
    return `${`${one.kind}/${one.name}`.padEnd(width)}  ${words}${ready?.status === true ? '' : `  ${ready?.message ?? ''}`}\n${drift.join('')}`
  })
  const suspensions = status.suspensions.map(
    (one) => `${paint.yellow('suspended')} ${printable(`${suspendedSubject(one)}: ${suspensionReason(one)}`)}\n`,
  )
  const silences = status.silences.map((one) => `${paint.yellow('silence')} ${printable(silenceText(one))}\n`)
  const errors = status.errors.map((error) => `${paint.red('error')} ${error}\n`)
  return (
    visible(`fleet ${status.fleet} at ${commit}\n`) +
    refusedText(status.refused, paint) +
    '\n' +
    [...hypervisors, '\n', ...resources, ...suspensions, ...silences, ...errors].join('')
  )
}

function refusedText(refused: StatusView['refused'], paint: Paint): string {
  if (refused === null) return ''
  const approve = refused.approval === undefined ? '' : `  (reeve approve ${refused.approval})`
  return `${paint.red('refused')} commits up to ${refused.head.slice(0, 12)}: ${printable(refused.because)}${approve}\n`
}

function silenceText({ id, reason, givenBy, untilSeconds, ...of }: Silence): string {
  return `${id}: no mails about ${silenced(of)} until ${utc(untilSeconds)}: ${reason} (${givenBy})`
}
