import { expect } from 'vitest'
import type { Lab } from '../lab/lab.ts'
import { fillRecipe } from './fit.ts'
import { openReeve } from './reeve.ts'
import type { Scene } from './scenes.ts'

/** A bare machine becomes the recipe's host by one `reeve apply`; `reeve plan` then finds nothing, the host works, and what a person does in it is no drift. */
export async function convergeAndProve(lab: Lab, scene: Scene): Promise<void> {
  const machine = lab.machine('he1')
  await using reeve = await openReeve(machine.identityFile, scene.hypervisor)
  await fillRecipe(reeve.repository.clone, scene, machine, lab)
  await reeve.repository.commit(`The recipe ${scene.recipe}`)
  await scene.bring?.(machine)
  const applied = await reeve.apply()
  expect(applied, applied.stderr.slice(-4000)).toMatchObject({ code: 0, stdout: `${scene.hypervisor}: converged\n` })
  const empty = { code: 0, stdout: `${scene.hypervisor}: nothing to do\n` }
  expect(await reeve.plan()).toMatchObject(empty)
  await scene.prepare?.(machine)
  expect(await scene.probe(machine)).toEqual(scene.expected)
  expect(await reeve.plan()).toMatchObject(empty)
}
