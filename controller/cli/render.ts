import { writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { compileFleet } from '../engine/compile.ts'
import { loadTree } from '../manifests/tree.ts'
import { keyOf } from '../model/ids.ts'
import type { Desired } from '../model/kind.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import { targetKey } from '../model/target.ts'
import { fileText } from '../primitives/dnsZone/probe.ts'
import { type DnsZoneSpec, zonePath } from '../primitives/dnsZone/spec.ts'
import { formatDiagnostics } from '../report/diagnostics.ts'
import { visible } from '../report/visible.ts'
import { readDirectory } from './directory.ts'
import { CommandEnd } from './exit.ts'
import { makeFolder } from './folder.ts'
import { readRules } from './rules.ts'

interface Options {
  readonly target?: string
  readonly out?: string
}

export function addRender(program: Command): void {
  program
    .command('render')
    .argument('[dir]', 'folder of manifests', '.')
    .option('--target <target>', 'only this target, such as he1 or he1/web')
    .option('--out <folder>', 'write each file as it will be on its target')
    .description('show the desired state offline (exit 0 valid, 1 invalid)')
    .action((directory: string, options: Options) => render(directory, options))
}

function render(directory: string, options: Options): void {
  const rules = readRules('offline')
  const load = loadTree(readDirectory(directory), rules)
  const compiled = compileFleet(load.fleet, rules.allKinds, rules.primitives)
  const diagnostics = [...load.diagnostics, ...compiled.diagnostics]
  process.stderr.write(formatDiagnostics(diagnostics, { format: 'text', textOf: load.textOf }))
  const byType = new Map(rules.primitives.map((primitive) => [primitive.type, primitive]))
  const items = [...compiled.states.values()]
    .flatMap((state) => state.items)
    .filter((item) => options.target === undefined || targetKey(item.target) === options.target)
  if (options.target !== undefined && items.length === 0) throw new CommandEnd(`nothing is wanted on ${options.target}`, 1)
  if (options.out === undefined) for (const item of items) process.stdout.write(describe(item, byType.get(item.spec.type)))
  else writeAll(options.out, items)
  process.exitCode = diagnostics.some((diagnostic) => diagnostic.severity === 'error') ? 1 : 0
}

function describe(item: Desired, primitive: AnyPrimitive | undefined): string {
  const fields = Object.entries(primitive?.fields(item.spec) ?? {}).map(([name, value]) => `  ${name}: ${indent(visible(String(value)))}\n`)
  return `${targetKey(item.target)} ${item.spec.id}  (${item.owners.join(', ')})\n${fields.join('')}`
}

function indent(text: string): string {
  return text.includes('\n')
    ? `|\n${text
        .trimEnd()
        .split('\n')
        .map((line) => `    ${line}`)
        .join('\n')}`
    : text
}

/** Specs that are files of a target. */
interface FileLike {
  readonly path?: string
  readonly content?: unknown
  readonly files?: Readonly<Record<string, { readonly content: unknown }>>
}

function writeAll(folder: string, items: readonly Desired[]): void {
  for (const item of items) {
    if (item.spec.type === 'dnsZone') writeZone(folder, item, item.spec as DnsZoneSpec)
    const { path, content, files } = item.spec as FileLike
    if (path === undefined) continue
    // A part of a file that is somebody else's is written as the file of its id: `/etc/hosts#hosts`.
    if (content !== undefined) writeFile(folder, item, item.spec.type === 'block' ? keyOf(item.spec.id) : path, content)
    for (const [name, file] of Object.entries(files ?? {})) writeFile(folder, item, `${path}/${name}`, file.content)
  }
}

/** The serial is chosen where the zone is served; this one is for checkers of zone files. */
function writeZone(folder: string, item: Desired, { zone, role }: DnsZoneSpec): void {
  if (role.type === 'primary') writeFile(folder, item, zonePath(zone), fileText(role, '1 ; chosen when it is applied'))
}

function writeFile(folder: string, item: Desired, path: string, content: unknown): void {
  const place = resolve(join(folder, targetKey(item.target), path))
  if (!place.startsWith(`${resolve(folder)}/`)) throw new CommandEnd(`${path} would be written outside ${folder}`)
  makeFolder(dirname(place), '--out')
  writeFileSync(place, content instanceof Uint8Array ? content : String(content))
  process.stdout.write(`${place}\n`)
}
