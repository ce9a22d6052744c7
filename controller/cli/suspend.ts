import type { Command } from 'commander'
import { parseSeconds } from '../model/quantity.ts'
import { longestSuspensionSeconds, type SuspensionOf } from '../model/suspension.ts'
import { type AskOptions, ask, finish, userName } from './ask.ts'
import { clock } from './context.ts'
import { CommandEnd } from './exit.ts'

interface Options extends AskOptions {
  readonly all?: boolean
  readonly for?: string
  readonly until?: string
  readonly reason?: string
  readonly by?: string
}

/** Stops changes for a time, and takes them up again. */
export function addSuspend(program: Command): void {
  program
    .command('suspend')
    .argument('[what]', 'a hypervisor (he1) or a manifest (Proxy/edge)')
    .option('--config <file>', 'reeve.yaml')
    .option('--all', 'the whole fleet')
    .option('--for <time>', 'for how long, such as 30m, 2h or 3d')
    .option('--until <time>', 'until when, such as 2026-12-24T06:00:00Z')
    .option('--reason <text>', 'why; people see it in status, history and on the status page')
    .option('--by <name>', 'who; default: the Unix user')
    .description('change nothing there for a time: it is still looked at, and what would be done is shown (exit 0 suspended, 1 not)')
    .action(suspend)
  program
    .command('resume')
    .argument('[what]', 'a hypervisor (he1) or a manifest (Proxy/edge)')
    .option('--config <file>', 'reeve.yaml')
    .option('--all', 'the suspension of the whole fleet')
    .option('--by <name>', 'who; default: the Unix user')
    .description('end a suspension before its time, and look there now (exit 0 ended, 1 there was none)')
    .action(resume)
}

async function suspend(what: string | undefined, options: Options): Promise<void> {
  const of = suspended(what, options, 'suspend')
  const { reason } = options
  if (reason === undefined || reason.trim() === '')
    throw new CommandEnd('a suspension needs --reason TEXT: whoever wonders why nothing happens finds it in reeve status')
  if (reason.length > 300) throw new CommandEnd('--reason: at most 300 characters')
  const seconds = limitOf(options, clock.nowSeconds())
  finish(await ask(options, (client) => client.suspend({ ...of, seconds, reason, by: options.by ?? userName() })))
}

async function resume(what: string | undefined, options: Options): Promise<void> {
  const of = suspended(what, options, 'resume')
  finish(await ask(options, (client) => client.resume(of, options.by ?? userName())))
}

function suspended(what: string | undefined, { all }: Options, command: string): SuspensionOf {
  if ((what === undefined) === (all !== true))
    throw new CommandEnd(`${command} what? write a hypervisor, a manifest as Kind/name, or --all`)
  if (what === undefined) return {}
  if (what.includes('/')) return { manifest: what }
  return { hypervisor: what }
}

/** How many seconds from now. A suspension without an end is one that everybody forgets. */
export function limitOf(options: Pick<Options, 'for' | 'until'>, nowSeconds: number): number {
  const { for: duration, until } = options
  if ((duration === undefined) === (until === undefined))
    throw new CommandEnd('for how long? write --for 2h or --until 2026-12-24T06:00:00Z; for good, write spec.suspend into the manifest')
  const seconds = duration === undefined ? secondsUntil(until ?? '', nowSeconds) : secondsFor(duration)
  if (seconds < 60 || seconds > longestSuspensionSeconds)
    throw new CommandEnd(
      `a suspension lasts 1 minute to ${longestSuspensionSeconds / 86_400} days; for longer, write spec.suspend into the manifest`,
    )
  return seconds
}

function secondsFor(text: string): number {
  const parsed = parseSeconds(text)
  if (!parsed.ok) throw new CommandEnd(`--for ${text}: ${parsed.reason}`)
  return parsed.value
}

/** A time without a zone would mean another moment to the next reader. */
function secondsUntil(text: string, nowSeconds: number): number {
  const at = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) / 1000 : Number.NaN
  if (Number.isNaN(at))
    throw new CommandEnd(`--until ${text}: write a time with its zone, such as 2026-12-24T06:00:00Z or 2026-12-24T07:00+01:00`)
  if (at <= nowSeconds) throw new CommandEnd(`--until ${text}: that is over`)
  return Math.round(at - nowSeconds)
}
