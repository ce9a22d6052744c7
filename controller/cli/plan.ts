import type { Command } from 'commander'
import type { Cycle } from '../engine/cycle.ts'
import type { Revision } from '../loop/revision.ts'
import { formatDiagnostics } from '../report/diagnostics.ts'
import type { Paint } from '../report/paint.ts'
import { doingLines, planJson, renderPlan } from '../report/plan.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { loadConfig, paintFor } from './context.ts'
import { CommandEnd } from './exit.ts'
import { runOnce } from './once.ts'
import type { Result } from './rounds.ts'

interface Options {
  readonly config?: string
  readonly repo?: string
  readonly ref?: string
  readonly hypervisor?: string
  readonly output: string
}

export function addPlan(program: Command): void {
  shared(program.command('plan'))
    .description(
      'observe, compare and show what would be done, with diffs, impact and reason; changes nothing (exit 0 nothing to do, 1 changes, 2 error)',
    )
    .action((options: Options) => plan(options))
}

export function addApply(program: Command): void {
  shared(program.command('apply'))
    .description('make the hosts as the repository says, once (exit 0 converged, 1 withheld or failed, 2 error)')
    .action((options: Options) => apply(options))
}

function shared(command: Command): Command {
  return command
    .option('--config <file>', 'reeve.yaml')
    .option('--repo <url>', 'another repository than the configuration says')
    .option('--ref <ref>', 'a branch, or a commit by its full hash')
    .option('--hypervisor <name>', 'only this hypervisor')
    .option('-o, --output <format>', 'text or json', 'text')
}

function settings(options: Options): Pick<Parameters<typeof runOnce>[0], 'config' | 'hypervisor' | 'commit'> {
  if (options.output !== 'text' && options.output !== 'json') throw new CommandEnd(`-o ${options.output}: write text or json`)
  const isCommit = options.ref !== undefined && /^[0-9a-f]{40}$/.test(options.ref)
  const over = {
    ...(options.repo === undefined ? {} : { REEVE_REPOSITORY_URL: options.repo }),
    ...(options.ref === undefined || isCommit ? {} : { REEVE_REPOSITORY_BRANCH: options.ref }),
  }
  return {
    config: loadConfig(options.config, over),
    ...(options.hypervisor === undefined ? {} : { hypervisor: options.hypervisor }),
    ...(isCommit && options.ref !== undefined ? { commit: options.ref } : {}),
  }
}

async function plan(options: Options): Promise<void> {
  const results = await runOnce({ ...settings(options), changes: false, onRevision: showRevision })
  if (options.output === 'json') process.stdout.write(visibleJson({ version: 1, hypervisors: results.map(resultJson) }))
  else for (const result of results) process.stdout.write(planText(result, paintFor(process.stdout)))
  process.exitCode = planExit(results)
}

/** As diff(1): 0 nothing to do, 1 changes, 2 where that cannot be told. */
export function planExit(results: readonly Result[]): 0 | 1 | 2 {
  if (results.some((result) => 'error' in result || result.cycle.busy !== undefined)) return 2
  return results.some((result) => 'cycle' in result && hasFindings(result.cycle)) ? 1 : 0
}

/** Anything that a person should look at makes the plan not empty. */
function hasFindings({ plan: made }: Cycle): boolean {
  return (
    made.transactions.length +
      made.withheld.length +
      made.refused.length +
      made.unknown.length +
      made.records.length +
      made.forgotten.length >
    0
  )
}

async function apply(options: Options): Promise<void> {
  const paint = paintFor(process.stderr)
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const results = await runOnce({
    ...settings(options),
    changes: true,
    onRevision: showRevision,
    onWait: (name, cycle) => say(paint.dim(`${name}: ${visible(cycle.message)} …`)),
    onProgress: (event) => {
      for (const line of doingLines(event, paint)) say(line)
    },
  })
  if (options.output === 'json') process.stdout.write(visibleJson({ version: 1, hypervisors: results.map(resultJson) }))
  else for (const result of results) process.stdout.write(applyText(result, paintFor(process.stdout)))
  process.exitCode = applyExit(results)
}

/** 0 converged, 1 withheld, failed or still waiting, 2 error. */
export function applyExit(results: readonly Result[]): 0 | 1 | 2 {
  if (results.some((result) => 'error' in result)) return 2
  return results.every((result) => 'cycle' in result && (result.cycle.status === 'noop' || result.cycle.status === 'converged')) ? 0 : 1
}

function showRevision(revision: Revision): void {
  process.stderr.write(formatDiagnostics(revision.diagnostics, { format: 'text', textOf: revision.head.textOf }))
}

function resultJson(result: Result): object {
  return 'cycle' in result ? planJson(result.cycle) : { hypervisor: result.hypervisor, error: result.error.message }
}

/** What `reeve plan` prints of one hypervisor. */
export function planText(result: Result, paint: Paint): string {
  if ('error' in result)
    return `${result.hypervisor}: ${paint.red('error')}: ${visible(withoutName(result.error.message, result.hypervisor))}\n`
  const { hypervisor, plan: made, busy } = result.cycle
  return busy === undefined
    ? renderPlan(made, paint)
    : `${hypervisor}: ${paint.yellow('no plan')}: ${visible(result.cycle.message)}; ${busyAdvice}\n`
}

/** Many errors of a connection begin with the name of the host, for places that do not say it. */
function withoutName(message: string, name: string): string {
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message
}

const busyAdvice = 'what it has half made is no ground for a plan: ask again when it has ended'

/** What `reeve apply` prints of one hypervisor. */
export function applyText(result: Result, paint: Paint): string {
  if ('error' in result) return planText(result, paint)
  const { cycle } = result
  const isGood = cycle.status === 'noop' || cycle.status === 'converged'
  const said = cycle.status === 'noop' ? 'nothing to do' : cycle.status
  const head = `${cycle.hypervisor}: ${isGood ? paint.green(said) : paint.yellow(said)}${cycle.message === '' ? '' : `: ${visible(cycle.message)}`}\n`
  return isGood || cycle.busy !== undefined ? head : head + renderPlan(cycle.plan, paint)
}
