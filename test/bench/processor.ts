import { readFile } from 'node:fs/promises'

/** Processor time of a process in seconds (proc(5)), user and system; `withChildren`: and of those of its own that have ended. */
export async function cpuSecondsOf(pid: number, { withChildren = false } = {}): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, withChildren ? 15 : 13)
  return fields.reduce((sum, field) => sum + Number(field), 0) / 100
}
