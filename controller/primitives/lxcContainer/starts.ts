import { createHash } from 'node:crypto'
import { type Script, sh } from '../../shell/sh.ts'
import { fieldsOf } from './fields.ts'
import { placesOf } from './places.ts'
import { type LxcContainerSpec, noStarts, type RecentStarts } from './spec.ts'

const windowSeconds = 600
const mostFailed = 3
const mostTried = 5

/** What a start is counted by: another wish is another try. */
export function wishHash(spec: LxcContainerSpec): string {
  return createHash('sha256')
    .update(JSON.stringify(fieldsOf(spec)))
    .digest('hex')
    .slice(0, 16)
}

/** Appends what came of a start (`tried`, `failed`) to its record, and for a failed one what LXC said. Only the last lines are kept. */
export function recordStart(name: string, wish: string, outcome: 'tried' | 'failed'): Script {
  const { starts, log } = placesOf(name)
  const said = outcome === 'failed' ? sh`${lxcErrors(log, 4)} | sed 's/^/log /'` : sh`:`
  return sh`{ tail -n 60 ${starts} 2>/dev/null || :; echo ${outcome} "$(date +%s)" ${wish}
  ${said}; } >${`${starts}.new`}
  mv ${`${starts}.new`} ${starts}`
}

/** The first errors of LXC's log, without times and places in its source: the later ones only say that it ends. */
export function lxcErrors(log: string, most: number): Script {
  return sh`sed -n 's/^.* \(ERROR\|FATAL\) *\([A-Za-z_]*\) - [^ ]* - /\2: /p' ${log} 2>/dev/null | sed ${`${most}q`} | cut -c 1-300`
}

/** The record, without what is too old to matter. `now` in seconds since the epoch. */
export function recentStarts(text: string, now: number | undefined): RecentStarts {
  if (now === undefined) return noStarts
  const byWish: Record<string, { tried: number; failed: number }> = {}
  let log: string[] = []
  for (const line of text.split('\n')) {
    const [, outcome, at, wish] = /^(tried|failed) (\d{1,12}) ([0-9a-f]{16})$/.exec(line) ?? []
    if (line.startsWith('log ')) log.push(line.slice(4))
    if (outcome === undefined || wish === undefined) continue
    if (outcome === 'failed') log = []
    if (Number(at) < now - windowSeconds) continue
    const counted = byWish[wish] ?? { tried: 0, failed: 0 }
    byWish[wish] = { ...counted, [outcome]: counted[outcome as 'tried' | 'failed'] + 1 }
  }
  return { byWish, log: Object.keys(byWish).length === 0 ? [] : log }
}

/** Why a container is not started once more for now; undefined where it may be. */
export function restsBecause(spec: LxcContainerSpec, { byWish, log }: RecentStarts): string | undefined {
  const { tried, failed } = byWish[wishHash(spec)] ?? { tried: 0, failed: 0 }
  const { starts } = placesOf(spec.name)
  const advice = `repair it (lxc-start -n ${spec.name} -F shows its start; docs/runbook.md, "A container does not start"). Reeve tries again when its manifest changes, when ${starts} is removed, and otherwise every few minutes`
  if (failed >= mostFailed)
    return `${spec.name} does not start, and is left alone for now. LXC says: ${log.length === 0 ? 'nothing' : log.join(' | ')}; ${advice}`
  if (tried >= mostTried) return `${spec.name} was started ${tried} times within ten minutes and ended each time; ${advice}`
  return undefined
}

/** The same, on the host, for a container that is not there yet: its creation ends with its first start. */
export function restGuard(spec: LxcContainerSpec): Script {
  const { starts } = placesOf(spec.name)
  return sh`
now=$(date +%s)
oldest=$((now - ${windowSeconds}))
count=0
if [ -e ${starts} ]; then
  while read -r outcome at wish rest; do
    case $outcome in failed) ;; *) continue ;; esac
    case $at in ''|*[!0-9]*) continue ;; esac
    if [ "$wish" = ${wishHash(spec)} ] && [ "$at" -ge "$oldest" ]; then count=$((count + 1)); fi
  done <${starts}
fi
if [ "$count" -ge ${mostFailed} ]; then
  echo ${`${spec.name} did not start ${mostFailed} times, and is left alone for now (docs/runbook.md, "A container does not start"). LXC says:`} >&2
  sed -n 's/^log //p' ${starts} | tail -n 6 >&2
  exit 1
fi`
}
