import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { findCgroup, type Hierarchy, isRunning, legacyFolder, unifiedFolder } from './cgroup.ts'
import { bridgesExist, loadable, pathsExist } from './checks.ts'
import { type Comparison, compare, formerEntries, type LimitWrite } from './compare.ts'
import { type ConfigWish, mergeConfig, readConfig } from './config.ts'
import { creationSteps } from './create.ts'
import { mountRoot, refreshed, refreshGuestFiles, restoreGuestFiles, unmountRoot } from './guest.ts'
import { limitFile } from './keys.ts'
import { toLegacy } from './legacy.ts'
import { freezeStep, startStep, stopStep, thawStep } from './lifecycle.ts'
import { placesOf } from './places.ts'
import type { LxcContainerSpec, LxcContainerState } from './spec.ts'
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
    ...(found.rewritesConfig ? [keepStartedStep(spec, state), swapStep(spec)] : []),
    ...(guest ? [refreshStep(spec)] : []),
    ...(isDown ? [] : found.limits.map((limit) => limitStep(spec, limit, state, found.limits))),
    ...(found.restarts || found.starts ? [startStep(spec)] : []),
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
    guard: joinScripts([sameAsSeen(spec, state), bridgesExist(spec), pathsExist(spec)]),
    run: writeOver(staged, config, text),
    undo: sh`rm -f ${staged}`,
    sync: [staged],
  }
}

/** Keeps owner and mode of the live file. */
function writeOver(staged: string, live: string, text: string): Script {
  return sh`
rm -f ${staged}
cp -p ${live} ${staged}
{ ${printPayload(text)}
} >${staged}`
}

/** grep adds the newline that the file's last line may lack, as it did in the observation. */
function sameAsSeen(spec: LxcContainerSpec, state: LxcContainerState): Script {
  const { config } = placesOf(spec.name)
  return sh`
{ ${printPayload(state.config)}
} >"$REEVE_BEFORE"/${`lxc-${spec.name}.seen`}
if ! grep -a '' ${config} | cmp -s - "$REEVE_BEFORE"/${`lxc-${spec.name}.seen`}; then
  echo ${`${config} changed since it was read`} >&2
  exit 1
fi`
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

function swapStep(spec: LxcContainerSpec): Step {
  const { config, staged } = placesOf(spec.name)
  const before = `lxc-${spec.name}.config`
  return {
    title: `put the new ${config} in place`,
    phase: 'change',
    run: sh`
cp -p ${config} "$REEVE_BEFORE"/${`${before}.new`}
sync "$REEVE_BEFORE"/${`${before}.new`}
mv "$REEVE_BEFORE"/${`${before}.new`} "$REEVE_BEFORE"/${before}
mv ${staged} ${config}`,
    check: sh`! [ -e ${staged} ]`,
    undo: sh`
if [ -e "$REEVE_BEFORE"/${before} ]; then
  cp -p "$REEVE_BEFORE"/${before} ${staged}
  sync ${staged}
  mv ${staged} ${config}
fi`,
    sync: [config],
  }
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

function limitStep(spec: LxcContainerSpec, limit: LimitWrite, { hierarchy }: LxcContainerState, all: readonly LimitWrite[]): Step {
  return {
    title: `set ${limit.file} of ${spec.name} to ${limit.value}`,
    phase: 'load',
    run: hierarchy === 'v2' ? writeUnified(spec, limit, all) : writeLegacy(spec, limit.file, limit.value),
    undo: sh`if ${isRunning(spec.name)}; then
${hierarchy === 'v2' ? write(limitPath(spec, limit.file), limit.before) : writeLegacy(spec, limit.file, limit.before)}
fi`,
  }
}

function limitPath(spec: LxcContainerSpec, file: string, hierarchy: Hierarchy = 'v2'): string {
  return `${hierarchy === 'v2' ? unifiedFolder(spec.name) : legacyFolder(spec.name, file.split('.')[0] ?? '')}/${file}`
}

function write(path: string, value: string): Script {
  return sh`printf '%s\n' ${value} >${path}`
}

function writeUnified(spec: LxcContainerSpec, limit: LimitWrite, all: readonly LimitWrite[]): Script {
  if (limit.file !== 'memory.max' || limit.value === 'max') return write(limitPath(spec, limit.file), limit.value)
  const high = all.find(({ file }) => file === 'memory.high')?.value
  return lowerMemory(spec, limit.value, high)
}

/**
 * A memory.max below what is used makes the kernel kill inside at once (seen: 1K ended the container). memory.high makes it take back what it can
 * first, and kills nothing: only if that was enough does the limit follow. `high` is what memory.high shall be afterwards; absent: what it was.
 */
function lowerMemory(spec: LxcContainerSpec, bytes: string, high: string | undefined): Script {
  const [max, above, current] = ['memory.max', 'memory.high', 'memory.current'].map((file) => limitPath(spec, file)) as [
    string,
    string,
    string,
  ]
  return sh`
read -r used <${current}
read -r high <${above}
if [ "$used" -gt ${bytes} ]; then
  printf '%s\n' ${bytes} >${above}
  waited=0
  until read -r used <${current} && [ "$used" -le ${bytes} ]; do
    if [ "$waited" -ge 5 ]; then
      printf '%s\n' "$high" >${above}
      echo ${`${spec.name} needs`} "$used" ${`bytes now: a limit of ${bytes} would kill inside it; it needs a restart`} >&2
      exit 1
    fi
    sleep 1
    waited=$((waited + 1))
  done
fi
printf '%s\n' ${bytes} >${max}
printf '%s\n' ${high === undefined ? sh`"$high"` : sh`${high}`} >${above}`
}

/** v1 refuses memory above memory and swap together (EINVAL), and memory below what it can take back (EBUSY): it never kills for a write. */
function writeLegacy(spec: LxcContainerSpec, file: string, value: string): Script {
  const limits = Object.fromEntries(Object.entries(spec.settings).map(([key, one]) => [limitFile(key) ?? key, one]))
  const wanted = toLegacy({ ...(file === 'memory.swap.max' ? { 'memory.max': limits['memory.max'] ?? 'max' } : {}), [file]: value })
  const files = Object.entries(wanted).filter(([one]) => file !== 'memory.swap.max' || one === 'memory.memsw.limit_in_bytes')
  return joinScripts(
    files.map(([one, text]) => (file === 'memory.max' ? writeLegacyMemory(spec, text) : write(limitPath(spec, one, 'v1'), text))),
  )
}

function writeLegacyMemory(spec: LxcContainerSpec, bytes: string): Script {
  const path = limitPath(spec, 'memory.limit_in_bytes', 'v1')
  const both = limitPath(spec, 'memory.memsw.limit_in_bytes', 'v1')
  return sh`
if ! printf '%s\n' ${bytes} 2>/dev/null >${path}; then
  if [ -e ${both} ]; then echo -1 >${both}; fi
  printf '%s\n' ${bytes} >${path}
fi`
}
