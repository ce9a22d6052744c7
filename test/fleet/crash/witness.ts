import { parseLedger } from '../../../controller/engine/ledger.ts'
import type { LedgerEntry } from '../../../controller/model/ledger.ts'
import { textOf } from '../disk.ts'
import type { SimulatedHost } from '../host.ts'
import { type Commit, folder, names, versionOn } from './story.ts'

/** Remembers what a controller told to be so, and holds the host against it. */
export interface Witness {
  /** What went wrong, in words. */
  readonly wrong: string[]
  /** This commit is told to be in force. */
  tell(commit: Commit): void
  /** What is about to change is not told any more. */
  forget(name: string): void
  forgetAll(): void
  check(when: string): void
  /** Where all is at rest: nothing of an apply is left, and every generation came once. */
  checkLeftovers(): Promise<void>
}

export function createWitness(host: SimulatedHost): Witness {
  const wrong: string[] = []
  const told = new Map<string, string | undefined>()

  function entries(): ReadonlyMap<string, LedgerEntry> {
    const node = host.disk.at('/var/lib/reeve/ledger')
    const reading = parseLedger(node?.type === 'file' ? textOf(node) : '')
    if (reading.status === 'unreadable') wrong.push(`the ledger cannot be read: ${reading.reason}`)
    return reading.status === 'read' ? reading.ledger.entries : new Map()
  }

  function check(when: string): void {
    const known = entries()
    for (const [name, version] of told) {
      const found = versionOn(host, name)
      if (found !== version) wrong.push(`${when} ${name} is ${found}, and was told to be ${version}`)
      const entry = known.get(`he1 file:${folder}/${name}`)
      if (version === undefined ? entry !== undefined : entry?.state !== 'done')
        wrong.push(`${when} the ledger says of ${name}, which is ${version}: ${JSON.stringify(entry)}`)
    }
  }

  return {
    wrong,
    tell(commit) {
      for (const [at, name] of names.entries()) told.set(name, commit[at] ? String(commit[at]) : undefined)
      check('as it is told')
    },
    forget: (name) => void told.delete(name),
    forgetAll: () => told.clear(),
    check,
    async checkLeftovers() {
      const { stdout } = await host.run(
        `ls -A ${folder} /var/lib/reeve/journal; sed -n 's/^{"reeve":1,"generation":\\([0-9]*\\),.*/\\1/p' /var/lib/reeve/ledger`,
      )
      const lines = stdout.split('\n')
      const generations = lines.filter((line) => /^\d+$/.test(line)).map(Number)
      if (generations.some((one, index) => index > 0 && one <= (generations[index - 1] ?? 0))) wrong.push(`generations: ${generations}`)
      const strange = lines.filter((line) => /\.reeve-/.test(line) || /^[0-9a-f]{16}/.test(line))
      if (strange.length > 0) wrong.push(`left behind: ${strange}`)
    },
  }
}
