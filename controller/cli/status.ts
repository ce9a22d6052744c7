import type { Command } from 'commander'
import { didYouMean } from '../model/nearest.ts'
import { apiVersion, type StatusView } from '../model/status.ts'
import { isAllWell, statusAbout, statusText } from '../report/status.ts'
import { visibleJson } from '../report/visible.ts'
import { type AskOptions, ask, isJson } from './ask.ts'
import { clock, paintFor } from './context.ts'
import { CommandEnd } from './exit.ts'

interface Options extends AskOptions {
  readonly all?: boolean
  readonly watch?: boolean
}

const watchMs = 2000

export function addStatus(program: Command): void {
  program
    .command('status')
    .argument('[what]', 'only of this hypervisor (he1) or manifest (Proxy/edge)')
    .option('--config <file>', 'reeve.yaml')
    .option('-a, --all', 'also manifests that are as Git says')
    .option('-w, --watch', 'go on, and show it anew every 2 seconds, until Ctrl-C')
    .option('-o, --output <format>', 'text or json', 'text')
    .option('--json', 'the same as -o json')
    .description('what the running controller knows: hypervisors, manifests, drift, what is held back (exit 0 all well, 1 not)')
    .action(showStatus)
}

async function showStatus(what: string | undefined, options: Options): Promise<void> {
  if (options.watch === true && isJson(options)) throw new CommandEnd('--watch is for people: programs follow GET /api/v1/events')
  do {
    const all = await ask(options, (client) => client.status())
    const status = what === undefined ? all : about(all, what)
    process.exitCode = isAllWell(status) ? 0 : 1
    // Of one thing all is shown that there is.
    const text = isJson(options) ? jsonOf(status) : textOf(status, options.all === true || what !== undefined)
    process.stdout.write(options.watch === true && process.stdout.isTTY ? `\x1b[H\x1b[2J${text}` : text)
    if (options.watch === true) await clock.wait(watchMs)
  } while (options.watch === true)
}

function about(status: StatusView, what: string): StatusView {
  const names = [...status.hypervisors.map(({ name }) => name), ...status.resources.map(({ kind, name }) => `${kind}/${name}`)]
  if (names.includes(what)) return statusAbout(status, what)
  throw new CommandEnd(
    `the fleet has neither a hypervisor nor a manifest ${what}; ${didYouMean(what, names) ?? 'reeve status --all shows those'}`,
  )
}

function jsonOf(status: StatusView): string {
  return visibleJson({ version: apiVersion, ...status })
}

function textOf(status: StatusView, isWhole: boolean): string {
  return statusText(status, { paint: paintFor(process.stdout), nowSeconds: clock.nowSeconds(), isWhole })
}
