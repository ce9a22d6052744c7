import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '../../controller/config.ts'
import { loadTree } from '../../controller/manifests/tree.ts'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'
import { badConfigs, oddConfigs } from '../config.cases.ts'
import { badApprovals } from '../manifests/approvals.cases.ts'
import { badFiles } from '../manifests/bad-input.cases.ts'
import { loadSample, good as sample } from '../manifests/sample.ts'
import { syntaxFiles } from '../manifests/syntax.cases.ts'
import { type BadInput, readRow, rules } from './repository.ts'

/** What a row of a table gave: its findings as `reeve validate` prints them, and what is in force beside them. */
export interface Outcome {
  readonly says: readonly string[]
  readonly inForce: readonly string[]
}

/** One row of any table of bad input. */
export interface Row {
  /** The file that holds it. */
  readonly table: string
  readonly name: string
  readonly says: readonly string[]
  /** What reads it. */
  readonly reader: 'manifests' | 'approvals' | 'config'
  run(): Promise<Outcome> | Outcome
}

/** Rows of the real kinds: every `*.cases.ts` of this folder. */
export async function kindCases(): Promise<readonly (BadInput & { readonly table: string })[]> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.cases.ts'))
  const modules = await Promise.all(files.sort().map(async (name) => [name, await import(join(import.meta.dirname, name))] as const))
  return modules.flatMap(([name, module]) =>
    (Object.values(module) as (readonly BadInput[])[]).flat().map((row) => ({ ...row, table: `test/bad-input/${name}` })),
  )
}

/** Every row of every table. */
export async function allRows(): Promise<readonly Row[]> {
  return [
    ...(await kindCases()).map(kindRow),
    ...badFiles.map((row) => sampleRow(row, 'bad-input')),
    ...syntaxFiles.map((row) => sampleRow(row, 'syntax')),
    ...badApprovals.map(approvalsRow),
    ...[...badConfigs, ...oddConfigs].map(configRow),
  ]
}

function kindRow(row: BadInput & { readonly table: string }): Row {
  return { table: row.table, name: row.name, says: row.says, reader: 'manifests', run: () => readRow(row) }
}

function sampleRow({ name, says, file, isAlone }: (typeof badFiles)[number], table: string): Row {
  const files = isAlone ? { 'bad.yaml': file } : { 'good.yaml': sample, 'bad.yaml': file }
  return { table: `test/manifests/${table}.cases.ts`, name, says, reader: 'manifests', run: () => loaded(files) }
}

function approvalsRow({ name, says, text }: (typeof badApprovals)[number]): Row {
  return {
    table: 'test/manifests/approvals.cases.ts',
    name,
    says,
    reader: 'approvals',
    run: () => loaded({ 'reeve.approvals.yaml': text }),
  }
}

function loaded(files: Parameters<typeof loadSample>[0]): Outcome {
  const { diagnostics, fleet, approvals } = loadSample(files)
  return { says: printed(diagnostics), inForce: [...fleet.manifests.map(({ id }) => id), ...approvals.map(({ hash }) => hash)] }
}

function configRow({ name, says, text, environment = {} }: (typeof badConfigs)[number]): Row {
  return {
    table: 'test/config.cases.ts',
    name,
    says,
    reader: 'config',
    run() {
      const { diagnostics, status } = readConfig({ file: 'reeve.yaml', bytes: Buffer.from(text), environment })
      return { says: printed(diagnostics), inForce: [status] }
    },
  }
}

function printed(diagnostics: Parameters<typeof formatDiagnostics>[0]): readonly string[] {
  const told = formatDiagnostics(diagnostics, { format: 'text' })
  return told === '' ? [] : told.trimEnd().split('\n')
}

/** A row of a value that a proof made, as JSON, which is YAML: a spec of a kind, a configuration, or approvals. */
export function rowOf(root: string, value: unknown): Row {
  const text = `${JSON.stringify(value)}\n`
  const row = { table: '', name: '', says: [] }
  if (root === 'config') return configRow({ ...row, text })
  if (root === 'approvals') return approvalsRow({ ...row, text })
  const bytes = Buffer.from(`apiVersion: reeve.dev/v1\nkind: ${root}\nmetadata: {name: bad}\nspec: ${text}`)
  const tree = { commit: 'head', files: [{ path: 'bad.yaml', bytes }], refused: [] }
  return { ...row, reader: 'manifests', run: () => ({ says: printed(loadTree(tree, rules).diagnostics), inForce: [] }) }
}
