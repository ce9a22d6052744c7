import { expect } from 'vitest'
import type { World } from './world.ts'

/** What a controller says whose last run was killed: over already, and told once. */
export const unclean = '[reeve] Reeve itself: it did not stop in order, and runs again'

/** Subjects of mails that a resolution should follow, and none did. */
export function open(subjects: readonly string[]): readonly string[] {
  return subjects.filter(
    (subject) =>
      subject !== unclean &&
      !subject.startsWith('[reeve] resolved: ') &&
      !subjects.includes(subject.replace('[reeve] ', '[reeve] resolved: ')),
  )
}

/** Whatever was told was told once, and its end too; the last cycles may still be telling it. */
export async function expectMailsEnded(world: World): Promise<void> {
  await expect.poll(() => open(world.subjects()), { timeout: 60_000 }).toEqual([])
  const subjects = world.subjects()
  expect(subjects).toEqual([...new Set(subjects)])
}
