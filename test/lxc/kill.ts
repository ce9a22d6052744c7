import type { Spec } from '../../controller/model/primitive.ts'
import { cycleOf, forget } from './engine.ts'
import type { LxcHost } from './host.ts'

/** All that the steps of a container's creation run. */
const programs =
  'mkdir rmdir chmod chown cp mv rm sync cat tar find grep sed sha256sum stat flock lxc-info lxc-start lxc-usernsexec timeout ls head tail date od tr debootstrap'

/** Counts the programs that steps start ($REEVE_BEFORE is theirs alone), and at one of them kills. */
const shim = `#!/bin/sh
name=\${0##*/}
real=/usr/bin/$name
[ -x $real ] || real=/usr/sbin/$name
[ -n "\${REEVE_BEFORE-}" ] && [ -z "\${REEVE_SHIM-}" ] || exec $real "$@"
REEVE_SHIM=1; export REEVE_SHIM
read -r count </mnt/count
count=$((count + 1))
echo $count >/mnt/count
echo $name >>/mnt/calls
read -r at when </mnt/kill-at
if [ "$count" = "$at" ]; then
  if [ "$when" = during ]; then $real "$@" & /usr/bin/sleep 0.02; fi
  read -r first </proc/1/comm
  if [ "$when" != alone ] && [ "$first" = sleep ]; then
    # All of this namespace, whose first process is the test's sleep: by number, until nothing is left.
    while :; do
      left=
      for process in /proc/[0-9]*; do
        number=\${process#/proc/}
        case $number in 1|$$) continue ;; esac
        read -r state <$process/stat || continue
        case $state in *') Z '*) continue ;; esac
        kill -s KILL $number && left=yes
      done 2>/dev/null
      [ -n "$left" ] || break
    done
  fi
  echo "$when $name $*" >/mnt/killed.new
  /usr/bin/mv /mnt/killed.new /mnt/killed
  kill -s KILL $$
fi
unset REEVE_SHIM
exec $real "$@"
`

export interface Instant {
  /** Number of the program that the steps start. */
  readonly at: number
  /** All that runs is killed before it, or while it works; or it alone is, as the kernel does when memory is short. */
  readonly when: 'before' | 'during' | 'alone'
}

export async function armHost(host: LxcHost): Promise<void> {
  await host.must(`cat >/usr/local/lib/shim <<'EOT'\n${shim}EOT
chmod 0755 /usr/local/lib/shim; for program in ${programs}; do ln -sf ../lib/shim /usr/local/sbin/$program; done; echo 0 >/mnt/count; : >/mnt/calls; echo 0 before >/mnt/kill-at`)
}

/** The programs that the steps started since the last arming, in order. */
export async function called(host: LxcHost): Promise<readonly string[]> {
  return (await host.must('cat /mnt/calls')).trim().split('\n')
}

/** Carries out these specs until the instant came; what was being run then, or undefined where nothing was that far. */
export async function killedAt(host: LxcHost, specs: readonly Spec[], { at, when }: Instant): Promise<string | undefined> {
  await host.must(`rm -f /mnt/killed; echo 0 >/mnt/count; echo ${at} ${when} >/mnt/kill-at`)
  let isOver = false
  const killed = watch(host, () => isOver).finally(() => {
    isOver = true
  })
  for (let turn = 0; turn < 200 && !isOver; turn++) {
    const cycle = await Promise.race([cycleOf(host, specs).catch(() => undefined), killed])
    isOver ||= cycle === undefined || cycle.status === 'noop'
    await pause(50)
  }
  await killed
  cut(host)
  for (let turn = 0; turn < 100 && host.sessionId() !== 0; turn++) await pause(20)
  forget(host)
  const { stdout } = await host.run('echo 0 before >/mnt/kill-at; cat /mnt/killed 2>/dev/null')
  return stdout === '' ? undefined : stdout.trim()
}

/** Ends when something was killed, or nobody waits for it any more. The shell of the controller may have died with the rest. */
async function watch(host: LxcHost, isOver: () => boolean): Promise<undefined> {
  while (!isOver() && (await host.run('[ -e /mnt/killed ]')).code !== 0) await pause(100)
  return undefined
}

/** The shell of the controller, where it did not die with the rest. */
function cut(host: LxcHost): void {
  try {
    host.cut()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function pause(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
