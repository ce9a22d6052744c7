import type { Checker } from '../../primitives/service/spec.ts'
import { portHolders } from '../../shell/portHolders.ts'
import { listenersOf, type sinksOn } from './places.ts'

/** rsyslogd starts without a listener whose port another program holds, and without certificates that it cannot read: it says so in its log, and runs. */
const script = `own='rsyslogd in:im*' bad=0
${portHolders}
for one; do
  what=\${one%%=*} value=\${one#*=}
  case $what in
    file) [ -r "$value" ] || { printf '%s is not there\\n' "$value"; bad=1; } ;;
    *) ! reeve_held "$what" "$value" || bad=1 ;;
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
