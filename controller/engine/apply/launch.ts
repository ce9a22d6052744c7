import { type Script, sh } from '../../shell/sh.ts'

/**
 * `reeve_launch JOURNAL VERB…`: starts the script of a journal detached from the connection (in a unit of its own where systemd runs, so that the end of an SSH session cannot end it),
 * and returns once it holds its lock, or its journal is gone. Its output goes to files of the journal, never to the system's; why it could not be started is in `launch`.
 */
export const launchFunction: Script = sh`reeve_launch() {
  reeve_j=$1; shift
  [ ! -e "$reeve_j/started" ] || rm -f "$reeve_j/started"
  if [ -d /run/systemd/system ]; then
    systemd-run --quiet --collect --unit="reeve-\${reeve_j##*/}-$1" --property=KillMode=process /bin/sh "$reeve_j/apply" "$@" </dev/null >/dev/null 2>"$reeve_j/launch" || return 1
  else
    setsid /bin/sh "$reeve_j/apply" "$@" </dev/null >/dev/null 2>&1 6>&- 7>&- 8>&- 9>&- &
  fi
  reeve_tries=0
  while [ ! -e "$reeve_j/started" ]; do
    [ -e "$reeve_j/apply" ] || return 1
    reeve_tries=$((reeve_tries + 1))
    [ "$reeve_tries" -lt 6000 ] || { echo 'it did not start within a minute' >>"$reeve_j/launch"; return 1; }
    sleep 0.01
  done
}`
