import { join } from 'node:path'
import { runOrThrow } from '../lab/process.ts'
import type { Alone } from './alone-main.ts'
import { figure, type Row } from './rows.ts'

/** The controller without any host: what it costs to read many manifests, and a commit of one file. */
export async function benchAlone(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const [count, bars] of [
    [1000, undefined],
    [10_000, { cold: 5000, one: 100 }],
  ] as const) {
    console.error(`bench: the controller alone, ${count} manifests`)
    const { coldMs, oneFileMs } = JSON.parse(
      await runOrThrow(process.execPath, [join(import.meta.dirname, 'alone-main.ts'), String(count)]),
    ) as Alone
    rows.push(
      figure(`${count} manifests read, validated and compiled (processor time)`, coldMs, 'ms', bars?.cold ?? null),
      figure('… one changed file → new desired states (processor time)', oneFileMs, 'ms', bars?.one ?? 100),
    )
  }
  return rows
}
