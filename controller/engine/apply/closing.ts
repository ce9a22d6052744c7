import type { Transaction } from '../../model/plan.ts'
import { targetKey } from '../../model/target.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { canEnter, shellInside } from './inside.ts'

/** `reeve_closing`: what the steps of a plan owe to their targets (Step.closing), each once. What it says goes to the journal's `err`, and fails nothing: all is done by then. */
export function closingFunction(transactions: readonly Transaction[], insideSeconds: number): Script {
  const owed = new Map<string, Script>()
  for (const { target, steps, isJob } of transactions)
    for (const { title, closing } of steps) {
      if (closing === undefined) continue
      if (isJob) throw new Error(`a job closes nothing: ${title}`)
      owed.set(`${targetKey(target)} ${closing.text}`, closeOne(target, closing, insideSeconds))
    }
  return shellFunction('reeve_closing', joinScripts([...owed.values(), sh`:`]))
}

function closeOne(target: Transaction['target'], { text }: Script, insideSeconds: number): Script {
  return sh`(
${canEnter(target)}
printf '%s\n' ${text} | ${shellInside(target, insideSeconds)} 7>&- 8>&- 9>&-
) || :`
}
