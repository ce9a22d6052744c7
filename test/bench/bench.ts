import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { benchAlone } from './alone.ts'
import { benchEmulated } from './emulated.ts'
import { benchEvents } from './events.ts'
import { benchLatency } from './latency.ts'
import { benchNative } from './native.ts'
import { benchPeers } from './peers/peers.ts'
import { benchReplicas } from './replicasRows.ts'
import { figure, type Row } from './rows.ts'
import { benchScale } from './scaleRows.ts'
import { machineLine, markdown, writeReadme } from './table.ts'

type Part = 'native' | 'events' | 'latency' | 'emulated' | 'peers' | 'alone' | 'scale' | 'replicas'

interface Options {
  readonly json?: string
  readonly readme?: boolean
  readonly only?: readonly Part[]
  readonly runs: string
  readonly commits: string
  readonly polls: string
  readonly hosts: string
  readonly minutes: string
}

const parts: Readonly<Record<Part, () => Promise<readonly Row[]>>> = {
  native: () => benchNative(runs),
  latency: () => benchLatency({ commits: Number(options.commits), polls: Number(options.polls) }),
  emulated: () => benchEmulated(Math.max(5, Math.round(runs / 3))),
  peers: () => benchPeers(Math.max(3, Math.round(runs / 8))),
  alone: benchAlone,
  events: () => benchEvents(runs),
  scale: () => benchScale({ hosts: Number(options.hosts), minutes: Number(options.minutes) }),
  replicas: () => benchReplicas({ hosts: 10 * Number(options.hosts), minutes: Number(options.minutes) }),
}

const program = new Command('npm run bench --')
  .description(
    'Measures Reeve against one script by hand, on a host at native speed and on an emulated hypervisor, beside other tools, and over a simulated fleet. Needs root.',
  )
  .option('--json <file>', 'write the rows there')
  .option('--readme', 'write the table between the markers of README.md')
  .option(
    '--only <parts>',
    'some of them, with commas between: native, events (from a change by hand to its being found and put right), latency (from git push to a verified host), emulated, peers (the same work by Ansible, CFEngine and Puppet), alone (the controller without hosts), scale (over a simulated fleet), replicas (four controllers over ten of them)',
    partsOf,
  )
  .option('--runs <count>', 'how often each time is taken', '25')
  .option('--commits <count>', 'of latency: by a local repository, and as many by webhook', '200')
  .option('--polls <count>', 'of latency: by polling', '30')
  .option('--hosts <count>', 'of the simulated fleet', '1000')
  .option('--minutes <count>', 'how long its resync is watched, in quiet and with a fifth of it in a black hole', '10')
program.parse()
const options = program.opts<Options>()
const loadNow = (): number => loadavg()[0] ?? Number.NaN
const before = loadNow()
const runs = Number(options.runs)
const rows: Row[] = []
const wanted = (Object.keys(parts) as Part[]).filter((part) => options.only?.includes(part) ?? true)
for (const part of wanted) rows.push(...(await parts[part]().catch((error: unknown) => brokenOff(part, error))))
const load = { before, after: loadNow() }
const table = markdown(rows, load, options.only ?? [])
console.log(table)
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ version: 1, machine: machineLine(), load, rows }, null, 2)}\n`)
if (options.readme) writeReadme(table)
process.exit(rows.every((row) => row.ok) ? 0 : 1)

function partsOf(text: string): readonly Part[] {
  return text.split(',').map((name) => {
    if (!(name in parts)) throw new InvalidArgumentError(`There is no ${name}: take of ${Object.keys(parts).join(', ')}.`)
    return name as Part
  })
}

/** What others measured before is worth keeping. */
function brokenOff(part: Part, error: unknown): readonly Row[] {
  console.error(error)
  return [figure(`${part}: not measured to its end`, 1, '', 0)]
}
