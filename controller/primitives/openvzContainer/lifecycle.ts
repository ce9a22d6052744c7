import type { Step } from '../../model/primitive.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import type { StopPolicy } from '../lxcContainer/spec.ts'

/** Exit status of vzctl where another one holds the container's lock (VZ_LOCKED). */
const locked = 9

/**
 * Defines `reeve_vzctl SECONDS ARGUMENT…`: waits for the container's lock and returns vzctl's status; what it says is passed on where it fails. Its stdin is closed: it
 * would eat the script's. Its output is a file: a container's init keeps it open for as long as it lives.
 */
export const vzctlFunction: Script = shellFunction(
  'reeve_vzctl',
  sh`reeve_left=30 reeve_limit=$1
shift
while :; do
  reeve_rc=0
  timeout -k 10 "$reeve_limit" vzctl "$@" </dev/null >"$REEVE_BEFORE"/vzctl.out 2>&1 || reeve_rc=$?
  if [ "$reeve_rc" = 0 ]; then return 0; fi
  if [ "$reeve_rc" != ${locked} ] || [ "$reeve_left" = 0 ]; then
    tail -c 4000 "$REEVE_BEFORE"/vzctl.out >&2
    return "$reeve_rc"
  fi
  reeve_left=$((reeve_left - 1))
  sleep 1
done`,
)

/** Succeeds where the container runs. vzctl says `CTID 101 exist mounted running`, older ones `VEID …`, with status 0 whatever it says. */
export function isRunning(ctid: string): Script {
  return sh`timeout -k 5 20 vzctl status ${ctid} </dev/null 2>/dev/null | grep -q ${`^[CV][TE]ID ${ctid} exist mounted running$`}`
}

export function startScript(ctid: string): Script {
  return sh`
if ! ${isRunning(ctid)}; then
  reeve_status=0
  reeve_vzctl 300 start ${ctid} || reeve_status=$?
  if [ "$reeve_status" != 0 ]; then echo ${`container ${ctid} did not start: vzctl ended with status`} "$reeve_status" >&2; exit 1; fi
fi`
}

/** The guest's own shutdown first, killed afterwards if the policy says so. vzctl kills by itself after two minutes: a time that is shorter ends it before. */
export function stopScript(ctid: string, policy: StopPolicy): Script {
  const kill = policy.force
    ? sh`
  echo ${`container ${ctid} did not stop by itself and is killed`} >&2
  reeve_vzctl 60 stop ${ctid} --fast || :`
    : sh`
  echo ${`container ${ctid} did not stop by itself within ${policy.timeoutSeconds} s, and stop.force is false`} >&2
  exit 1`
  return sh`
if ! ${isRunning(ctid)}; then exit 0; fi
reeve_vzctl ${policy.timeoutSeconds} stop ${ctid} || :
if ${isRunning(ctid)}; then
${kill}
fi
if ${isRunning(ctid)}; then echo ${`container ${ctid} still runs after it was killed`} >&2; exit 1; fi`
}

/** Undone, it stops at once what it had started, and nothing that ran before. */
export function startStep(ctid: string): Step {
  const starting = `openvz-${ctid}.starting`
  return {
    title: `start container ${ctid}`,
    phase: 'load',
    run: joinScripts([vzctlFunction, sh`if ! ${isRunning(ctid)}; then : >"$REEVE_BEFORE"/${starting}; fi`, startScript(ctid)]),
    check: isRunning(ctid),
    undo: joinScripts([
      vzctlFunction,
      sh`if [ -e "$REEVE_BEFORE"/${starting} ] && ${isRunning(ctid)}; then reeve_vzctl 60 stop ${ctid} --fast || :; fi`,
    ]),
  }
}

export function stopStep(ctid: string, policy: StopPolicy): Step {
  const ran = `openvz-${ctid}.ran`
  return {
    title: `stop container ${ctid}`,
    phase: 'change',
    guard: isRunning(ctid),
    run: joinScripts([vzctlFunction, sh`: >"$REEVE_BEFORE"/${ran}`, stopScript(ctid, policy)]),
    check: sh`! ${isRunning(ctid)}`,
    undo: joinScripts([
      vzctlFunction,
      sh`if [ -e "$REEVE_BEFORE"/${ran} ]; then ${startScript(ctid)}
fi`,
    ]),
  }
}
