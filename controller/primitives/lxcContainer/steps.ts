import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, sh } from '../../shell/sh.ts'
import { findCgroup, isRunning } from './cgroup.ts'
import { bridgesExist, loadable, pathsExist, profileReadable } from './checks.ts'
import { type Comparison, compare, formerEntries } from './compare.ts'
import { type ConfigWish, mergeConfig, readConfig } from './config.ts'
import { creationSteps } from './create.ts'
import { mountRoot, refreshed, refreshGuestFiles, restoreGuestFiles, unmountRoot } from './guest.ts'
import { ioAfterStart, ioStep } from './io.ts'
import { freezeStep, startStep, stopStep, thawStep } from './lifecycle.ts'
import { limitStep } from './limits.ts'
import { placesOf } from './places.ts'
import type { LxcContainerSpec, LxcContainerState } from './spec.ts'
import { sameAsSeen, swapStep, writeOver } from './swap.ts'
import { templateMark } from './template.ts'

export function steps(
  spec: LxcContainerSpec,
  _change: WantedChange,
  observed: Known<LxcContainerState>,
  context: StepContext,
): readonly Step[] {
  if (observed.status === 'absent') return creationSteps(spec, wishOf(spec, context))
  return updateSteps(spec, observed.state, compare(spec, observed.state, context.last), context)
}

/**
 * Write beside and check; stop; swap; refresh the guest's files; limits; start. Undone in reverse, the old config is back before the old
 * container is started again.
 */
function updateSteps(spec: LxcContainerSpec, state: LxcContainerState, found: Comparison, context: StepContext): readonly Step[] {
  const { name } = spec
  const isDown = found.restarts || found.stops || state.running === 'stopped'
  const guest = isDown && found.rewritesConfig && touchesGuest(found) && refreshed(spec).length > 0
  const written = found.rewritesConfig ? [stageStep(spec, state, context), checkStep(spec)] : []
  return [
    ...written,
    ...(found.restarts || found.stops ? [stopStep(name, spec.stop)] : []),
    ...(found.rewritesConfig ? [keepStartedStep(spec, state), swapStep(name)] : []),
    ...(guest ? [refreshStep(spec)] : []),
    ...(isDown ? [] : found.limits.map((limit) => limitStep(spec, limit, state, found.limits))),
    ...(isDown || found.io === undefined ? [] : [ioStep(spec, state, found.io)]),
    ...(found.restarts || found.starts ? [startStep(spec), ...ioAfterStart(spec)] : []),
    ...(found.thaws && !found.restarts ? [thawStep(name)] : []),
    ...(found.freezes ? [freezeStep(name)] : []),
  ]
}

function wishOf(spec: LxcContainerSpec, context: StepContext): ConfigWish {
  const mark = { fleet: context.fleet, owner: context.owners[0] ?? 'nobody' }
  const template = spec.template === undefined ? {} : { template: templateMark(spec.template) }
  return {
    settings: spec.settings,
    entries: spec.entries,
    formerEntries: formerEntries(context.last),
    defaults: spec.defaults,
    mark,
    ...template,
  }
}

/** The template of a container that was adopted is unknown and stays so: naming ours would claim that the root was made from it. */
function stageStep(spec: LxcContainerSpec, state: LxcContainerState, context: StepContext): Step {
  const { config, staged } = placesOf(spec.name)
  const before = readConfig(state.config)
  const { template: _unknown, ...wish } = wishOf(spec, context)
  const text = mergeConfig(before, before.template === undefined ? wish : { ...wish, template: before.template })
  return {
    title: `write ${config} anew, beside the live one`,
    phase: 'stage',
    guard: joinScripts([sameAsSeen(spec.name, state), bridgesExist(spec), pathsExist(spec), profileReadable(spec)]),
    run: writeOver(staged, config, text),
    undo: sh`rm -f ${staged}`,
    sync: [staged],
  }
}

function checkStep(spec: LxcContainerSpec): Step {
  return { title: `let LXC load the new config of ${spec.name}`, phase: 'validate', run: loadable(spec.name, placesOf(spec.name).staged) }
}

/** A container that others started has no record of its config; after the swap the file's age would tell nothing any more. */
function keepStartedStep(spec: LxcContainerSpec, state: LxcContainerState): Step {
  const { started } = placesOf(spec.name)
  const record =
    state.started === undefined
      ? sh`:`
      : sh`
if ${isRunning(spec.name)}; then
  mkdir -p -m 0700 /run/reeve/lxc
  ${findCgroup(spec.name)}
  inode=$(stat -c %i "$cgroup")
  { printf '# cgroup %s\n' "$inode"
  ${printPayload(state.started)}
  } >${`${started}.new`}
  mv ${`${started}.new`} ${started}
fi`
  return { title: `record what ${spec.name} runs with`, phase: 'change', run: record }
}

/** Settings that the guest's own files repeat, and win over (hostname(5), interfaces(5)). */
function touchesGuest(found: Comparison): boolean {
  return found.fields.some(({ field }) => field === 'lxc.uts.name' || field.startsWith('lxc.net.'))
}

function refreshStep(spec: LxcContainerSpec): Step {
  return {
    title: `write host name and network files inside ${spec.name} anew`,
    phase: 'change',
    guard: sh`! ${isRunning(spec.name)}`,
    run: joinScripts([mountRoot(spec), refreshGuestFiles(spec), unmountRoot(spec)]),
    undo: restoreGuestFiles(spec),
  }
}
