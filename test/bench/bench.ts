import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { Command } from 'commander'
import { benchEmulated } from './emulated.ts'
import { benchNative } from './native.ts'
import { benchPeers } from './peers/peers.ts'
import { machineLine, markdown, writeReadme } from './table.ts'

interface Options {
  readonly json?: string
  readonly readme?: boolean
  readonly only?: 'native' | 'emulated' | 'peers'
  readonly runs: string
}

const program = new Command('npm run bench --')
  .description(
    'Measures Reeve against one script by hand, on a host at native speed and on an emulated hypervisor, and beside other tools. Needs root.',
  )
  .option('--json <file>', 'write the rows there')
  .option('--readme', 'write the table between the markers of README.md')
  .option('--only <part>', 'native, emulated or peers')
  .option('--runs <count>', 'how often each time is taken', '25')
program.parse()
const options = program.opts<Options>()
const load = loadavg()[0] ?? 0
const runs = Number(options.runs)
const isAsked = (part: string): boolean => (options.only ?? part) === part
const rows = [
  ...(isAsked('native') ? await benchNative(runs) : []),
  ...(isAsked('emulated') ? await benchEmulated(Math.max(5, Math.round(runs / 3))) : []),
  ...(isAsked('peers') ? await benchPeers(Math.max(3, Math.round(runs / 8))) : []),
]
console.log(markdown(rows, load))
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ version: 1, machine: machineLine(), load, rows }, null, 2)}\n`)
if (options.readme) writeReadme(markdown(rows, load))
process.exit(rows.every((row) => row.ok) ? 0 : 1)
