import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillFleet } from '../lab/demo/fleet.ts'
import type { Lab } from '../lab/lab.ts'

const example = join(import.meta.dirname, '../../manifests-example')

/** Puts the example's folder of he1 below a folder, as the lab needs it. */
export async function fillExample(folder: string, lab: Lab): Promise<void> {
  await fillFleet(example, folder, lab.machines, lab)
}

/** All of it as one file. */
export async function exampleText(lab: Lab): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-bench-'))
  try {
    await fillExample(folder, lab)
    const names = (await readdir(join(folder, 'he1'))).toSorted()
    return (await Promise.all(names.map((name) => readFile(join(folder, 'he1', name), 'utf8')))).join('\n---\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}
