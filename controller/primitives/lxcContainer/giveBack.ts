import type { Known } from '../../model/observation.ts'
import type { Step } from '../../model/primitive.ts'
import { sh } from '../../shell/sh.ts'
import { loadable } from './checks.ts'
import { othersLines, ownLines, readConfig } from './config.ts'
import { placesOf } from './places.ts'
import type { LxcContainerState } from './spec.ts'
import { sameAsSeen, swapStep, writeOver } from './swap.ts'

/** The config of a container that is taken over, for the ledger; one that carries our mark was made by us, or taken over before. */
export function previous(observed: Known<LxcContainerState>): string | undefined {
  return observed.status === 'present' && observed.mark === undefined ? observed.state.config : undefined
}

/** The config as it was before it was taken over; what others wrote into it since then stays. */
export function configBefore(previously: string, now: string): string {
  const [before, config] = [readConfig(previously), readConfig(now)]
  const others = othersLines(config).map(({ text }) => text)
  const ours = ownLines(config)
  const taken = othersLines(before).filter(({ key, text }) => key !== undefined && ours.has(key) && !others.includes(text))
  const left = othersLines(before).filter((line) => !taken.includes(line))
  const isUntouched = left.length === others.length && left.every(({ text }, index) => text === others[index])
  return isUntouched ? previously : `${[...others, ...taken.map(({ text }) => text)].join('\n')}\n`
}

/** What ran before Reeve came runs on when Reeve leaves: its config is put back, and counts from its next start. */
export function giveBackSteps(name: string, state: LxcContainerState, previously: string): readonly Step[] {
  const { config, staged } = placesOf(name)
  return [
    {
      title: `write ${config} as it was before it was taken over, beside the live one`,
      phase: 'stage',
      guard: sameAsSeen(name, state),
      run: writeOver(staged, config, configBefore(previously, state.config)),
      undo: sh`rm -f ${staged}`,
      sync: [staged],
    },
    { title: `let LXC load that config of ${name}`, phase: 'validate', run: loadable(name, staged) },
    swapStep(name),
  ]
}
