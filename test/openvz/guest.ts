/** Plays systemd inside a container of the stand-in, for the one unit nginx.service: the daemon, its checks, its reloads and its pages are nginx's own. */
export const systemctl = `#!/bin/sh
state=/run/unit
mkdir -p $state
verb= properties= quiet=
while [ $# -gt 0 ]; do
  case $1 in
    -p) shift; properties="$properties $1" ;;
    --quiet) quiet=yes ;;
    --) shift; break ;;
    -*) ;;
    *) [ -n "$verb" ] || verb=$1 ;;
  esac
  shift
done
now() { date -u '+%a %Y-%m-%d %H:%M:%S.%6N UTC'; }
runs() { read -r pid </run/nginx.pid && kill -0 "$pid"; } 2>/dev/null
changed() { now >$state/at; echo $(($(cat $state/count 2>/dev/null || echo 0) + 1)) >$state/count; }
start() { nginx -q -t && nginx || return 1; tr -d - </proc/sys/kernel/random/uuid >$state/invocation; changed; now >$state/started; }
stop() { nginx -s quit 2>/dev/null; while runs; do sleep 0.1; done; changed; }
show() {
  for unit; do
    active=inactive
    ! runs || active=active
    for property in $(echo "$properties" | tr , ' '); do
      case $property in
        LoadState) echo LoadState=loaded ;;
        ActiveState) echo ActiveState=$active ;;
        SubState) echo SubState=running ;;
        UnitFileState) echo UnitFileState=enabled ;;
        InvocationID) echo "InvocationID=$(cat $state/invocation 2>/dev/null)" ;;
        ActiveEnterTimestamp) echo "ActiveEnterTimestamp=$(cat $state/started 2>/dev/null)" ;;
        StateChangeTimestamp) echo "StateChangeTimestamp=$(cat $state/at 2>/dev/null)" ;;
        StateChangeTimestampMonotonic) echo "StateChangeTimestampMonotonic=$(cat $state/count 2>/dev/null)" ;;
        NeedDaemonReload) echo NeedDaemonReload=no ;;
        Job) echo Job=0 ;;
        Names) echo "Names=$unit" ;;
      esac
    done
    echo
  done
}
echo "$verb $*" >>/var/log/systemctl
case $verb in
  show) show "$@" ;;
  is-active) if runs; then [ -n "$quiet" ] || echo active; else [ -n "$quiet" ] || echo inactive; exit 3; fi ;;
  is-enabled) echo enabled ;;
  is-system-running) echo running ;;
  list-units) cat $state/failed 2>/dev/null || : ;;
  start) runs || start ;;
  stop) ! runs || stop ;;
  restart) ! runs || stop; start ;;
  reload|reload-or-restart) if runs; then nginx -s reload && changed; else start; fi ;;
  enable|disable|reset-failed|daemon-reload) : ;;
  *) echo "systemctl: $verb is not played" >&2; exit 1 ;;
esac
`
