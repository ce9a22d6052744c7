import type { Checker } from '../../primitives/service/spec.ts'
import { listenersOf, type sinksOn } from './places.ts'

/** rsyslogd starts without a listener whose port another program holds, and without certificates that it cannot read: it says so in its log, and runs. */
const script = `bad=0
for one; do
  what=\${one%%=*} value=\${one#*=}
  case $what in
    file) [ -r "$value" ] || { printf '%s is not there\\n' "$value"; bad=1; } ;;
    *)
      port=\${value##*:} address=\${value%:*}
      command -v ss >/dev/null 2>&1 || continue
      case $address in
        '*') held=$(ss -Hlnp "--$what" "sport = :$port") || held='' ;;
        *) held=$(ss -Hlnp "--$what" "( src $address:$port or src 0.0.0.0:$port or src [::]:$port )") || held='' ;;
      esac
      case $held in
        *'users:(("rsyslogd"'* | *'users:(("in:im'*) ;;
        *'users:(("'*) held=\${held#*users:??\\"}; printf '%s port %s is held by %s\\n' "$what" "$port" "\${held%%\\"*}"; bad=1 ;;
      esac ;;
  esac
done
exit "$bad"`

/** rsyslogd's own check of everything that it reads, and then what that one does not look at. The same for all SyslogSinks of a target, which share the daemon. */
export function daemonCheck({ kept, sent }: ReturnType<typeof sinksOn>): Checker {
  const argv = ['rsyslogd', '-N1']
  const ports = kept.flatMap((sink) =>
    listenersOf(sink).map(({ protocol, port, address = '*' }) => `${protocol === 'udp' ? 'udp' : 'tcp'}=${bracketed(address)}:${port}`),
  )
  const tls = [...kept.map(({ spec }) => spec.server.tls), ...sent.map(([, { client }]) => client.tls)]
  const files = tls.flatMap((one) => (one === undefined ? [] : [one.ca, one.certificate, one.key])).map((path) => `file=${path}`)
  const words = [...new Set([...ports, ...files])].sort()
  return { argv, failOn: [], ...(words.length === 0 ? {} : { expects: ['sh', '-c', script, 'sh', ...words] }) }
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
