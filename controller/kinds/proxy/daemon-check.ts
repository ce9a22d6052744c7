import type { Checker } from '../../primitives/service/spec.ts'
import { portHolders } from '../../shell/portHolders.ts'

/** What a daemon must find at its reload or start, beyond a configuration that it can read. */
export interface Found {
  /** Names of its own processes, which may hold the sockets. */
  readonly own: readonly string[]
  /** `*:80` or `ADDRESS:PORT`. */
  readonly sockets: readonly string[]
  readonly certificates?: readonly { readonly certificate: string; readonly key: string }[]
}

/** An empty answer of openssl(1) is a file that it cannot read; what is not there the daemon's own checker tells. */
const pairs = `pair() {
  [ -f "$1" ] && [ -f "$2" ] && command -v openssl >/dev/null 2>&1 || return 0
  one=$(openssl x509 -noout -pubkey -in "$1" 2>/dev/null </dev/null) || one=''
  other=$(openssl pkey -pubout -in "$2" 2>/dev/null </dev/null) || other=''
  [ -n "$one" ] || { printf 'certificate %s cannot be read\\n' "$1"; bad=1; return 0; }
  [ -n "$other" ] || { printf 'key %s cannot be read, or not without a password\\n' "$2"; bad=1; return 0; }
  [ "$one" = "$other" ] || { printf 'key %s does not belong to certificate %s\\n' "$2" "$1"; bad=1; }
}`

const each = `for one; do
  case $one in
    socket=*) ! reeve_held tcp "\${one#socket=}" || bad=1 ;;
    pair=*) one=\${one#pair=}; pair "\${one%%|*}" "\${one#*|}" ;;
  esac
done
exit "$bad"`

/**
 * The daemon's own checker, and then what that one does not look at. Some daemons end where they find it at their reload, and all that they serve
 * with them (httpd: a port of another program, a key of another certificate), and nginx keeps its old configuration for ever where another program has a port, and says nothing.
 */
export function daemonCheck(
  argv: readonly string[],
  { own, sockets: bound, certificates = [] }: Found,
  failOn: readonly string[] = [],
): Checker {
  const words = [
    ...bound.map((one) => `socket=${one}`),
    ...[...new Set(certificates.map(({ certificate, key }) => `pair=${certificate}|${key}`))].sort(),
  ]
  const script = ['own=$1; shift; bad=0', portHolders, pairs, each].join('\n')
  return { argv, failOn, expects: ['sh', '-c', script, 'sh', own.join(' '), ...words] }
}
