import type { Step } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { isRunning, legacyFolder, unifiedFolder } from './cgroup.ts'
import type { LimitWrite } from './compare.ts'
import { limitKey } from './keys.ts'
import { toLegacy } from './legacy.ts'
import type { LxcContainerSpec, LxcContainerState } from './spec.ts'

/** Sets one limit of a running container, in the files of its host's hierarchy. */
export function limitStep(spec: LxcContainerSpec, limit: LimitWrite, state: LxcContainerState, all: readonly LimitWrite[]): Step {
  const swap = limitKey('memory.swap.max')
  const isUnified = state.hierarchy === 'v2'
  return {
    title: `set ${limit.file} of ${spec.name} to ${limit.value}`,
    phase: 'load',
    run: isUnified ? writeUnified(spec, limit, all) : writeLegacy(spec, limit.file, limit.value, spec.settings[swap]),
    undo: sh`if ${isRunning(spec.name)}; then
${isUnified ? write(unifiedPath(spec, limit.file), limit.before) : writeLegacy(spec, limit.file, limit.before, state.live[swap])}
fi`,
  }
}

function unifiedPath(spec: LxcContainerSpec, file: string): string {
  return `${unifiedFolder(spec.name)}/${file}`
}

function legacyPath(spec: LxcContainerSpec, file: string): string {
  return `${legacyFolder(spec.name, file.split('.')[0] ?? '')}/${file}`
}

function write(path: string, value: string): Script {
  return sh`printf '%s\n' ${value} >${path}`
}

function writeUnified(spec: LxcContainerSpec, limit: LimitWrite, all: readonly LimitWrite[]): Script {
  if (limit.file !== 'memory.max' || limit.value === 'max') return write(unifiedPath(spec, limit.file), limit.value)
  const high = all.find(({ file }) => file === 'memory.high')?.value
  return lowerMemory(spec, limit.value, high)
}

/**
 * A memory.max below what is used makes the kernel kill inside at once (seen: 1K ended the container). memory.high makes it take back what it can
 * first, and kills nothing: only if that was enough does the limit follow. `high` is what memory.high shall be afterwards; absent: what it was.
 */
function lowerMemory(spec: LxcContainerSpec, bytes: string, high: string | undefined): Script {
  const [max, above, current] = ['memory.max', 'memory.high', 'memory.current'].map((file) => unifiedPath(spec, file)) as [
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

/** `swap` is what v1 counts together with memory; undefined: not limited. */
function writeLegacy(spec: LxcContainerSpec, file: string, value: string, swap: string | undefined): Script {
  if (file === 'memory.max') return writeLegacyMemory(spec, value, swap ?? 'max')
  if (file === 'memory.swap.max') return writeLegacyMemory(spec, spec.settings[limitKey('memory.max')] ?? 'max', value)
  return joinScripts(Object.entries(toLegacy({ [file]: value })).map(([one, text]) => write(legacyPath(spec, one), text)))
}

/** The kernel refuses memory above memory and swap together (EINVAL), and memory below what it can take back (EBUSY): for a write, it never kills. */
function writeLegacyMemory(spec: LxcContainerSpec, memory: string, swap: string): Script {
  const files = toLegacy({ 'memory.max': memory, 'memory.swap.max': swap })
  const bytes = files['memory.limit_in_bytes'] ?? '-1'
  const both = files['memory.memsw.limit_in_bytes'] ?? '-1'
  const [memoryPath, bothPath] = [legacyPath(spec, 'memory.limit_in_bytes'), legacyPath(spec, 'memory.memsw.limit_in_bytes')]
  return sh`
if ! printf '%s\n' ${bytes} 2>/dev/null >${memoryPath}; then
  if [ -e ${bothPath} ]; then printf '%s\n' ${both} >${bothPath}; fi
  printf '%s\n' ${bytes} >${memoryPath}
fi
if [ -e ${bothPath} ]; then printf '%s\n' ${both} >${bothPath}; fi`
}
