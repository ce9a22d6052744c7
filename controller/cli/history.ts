import type { Command } from 'commander'
import { type HistoryEntry, type HistoryFilter, type HistorySort, historySorts } from '../model/history.ts'
import { parseSeconds } from '../model/quantity.ts'
import { historyText } from '../report/history.ts'
import { visibleJson } from '../report/visible.ts'
import { type AskOptions, ask, isJson } from './ask.ts'
import { clock } from './context.ts'
import { CommandEnd } from './exit.ts'

interface Options extends AskOptions {
  readonly sort?: HistorySort
  readonly limit: string
  readonly commit?: string
  readonly manifest?: string
  readonly since?: string
  readonly until?: string
}

export function addHistory(program: Command): void {
  program
    .command('history')
    .argument('[subject]', 'only of this hypervisor, commit or mail')
    .option('--config <file>', 'reeve.yaml')
    .option('--commit <hash>', 'what this commit did: itself, and all that was done or found while it was in force')
    .option('--manifest <kind/name>', 'only drift and changes of this manifest')
    .option('--sort <sort>', `only one of ${historySorts.join(', ')}`)
    .option('--since <time>', 'not before: so long ago (2h, 3d), or a time such as 2026-12-24T06:00:00Z')
    .option('--until <time>', 'before: the same')
    .option('--limit <count>', 'the newest so many, at most 1000', '50')
    .option('-o, --output <format>', 'text or json', 'text')
    .option('--json', 'the same as -o json')
    .description('what happened: commits, what each did, drift with its difference, mails, approvals; newest first')
    .action(showHistory)
}

async function showHistory(subject: string | undefined, options: Options): Promise<void> {
  const filter = filterOf(subject, options)
  const entries: readonly HistoryEntry[] = await ask(options, (client) => client.history(filter))
  if (isJson(options)) process.stdout.write(visibleJson({ version: 1, entries }))
  else process.stdout.write(historyText(entries) + deedsOf(entries, options))
}

/** A commit of which nothing but itself is told was read, and moved no host. */
function deedsOf(entries: readonly HistoryEntry[], { commit }: Options): string {
  const isOnlyRead = commit !== undefined && entries.length > 0 && entries.every(({ sort }) => sort === 'commit')
  return isOnlyRead ? 'it changed nothing on any host\n' : ''
}

function filterOf(subject: string | undefined, options: Options): HistoryFilter {
  const { sort, limit, commit, manifest, since, until } = options
  if (sort !== undefined && !historySorts.includes(sort)) throw new CommandEnd(`--sort ${sort}: write one of ${historySorts.join(', ')}`)
  if (!/^[1-9]\d{0,2}$|^1000$/.test(limit)) throw new CommandEnd(`--limit ${limit}: write a number from 1 to 1000`)
  if (commit !== undefined && !/^[0-9a-f]{6,64}$/.test(commit))
    throw new CommandEnd(`--commit ${commit}: write 6 or more digits of its hash`)
  return {
    limit: Number(limit),
    ...(sort === undefined ? {} : { sort }),
    ...(subject === undefined ? {} : { subject }),
    ...(commit === undefined ? {} : { commit }),
    ...(manifest === undefined ? {} : { manifest }),
    ...(since === undefined ? {} : { sinceSeconds: secondsOf('--since', since) }),
    ...(until === undefined ? {} : { untilSeconds: secondsOf('--until', until) }),
  }
}

function secondsOf(option: string, text: string): number {
  const passed = parseSeconds(text)
  if (passed.ok) return Math.max(0, clock.nowSeconds() - passed.value)
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) / 1000 : Number.NaN
  if (Number.isNaN(at))
    throw new CommandEnd(`${option} ${text}: write how long ago, such as 2h or 3d, or a time such as 2026-12-24T06:00:00Z`)
  return at
}
