import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { Command } from 'commander'
import { benchEmulated } from './emulated.ts'
import { benchNative } from './native.ts'
import { machineLine, markdown, writeReadme } from './table.ts'

interface Options {
  readonly json?: string
  readonly readme?: boolean
  readonly only?: 'native' | 'emulated'
  readonly runs: string
}

const program = new Command('npm run bench --')
  .description('Measures Reeve against one script by hand, on a host at native speed and on an emulated hypervisor. Needs root.')
  .option('--json <file>', 'write the rows there')
  .option('--readme', 'write the table between the markers of README.md')
  .option('--only <part>', 'native or emulated')
  .option('--runs <count>', 'how often each time is taken', '25')
program.parse()
const options = program.opts<Options>()
const load = loadavg()[0] ?? 0
const runs = Number(options.runs)
const rows = [
  ...(options.only === 'emulated' ? [] : await benchNative(runs)),
  ...(options.only === 'native' ? [] : await benchEmulated(Math.max(5, Math.round(runs / 3)))),
]
console.log(markdown(rows, load))
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ version: 1, machine: machineLine(), load, rows }, null, 2)}\n`)
if (options.readme) writeReadme(markdown(rows, load))
process.exit(rows.every((row) => row.ok) ? 0 : 1)
