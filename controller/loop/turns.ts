import type { Turn } from '../engine/brake.ts'
import type { Compiled } from '../engine/compile.ts'
import type { Cycle } from '../engine/cycle.ts'
import { hasChanged, type Stage, undoneBecause } from '../engine/rollout.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import type { Reading } from '../model/kind.ts'
import { type Target, targetKey } from '../model/target.ts'

/** What was last seen of one stage. */
interface Standing {
  readonly wanted: string
  /** Why it is not done; undefined: as Git says, and Healthy. */
  readonly because: string | undefined
}

/** Which placement of a manifest may change now, where they change one after the other. May be lost at any time: it is seen again before anything goes on. */
export interface Turns {
  /** Judges the stages of a hypervisor after its cycle, or when new readings came; answers whose turn has come by that, or who can be told now why not. */
  learn(cycle: Cycle, compiled: Compiled, readings: ReadonlyMap<string, Reading>): ReadonlySet<HypervisorName>
  /** Nothing could be read from this hypervisor: none of its stages counts as done. Answers who can be told so now. */
  lose(hypervisor: HypervisorName, because: string, compiled: Compiled): ReadonlySet<HypervisorName>
  /** Forgets what is wanted no more: should it be wanted again, it was something else in between. */
  follow(compiled: Compiled): void
  turnOf(compiled: Compiled, owner: ManifestId, target: Target): Turn | undefined
  /** Stages of this hypervisor that are not known to be done, and that others come after. */
  open(hypervisor: HypervisorName, compiled: Compiled): readonly Stage[]
  /** Hypervisors with stages that come before one on this hypervisor and are not known to be done. */
  openBefore(hypervisor: HypervisorName, compiled: Compiled): ReadonlySet<HypervisorName>
}

export function createTurns(): Turns {
  const standings = new Map<string, Standing>()
  /** By the commit in force; undefined where nobody said which that is. */
  let inForce: ReadonlyMap<string, string> | undefined
  const standingOf = (stage: Stage): Standing | undefined => {
    const standing = standings.get(keyOf(stage))
    return standing?.wanted === stage.wanted ? standing : undefined
  }
  const isDone = (stage: Stage): boolean => {
    const standing = standingOf(stage)
    return standing !== undefined && standing.because === undefined
  }

  /** What is seen of it by a commit that is past says nothing. */
  const note = (stage: Stage, because: string | undefined): void => {
    const key = keyOf(stage)
    if (inForce === undefined || inForce.get(key) === stage.wanted) standings.set(key, { wanted: stage.wanted, because })
  }

  return {
    learn(cycle, compiled, readings) {
      const desired = compiled.states.get(cycle.hypervisor)
      const woken = new Set<HypervisorName>()
      if (cycle.busy !== undefined || desired === undefined) return woken
      for (const { stage, later } of stagesOn(cycle.hypervisor, compiled)) {
        const before = standingOf(stage)
        const because = undoneBecause(stage, cycle, desired, readings)
        note(stage, because)
        const isNews = before === undefined || (because === undefined && before.because !== undefined)
        if (isNews) for (const { target } of later) woken.add(target.hypervisor)
      }
      return woken
    },
    lose(hypervisor, because, compiled) {
      const woken = new Set<HypervisorName>()
      for (const { stage, later } of stagesOn(hypervisor, compiled)) {
        const before = standingOf(stage)
        note(stage, `${hypervisor} could not be read: ${because}`)
        if (before === undefined) for (const { target } of later) woken.add(target.hypervisor)
      }
      return woken
    },
    follow({ rollouts }) {
      inForce = new Map([...rollouts.values()].flat().map((stage) => [keyOf(stage), stage.wanted]))
      for (const [key, { wanted }] of standings) if (inForce.get(key) !== wanted) standings.delete(key)
    },
    turnOf(compiled, owner, target) {
      const stages = compiled.rollouts.get(owner) ?? []
      const own = stages.findIndex((stage) => targetKey(stage.target) === targetKey(target))
      const first = stages.slice(0, Math.max(0, own)).find((stage) => !isDone(stage))
      const stage = stages[own]
      if (first === undefined || stage === undefined) return undefined
      const why = standingOf(first)?.because ?? 'it was not looked at yet'
      return { ...stage, because: `waits until ${targetKey(first.target)} is Healthy with this commit: ${why}` }
    },
    open: (hypervisor, compiled) =>
      stagesOn(hypervisor, compiled).flatMap(({ stage, later }) => (later.length > 0 && !isDone(stage) ? [stage] : [])),
    openBefore(hypervisor, compiled) {
      const before = stagesOn(hypervisor, compiled).flatMap(({ earlier }) => earlier)
      return new Set(before.filter((stage) => !isDone(stage)).map(({ target }) => target.hypervisor))
    },
  }
}

interface Position {
  readonly stage: Stage
  readonly earlier: readonly Stage[]
  readonly later: readonly Stage[]
}

function stagesOn(hypervisor: HypervisorName, { rollouts }: Compiled): readonly Position[] {
  return [...rollouts.values()].flatMap((stages) =>
    stages.flatMap((stage, index) =>
      stage.target.hypervisor === hypervisor ? [{ stage, earlier: stages.slice(0, index), later: stages.slice(index + 1) }] : [],
    ),
  )
}

function keyOf({ manifest, target }: Stage): string {
  return `${manifest} ${targetKey(target)}`
}

/** Stages of a hypervisor that something was changed of in this cycle: what was read of their health before says nothing any more. */
export function changedStages(cycle: Cycle, compiled: Compiled): readonly Stage[] {
  return stagesOn(cycle.hypervisor, compiled).flatMap(({ stage }) => (hasChanged(stage, cycle) ? [stage] : []))
}
