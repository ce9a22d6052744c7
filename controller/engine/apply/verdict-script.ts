import type { Plan } from '../../model/plan.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { hostLockPath, runtimePath, undoUnit } from './paths.ts'

/**
 * The one state machine for confirm and commit probe. `armed` is a file; verdict, timer and the waiting script each begin with an atomic rename of it
 * to `confirmed` or `undone` (rename(2)), so exactly one of them wins and the others do nothing.
 */
export function verdictFunctions(plan: Plan): Script {
  if (!plan.transactions.some((transaction) => transaction.verdict)) return sh`reeve_disarm() { :; }`
  return joinScripts([disarm, expire, arm, awaited])
}

/** A change on disk that can lock out must be undone before network and ssh come up after a power-off. Dollars and per cents are doubled: systemd reads them first (systemd.service(5)). */
const bootUnit = `[Unit]
Description=Reeve: undo a change that nobody confirmed
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target ssh.service sysinit.target
Wants=network-pre.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'for a in /var/lib/reeve/journal/*/armed-disk; do [ ! -e "$$a" ] || /bin/sh "$\${a%%/*}/apply" expire "$$(cat "$$a")"; done'

[Install]
WantedBy=sysinit.target
`

const disarm = sh`reeve_disarm() {
  if [ -e "$J/timer" ] && [ -d /run/systemd/system ]; then systemctl stop "reeve-\${J##*/}-expire.timer" 2>/dev/null || :; fi
  rm -f "$J/timer"
  if [ -e "$J/armed-disk" ]; then
    rm -f "$J/armed-disk"
    systemctl disable --quiet ${undoUnit} 2>/dev/null || :
  fi
}`

/**
 * Undo by the timer or at boot, if nobody answered. Also of what was begun to be undone as the power went. Whoever has the host comes first: its own script undoes by
 * itself while it lives, and so does a recovery. One that hangs is not waited for, since a lock-out must end.
 */
const expire = sh`reeve_expire() {
  mv "$J/armed" "$J/undone" 2>/dev/null || [ -e "$J/undone" ] || return 0
  mkdir -p ${runtimePath}
  if { command exec 9>>${hostLockPath}; } 2>/dev/null; then flock -w 20 9 || :; fi
  if reeve_is_over; then return 0; fi
  reeve_read_state "$1"
  case "$reeve_is" in begun|awaiting|stuck) : ;; *) return 0 ;; esac
  reeve_turn 'expire begun'
  reeve_insists=yes
  "reeve_enter_$1" undo >>"$J/out-$1" 2>>"$J/err-$1" && reeve_state "$1" 'expired silence' || reeve_state "$1" 'stuck expire'
  sync "$J"/* 2>/dev/null || :
  reeve_turn 'expire ended'
}`

const arm = sh`reeve_arm() {
  printf '%s\n' "$2" >"$J/armed"
  sync "$J/armed" "$J"
  [ "$3" != none ] || return 0
  : >"$J/timer"
  if [ -d /run/systemd/system ]; then
    systemd-run --quiet --collect --unit="reeve-\${J##*/}-expire" --on-active="$(($1 + 60))" --timer-property=AccuracySec=500ms /bin/sh "$J/apply" expire "$2" || return 1
  else
    setsid sh -c 'sleep "$1"; exec /bin/sh "$2" expire "$3"' sh "$(($1 + 60))" "$J/apply" "$2" </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
  fi
  [ "$3" = disk ] || return 0
  printf '%s\n' "$2" >"$J/armed-disk"
  printf '%s' ${bootUnit} >/etc/systemd/system/${{ text: undoUnit }} || return 1
  sync "$J/armed-disk" /etc/systemd/system/${{ text: undoUnit }}
  systemctl enable --quiet ${undoUnit}
}`

const awaited = sh`reeve_awaited() {
  reeve_seconds=$1 reeve_lockout=$2; shift 2
  reeve_needs_met "$@" || return 0
  reeve_state "$1" begun
  if ! reeve_arm "$reeve_seconds" "$1" "$reeve_lockout"; then
    reeve_disarm; reeve_ledger "$1" undone; reeve_state "$1" 'failed arm'; return 0
  fi
  "reeve_enter_$1" do >"$J/out-$1" 2>"$J/err-$1"; reeve_code=$?
  if [ "$reeve_code" != 0 ]; then
    mv "$J/armed" "$J/undone" 2>/dev/null
    reeve_conclude "$1" "$reeve_code"
    # Only now: where it was cut it was just undone, and until then the boot unit must.
    reeve_disarm; return 0
  fi
  reeve_state "$1" awaiting
  sync "$J"/* 2>/dev/null || :
  flock -u 8
  read -r reeve_until reeve_rest </proc/uptime
  reeve_until=$((\${reeve_until%%.*} + reeve_seconds + 1)) reeve_now=0
  # The word mostly comes within a tenth of a second.
  reeve_tries=0
  while [ -e "$J/armed" ] && [ "$reeve_now" -lt "$reeve_until" ]; do
    reeve_tries=$((reeve_tries + 1))
    if [ "$reeve_tries" -lt 50 ]; then sleep 0.01; else sleep 0.1; fi
    read -r reeve_now reeve_rest </proc/uptime
    reeve_now=\${reeve_now%%.*}
  done
  flock 8
  if mv "$J/armed" "$J/undone" 2>/dev/null; then reeve_undo_awaited "$1" silence
  elif [ -e "$J/confirmed" ]; then
    reeve_state "$1" confirmed
    "reeve_enter_$1" settle >>"$J/out-$1" 2>>"$J/err-$1"
    reeve_conclude "$1" "$?"
  else reeve_undo_awaited "$1" verdict; fi
  reeve_disarm
}
reeve_undo_awaited() {
  reeve_undo "$1" "undone $2" undo
  reeve_bump
}`
