import { expect } from 'vitest'
import type { World } from './world.ts'

/** Subjects of mails that no resolution followed. */
export function open(subjects: readonly string[]): readonly string[] {
  return subjects.filter(
    (subject) => !subject.startsWith('[reeve] resolved: ') && !subjects.includes(subject.replace('[reeve] ', '[reeve] resolved: ')),
  )
}

/** Whatever was told was told once, and its end too; the last cycles may still be telling it. */
export async function expectMailsEnded(world: World): Promise<void> {
  await expect.poll(() => open(world.subjects()), { timeout: 60_000 }).toEqual([])
  const subjects = world.subjects()
  expect(subjects).toEqual([...new Set(subjects)])
}
