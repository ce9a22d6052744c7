import type { CaughtMail } from '../lab/smtp-catcher.ts'
import type { FaultRecord } from './faultReport.ts'
import { countMails } from './mailCount.ts'
import { record } from './record.ts'

/** What a test's own comparison names when a thing of a person's, or one that Git wants, is not there any more. */
const data = /\bmarker: /
const deletes = /\b(volumes|fstab|containers|tables|ledger): /

/** Keeps for the report what became of a fault that a test judges itself, or of so many: what the test throws is what is wrong. */
export async function recorded<T>(
  what: Pick<FaultRecord, 'class' | 'what' | 'host'>,
  mails: () => readonly CaughtMail[],
  body: () => Promise<T>,
  times = 1,
): Promise<T> {
  const told = (troubles: readonly string[]): void => {
    const text = troubles.join('\n')
    const { lost, doubled } = countMails(mails())
    const said = {
      ...what,
      isConverged: troubles.length === 0,
      dataLost: data.test(text) ? 1 : 0,
      wrongDeletes: deletes.test(text) ? 1 : 0,
      mailsLost: lost.length,
      mailsDoubled: doubled.length,
      troubles,
    }
    for (let time = 0; time < times; time++) record(said)
  }
  try {
    const result = await body()
    told([])
    return result
  } catch (error) {
    told([error instanceof Error ? error.message : String(error)])
    throw error
  }
}
