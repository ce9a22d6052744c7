import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { across } from './across.ts'
import { type ActResult, acts, until } from './acts.ts'
import { missingOf } from './api.ts'
import { endInOrder } from './ending.ts'
import type { Outcome } from './outcome.ts'
import { type Scene, setScene } from './stage.ts'
import { createView, type View } from './view.ts'

interface Options {
  readonly script?: boolean
  readonly two?: boolean
  readonly json?: string
}

/** One machine, and two with mail, names and logs over both: five containers, emulated. */
const convergeLimitsMs = { one: 300_000, two: 1_200_000 } as const

const program = new Command('npm run demo --')
  .description('A real hypervisor that converges from bare, with Git, mails and metrics. Ctrl-C ends it and leaves nothing running.')
  .option('--script', 'play the three things to try, report times, and end: 0 where all was seen to be true, else 1')
  .option('--two', 'two hypervisors, he1 and he2, with mail, names and logs over both; takes some minutes')
  .option('--json <file>', 'with --script: write the outcome there')
  .showHelpAfterError()
program.parse()

const stack = new AsyncDisposableStack()
const isColoured = process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === ''
const view = createView({ stream: process.stdout, isColoured, nowMs: () => performance.now() })
const isEnding = endInOrder(stack, view)
try {
  process.exitCode = await run(program.opts<Options>())
} catch (error) {
  await waitWhereEnding()
  view.wait(undefined)
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
await stack.disposeAsync()
process.exit()

async function run(options: Options): Promise<number> {
  // An outcome that cannot be written is better known before than after.
  if (options.json !== undefined) await writeFile(options.json, '')
  const results: ActResult[] = []
  const times: { lab?: number; converged?: number; sinceController?: number } = {}
  let error: string | undefined
  try {
    const scene = await setScene(stack, options.two ? 2 : 1, view)
    times.lab = rounded(scene.labSeconds)
    const startSeconds = view.seconds()
    await Promise.race([converged(scene), scene.controller.ended])
    times.converged = rounded(view.seconds())
    times.sinceController = rounded(view.seconds() - startSeconds)
    view.line(`converged from bare: ${times.sinceController} s after the controller started, ${times.converged} s in all`, 'good')
    showPlaces(scene)
    if (!options.script) await Promise.race([new Promise(() => {}), scene.controller.ended])
    for (const act of acts) results.push(await Promise.race([playAct(scene, act), scene.controller.ended]))
  } catch (cause) {
    await waitWhereEnding()
    error = cause instanceof Error ? cause.message : String(cause)
  }
  const outcome = outcomeOf(results, times, error)
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(outcome, null, 2)}\n`)
  // Where nothing could be played there is nothing to sum up but why.
  if (times.converged === undefined) throw new Error(error)
  showOutcome(view, outcome)
  return outcome.isTrue ? 0 : error === undefined ? 1 : 2
}

/** The end that a signal began ends us. */
async function waitWhereEnding(): Promise<void> {
  if (isEnding()) await new Promise(() => {})
}

async function converged({ api, commit, lab }: Scene): Promise<void> {
  const limitMs = convergeLimitsMs[lab.machines.length > 1 ? 'two' : 'one']
  let missing: string | undefined = 'the controller does not answer yet'
  const ask = async () => {
    missing = missingOf(await api.status(), commit)
    view.wait(missing)
    return missing === undefined ? 'converged' : undefined
  }
  try {
    await until(() => ask().catch(() => undefined), limitMs)
  } catch (cause) {
    throw new Error(`not converged after ${limitMs / 1000} s: ${missing}`, { cause })
  } finally {
    view.wait(undefined)
  }
}

async function playAct(scene: Scene, act: (typeof acts)[number]): Promise<ActResult> {
  view.block(['', view.paint.bold(`-- ${act.title}`)])
  view.wait(act.title)
  const result = await act.play(scene)
  view.wait(undefined)
  return result
}

function showPlaces({ folder, repository, controller, lab, mails }: Scene): void {
  const { bold } = view.paint
  view.block([
    '',
    `  repository  ${repository.clone}  (a clone; git push goes to ${repository.bare})`,
    `  metrics     ${controller.url}/metrics`,
    `  API         ${controller.url}/api/v1/status`,
    `  status      bin/reeve status --config ${controller.configFile}`,
    `  mails       shown here; the server is 127.0.0.1:${mails.port}`,
    `  log         ${controller.logFile}`,
    ...lab.machines.map(({ name }) => `  ${name}         ${folder}/${name}  (a root shell)`),
    '',
    bold('Three things to try, in another terminal:'),
    ...acts.flatMap(({ title, command }, at) => [
      '',
      `  ${at + 1}. ${title}`,
      `     cd ${command.startsWith('./') ? folder : repository.clone} && ${command}`,
    ]),
    ...(lab.machines.length > 1 ? ['', bold('And over both machines:'), ...across.flatMap((one) => shown(one, folder))] : []),
    '',
    'Ctrl-C ends it all.',
  ])
}

function shown({ title, command }: (typeof across)[number], folder: string): readonly string[] {
  return ['', `  ${title}`, `     cd ${folder} && ${command}`]
}

function outcomeOf(results: readonly ActResult[], times: Omit<Outcome['seconds'], 'all'>, error: string | undefined): Outcome {
  const isTrue = error === undefined && results.length === acts.length && results.every((one) => one.isTrue)
  return {
    version: 1,
    isTrue,
    ...(error === undefined ? {} : { error }),
    seconds: { ...times, all: rounded(view.seconds()) },
    acts: results,
  }
}

function showOutcome({ block, paint }: View, { isTrue, error, seconds, acts: played }: Outcome): void {
  const timesOf = ({ name, seen }: ActResult) =>
    `  ${name.padEnd(10)} ${seen.map((one) => `${one.what} ${one.seconds?.toFixed(2) ?? '-'} s`).join(', ')}`
  block([
    '',
    `  converged  ${seconds.converged ?? '-'} s from the start (lab ${seconds.lab ?? '-'} s, controller ${seconds.sinceController ?? '-'} s)`,
    ...played.map(timesOf),
    isTrue ? paint.green('all of it was seen to be true') : paint.red(`not all of it was true${error === undefined ? '' : `: ${error}`}`),
  ])
}

function rounded(seconds: number): number {
  return Number(seconds.toFixed(2))
}
