import type { Checker } from '../../primitives/service/spec.ts'

/**
 * The checker reads files and binds nothing: a daemon that cannot bind a port at its reload or restart ends, and all that it serves with it
 * (httpd: "no listening sockets available, shutting down"). So who holds the ports is looked up before. `$1` names the daemon's processes, then come the sockets.
 */
const script = `own=$1; shift; bad=0
command -v ss >/dev/null 2>&1 || exit 0
for at; do
  port=\${at##*:} address=\${at%:*}
  case $address in
    '*') held=$(ss -Hltnp "sport = :$port") || held='' ;;
    *) held=$(ss -Hltnp "( src $address:$port or src 0.0.0.0:$port or src [::]:$port )") || held='' ;;
  esac
  while IFS= read -r line; do
    case $line in *'users:(("'*) ;; *) continue ;; esac
    name=\${line#*users:\\(\\(\\"} pid=\${line#*pid=}
    name=\${name%%\\"*} pid=\${pid%%,*}
    case " $own " in *" $name "*) continue ;; esac
    printf 'port %s is held by %s (pid %s)\\n' "$port" "$name" "$pid"; bad=1
  done <<HELD
$held
HELD
done
exit "$bad"`

/** A checker that also fails where a process of another name than `own` listens on one of these sockets, `*:80` or `ADDRESS:PORT`; `command` is shell text of ours. */
export function withPorts(command: string, own: readonly string[], sockets: readonly string[]): Checker {
  const words = ['sh', '-c', `said=$(${command} 2>&1) || { printf '%s\\n' "$said"; exit 1; }\n${script}`, 'sh', own.join(' '), ...sockets]
  return { argv: words, failOn: [], called: command }
}
