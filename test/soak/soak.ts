import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type HostSort, hostSorts } from './hosts.ts'
import { readJournal } from './journal.ts'
import { type Report, reportOf } from './report.ts'
import { runSoak } from './run.ts'

/** `npm run soak`: hours of commits, drift by hand and faults on two hosts with one controller, and the account of it all. */
interface Options {
  readonly minutes: number
  readonly seed: number
  readonly hosts: HostSort
  readonly journal: string
  readonly report?: string
}

const program = new Command('npm run soak --')
  .description(
    'Has one controller keep two hosts of the lab through commits, drift by hand and faults, and says what became of each. Ctrl-C ends it after what is in hand. Needs root. Exit status: 0 all held, 1 not, 2 could not run.',
  )
  .option('--minutes <count>', 'how long it is played', minutesOf, 120)
  .option('--seed <number>', 'with the minutes, what repeats the acts of a run', seedOf, randomInt(2 ** 31))
  .addOption(new Option('--hosts <sort>', 'at native speed, or emulated in QEMU').choices(hostSorts).default('native'))
  .option('--journal <file>', 'what it appends to as it goes', join(import.meta.dirname, '../../soak.ndjson'))
  .option('--report <file>', 'plays nothing: the report of the last run in this journal')
// Wrong use is no verdict.
program.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
program.parse()
const options = program.opts<Options>()

try {
  const { text, wrong } = await report()
  process.stdout.write(text)
  process.exit(wrong.length === 0 ? 0 : 1)
} catch (error) {
  console.error(`soak: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(2)
}

async function report(): Promise<Report> {
  if (options.report !== undefined) return reportOf(readJournal(options.report))
  let isStopped = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      isStopped = true
    })
  const { seed, minutes, hosts, journal } = options
  console.error(`soak: seed ${seed}, ${minutes} minutes, ${hosts} hosts; the journal grows in ${journal}`)
  await runSoak({ seed, minutes, hosts, journal, isStopped: () => isStopped })
  return reportOf(readJournal(journal))
}

function minutesOf(text: string): number {
  const minutes = Number(text)
  if (!(minutes >= 1 && minutes <= 10_080)) throw new InvalidArgumentError('Write minutes from 1 to 10080, a week.')
  return minutes
}

function seedOf(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 31) throw new InvalidArgumentError('Write the number that a run printed.')
  return Number(text)
}
