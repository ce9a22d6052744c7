import { relative } from 'node:path'
import { beforeEach } from 'vitest'
import { nameOf, readBeyond } from './mutateBeyond.ts'

const beyond = new Set(readBeyond().tests)

/** Of a mutant nobody is asked who needs a real shell. */
beforeEach(({ task, skip }) => {
  const groups: string[] = []
  for (let suite = task.suite; suite !== undefined; suite = suite.suite) groups.unshift(suite.name)
  const fullName = [...groups, task.name].filter((name) => name !== '').join(' ')
  skip(beyond.has(nameOf(relative(process.cwd(), task.file.filepath), fullName)))
})
