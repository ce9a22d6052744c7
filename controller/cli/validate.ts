import type { Command } from 'commander'
import { compileFleet } from '../engine/compile.ts'
import { loadTree } from '../manifests/tree.ts'
import { formatDiagnostics } from '../report/diagnostics.ts'
import { readDirectory } from './directory.ts'
import { CommandEnd } from './exit.ts'
import { readRules } from './rules.ts'

const formats = ['text', 'json', 'github'] as const

export function addValidate(program: Command): void {
  program
    .command('validate')
    .argument('[dir]', 'folder of manifests', '.')
    .option('-o, --output <format>', 'text, json or github (workflow annotations)', 'text')
    .description('check manifests offline: schema, references, meaning; every error with file:line:column (exit 0 valid, 1 invalid)')
    .action((directory: string, options: { readonly output: string }) => validate(directory, options.output))
}

function validate(directory: string, output: string): void {
  const format = formats.find((one) => one === output)
  if (format === undefined) throw new CommandEnd(`-o ${output}: write one of ${formats.join(', ')}`)
  const rules = readRules('offline')
  const load = loadTree(readDirectory(directory), rules)
  const diagnostics = [...load.diagnostics, ...compileFleet(load.fleet, rules.allKinds, rules.primitives).diagnostics]
  const isInvalid = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  process.stdout.write(formatDiagnostics(diagnostics, { format, textOf: load.textOf }))
  if (format === 'text')
    process.stdout.write(`${load.fleet.manifests.length} manifests valid, ${load.invalid.size} invalid, ${diagnostics.length} findings\n`)
  if (format === 'text' && load.files.size === 0)
    process.stdout.write(`${directory} holds no manifest: they are in files named *.yaml or *.yml, also in folders below\n`)
  process.exitCode = isInvalid ? 1 : 0
}
