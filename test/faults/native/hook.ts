import { setTimeout as sleep } from 'node:timers/promises'
import type { LabHost } from '../../lab/machine.ts'

/** A fault that outlives its shell must not hold what whoever comes next waits for. */
const withoutLocks = '5>\\&- 7>\\&- 8>\\&- 9>\\&-'

/**
 * Boundaries of an apply, found from the real scripts: on this host /bin/sh puts a call after each line of them that ends a step or writes a state.
 * What they do otherwise is untouched. Names: `step FOLDER N` after a step is done, `begun FOLDER N` before it runs, `ran FOLDER N` before it is checked,
 * `state N WHAT`, `ledger N` between a transaction's line of the ledger and its state, `refusable`, `written` around the write-ahead, `closed`.
 */
export const rules = [
  `s|^  echo "step $1 done 0"$|&; reeve-fault step "$REEVE_BEFORE" "$1" ${withoutLocks} >/dev/null 2>\\&1|`,
  `s|^  printf '%s.n' "$1" >"$REEVE_BEFORE/step" .. exit 11$|&; reeve-fault begun "$REEVE_BEFORE" "$1" ${withoutLocks} >/dev/null 2>\\&1|`,
  `s|^  ( set -eu; "reeve_run_$1" ) 5>&-; reeve_rc=$?$|&; reeve-fault ran "$REEVE_BEFORE" "$1" ${withoutLocks} >/dev/null 2>\\&1|`,
  `s|^\\(reeve_state() { .*\\); }$|\\1; reeve-fault state "$1" "$2" ${withoutLocks}; }|`,
  `s|^\\(    0) reeve_ledger "$1" done;\\) reeve_state|\\1 reeve-fault ledger "$1" ${withoutLocks}; reeve_state|`,
  `s|^\\( *\\)reeve_ledger_begin .. .*$|\\1reeve-fault refusable ${withoutLocks}; &; reeve-fault written ${withoutLocks}|`,
  `s|^\\(reeve_close() .* >"$J/state";\\) \\(sync .*\\)$|\\1 reeve-fault closed ${withoutLocks}; \\2|`,
]

const shell = `#!/usr/bin/dash
# Every shell of this host starts here; those of a journal run a copy with the boundaries in it.
if [ -e /run/reeve-fault/at ]; then
  case \${1-} in
    /var/lib/reeve/journal/*/apply)
      copy=/run/reeve-fault/copy.$$; sed -f /usr/local/lib/reeve-fault.sed "$1" >$copy; shift
      exec /usr/bin/dash $copy "$@" ;;
    -s)
      from=$(readlink /proc/$$/fd/0)
      case $from in
        /var/lib/reeve/journal/*/tx-*)
          copy=/run/reeve-fault/copy.$$; sed -f /usr/local/lib/reeve-fault.sed >$copy
          exec /usr/bin/dash "$@" <$copy ;;
      esac ;;
  esac
fi
exec /usr/bin/dash "$@"
`

/** Counts the boundaries and strikes at one of them. */
const fault = `#!/usr/bin/dash
cd /run/reeve-fault || exit 0
exec 3>>lock; flock 3
read -r count <count
count=$((count + 1))
echo $count >count
echo "$count $*" >>seen
read -r at how pattern <at || exit 0
[ ! -e struck ] || exit 0
if [ "$at" = name ]; then
  case "$*" in $pattern) ;; *) exit 0 ;; esac
elif [ "$count" != "$at" ]; then exit 0; fi
echo "$*" >struck.new; mv struck.new struck
exec 3>&-
case $how in
  unit)
    while IFS= read -r line; do
      case $line in */reeve-*.service*) unit=\${line##*/}; break ;; esac
    done </proc/self/cgroup
    systemctl kill --signal=KILL --kill-whom=all "$unit"
    while :; do sleep 1; done ;;
  alone) kill -s KILL $PPID ;;
  wait) while [ ! -e go ]; do sleep 0.05; done ;;
esac
exit 0
`

/** What becomes of the apply at a boundary: `unit` kills all that it runs, `alone` the shell that is there, `wait` holds it, `note` lets it go on. */
export type How = 'unit' | 'alone' | 'wait' | 'note'

/** Gives the host a /bin/sh that knows the boundaries. Nothing strikes before `arm`. */
export async function installHook(host: LabHost): Promise<void> {
  await host.must(`mkdir -p /run/reeve-fault
cat >/usr/local/lib/reeve-fault.sed <<'EOT'\n${rules.join('\n')}\nEOT
cat >/usr/local/sbin/reeve-fault <<'EOT'\n${fault}EOT
cat >/usr/local/lib/reeve-fault-sh <<'EOT'\n${shell}EOT
chmod 755 /usr/local/sbin/reeve-fault /usr/local/lib/reeve-fault-sh
ln -sf /usr/local/lib/reeve-fault-sh /usr/bin/sh.new && mv /usr/bin/sh.new /usr/bin/sh`)
}

/** Strikes once: at the boundary of this number, counted over all that runs from now on (0 only counts), or at the first whose name fits a pattern of sh(1). */
export async function arm(host: LabHost, at: number | string, how: How): Promise<void> {
  const where = typeof at === 'number' ? `${at} ${how}` : `name ${how} ${at}`
  await host.must(`mkdir -p /run/reeve-fault; cd /run/reeve-fault; rm -f struck go copy.*; echo 0 >count; : >seen; echo '${where}' >at`)
}

/** Lets go what `wait` holds. */
export async function letGo(host: LabHost): Promise<void> {
  await host.must('touch /run/reeve-fault/go')
}

export async function disarm(host: LabHost): Promise<void> {
  await host.must('cd /run/reeve-fault 2>/dev/null || exit 0; touch go; rm -f at copy.*')
}

/** The boundaries that were passed since the last `arm`, in their order. */
export async function seen(host: LabHost): Promise<readonly string[]> {
  const lines = (await host.must('cat /run/reeve-fault/seen')).split('\n').filter((line) => line !== '')
  return lines.map((line) => line.replace(/^\d+ /, ''))
}

/** Which boundary it was, once it is reached; undefined where `end` resolves first. */
export async function struckAt(host: LabHost, end: Promise<unknown>): Promise<string | undefined> {
  let isOver = false
  void end.finally(() => {
    isOver = true
  })
  for (;;) {
    const wasOver = isOver
    const { stdout } = await host.exec('cat /run/reeve-fault/struck 2>/dev/null')
    if (stdout !== '') return stdout.trim()
    if (wasOver) return undefined
    await sleep(50)
  }
}
