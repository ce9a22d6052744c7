import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Outcome, Row } from '../tables.ts'
import { type Constraint, signatureOf, watchSchemas } from './constraints.ts'
import { anyMark, instrument, markOf, root } from './instrument.ts'
import type { Proof } from './proof.ts'
import { schemaGolden, schemaGoldenFile } from './proof.ts'
import { readSchemas } from './schemas.ts'
import { seams } from './seams.ts'
import { wrongSpecs } from './wrong.ts'

/**
 * Runs every row of the tables with a mark behind each sentence of the code, and watches which constraints of the schemas it breaks; then takes away
 * each site and each constraint and runs the rows that met it. Values that break the constraints which no row breaks are made here. A program of its
 * own, since it changes the modules that it loads. Prints a `Proof` as JSON; with --write, writes the golden list of what the made values say.
 */
const watch = watchSchemas()
const sites = instrument(root)
const { allRows, rowOf } = await import('../tables.ts')
const { createAjv } = await import('../../../controller/manifests/schemas.ts')
const { configSchema } = await import('../../../controller/configSchema.ts')
const schemas = readSchemas(watch, configSchema)

let broken = new Set<string>()
let gone: string | undefined
watch.onError = (error) => {
  const signature = schemas.signature(error)
  if (signature !== undefined) broken.add(signature)
}
watch.isGone = (error) => gone !== undefined && schemas.signature(error) === gone

/** A row as it ran, with what it met. */
interface Ran {
  readonly row: Row
  readonly outcome: string
  readonly says: readonly string[]
  readonly marks: ReadonlySet<string>
  readonly broken: ReadonlySet<string>
}

const plain = (outcome: Outcome): string => JSON.stringify({ says: outcome.says, inForce: outcome.inForce }).replace(anyMark, '')

async function ran(row: Row): Promise<Ran> {
  broken = new Set()
  const outcome = await row.run()
  const marks = new Set(outcome.says.join('\n').match(anyMark) ?? [])
  return { row, outcome: plain(outcome), says: outcome.says.map((line) => line.replace(anyMark, '')), marks, broken }
}

/** What gets through where a check is missing may well throw later. */
async function outcomeOf(row: Row): Promise<string> {
  try {
    return plain(await row.run())
  } catch (error) {
    return String(error)
  }
}

/** Whether none of these rows tells that something is missing. */
async function isUnmissed(rows: readonly Ran[]): Promise<boolean> {
  for (const { row, outcome } of rows) if ((await outcomeOf(row)) !== outcome) return false
  return true
}

async function siteSurvives(index: number): Promise<boolean> {
  const mark = markOf(index)
  const claims = all.filter(({ says }) => says.some((line) => line.includes('is already taken by')))
  seams.gone = mark
  const survives = await isUnmissed(sites[index]?.isClaim ? claims : all.filter(({ marks }) => marks.has(mark)))
  seams.gone = undefined
  return survives
}

async function constraintSurvives(signature: string, rows: readonly Ran[]): Promise<boolean> {
  gone = signature
  const survives = await isUnmissed(rows.filter((each) => each.broken.has(signature)))
  gone = undefined
  return survives
}

/** What is said of a made value, only because of this constraint; nothing where no made value breaks it. */
async function saidOf(constraint: Constraint): Promise<readonly string[]> {
  const signature = signatureOf(constraint)
  for (const spec of wrongSpecs(constraint, schemas.roots[constraint.root] ?? {}, schemas.samples)) {
    const made = await ran(rowOf(constraint.root, spec))
    if (!made.broken.has(signature)) continue
    gone = signature
    const without = await outcomeOf(made.row)
    gone = undefined
    const own = made.says.filter((line) => !without.includes(JSON.stringify(line)) && !line.includes(' more findings of this manifest'))
    if (own.length > 0) return own
  }
  return []
}

const all: Ran[] = []
for (const row of await allRows()) all.push(await ran(row))

const unproven: string[] = []
for (const [index, { name }] of sites.entries()) if (await siteSurvives(index)) unproven.push(name)

const made: Proof['made'][number][] = []
for (const constraint of schemas.constraints)
  if (await constraintSurvives(signatureOf(constraint), all))
    made.push({ name: constraint.name, keyword: constraint.keyword, says: await saidOf(constraint) })

/** The same with schemas that are compiled without the constraint: minutes, for the long run. What survives is needless: another word of the schema says as much. */
async function compiledSurvivors(): Promise<readonly string[]> {
  const survivors: string[] = []
  for (const constraint of schemas.constraints.filter(({ keyword }) => keyword !== 'type')) {
    const signature = signatureOf(constraint)
    const specs = wrongSpecs(constraint, schemas.roots[constraint.root] ?? {}, schemas.samples)
    const more = specs.map((spec) => rowOf(constraint.root, spec))
    const rows = [...all.filter((each) => each.broken.has(signature)), ...(await Promise.all(more.map(ran)))]
    for (const [compiled, lacking] of schemas.without(constraint)) watch.instead.set(compiled, createAjv().compile(lacking))
    if (await isUnmissed(rows)) survivors.push(constraint.name)
    watch.instead.clear()
  }
  return survivors
}

const proof: Proof = {
  compiledSurvivors: process.argv.includes('--long') ? await compiledSurvivors() : [],
  wrongRows: all.filter(({ says, row }) => JSON.stringify(says) !== JSON.stringify(row.says)).map(({ row }) => `${row.table}: ${row.name}`),
  sites: sites.length,
  unproven,
  constraints: schemas.constraints.length,
  made,
  rows: all.map(({ row, says, marks, broken: by }) => ({
    table: row.table,
    name: row.name,
    says,
    path: [row.reader, ...marks, ...by].sort().join('\n'),
  })),
}
if (process.argv.includes('--write')) {
  const file = join(root, schemaGoldenFile)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, schemaGolden(proof))
} else process.stdout.write(JSON.stringify(proof))
