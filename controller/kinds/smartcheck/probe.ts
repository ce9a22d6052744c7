import { createHash } from 'node:crypto'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { byId, pathOf, type SmartCheck } from './devices.ts'

/** For each disk, in seconds: one that answers no more must not keep the others' answers back. */
const diskSeconds = 60
/** For all together, which are asked side by side; a process that hangs in the kernel cannot be ended by anybody. */
const allSeconds = 75
const mostBytes = 1_000_000

/**
 * Asks every listed disk, and which disks there are. A disk asleep stays so; its last answer is shown instead, from /run, which is all that is written.
 * Three lines for each disk are never mixed with another's: each answer lies in a file of its own, and is one line (--json=c).
 */
export function probe({ spec }: SmartCheck): Script {
  const standby = spec.standby === 'Wake' ? 'never' : 'standby,3'
  const asked = spec.devices.map((device, index) => {
    const { type = 'auto' } = device
    return sh`reeve_ask ${index} ${pathOf(device)} -d ${type} &`
  })
  const shown = spec.devices.map((device, index) => sh`reeve_show ${index} ${keyOf(pathOf(device), device.type)}`)
  return sh`( ${joinScripts([
    begin,
    ask(standby),
    show,
    sh`${joinScripts(asked)}
{ timeout -k 5 ${diskSeconds} smartctl --scan-open --json=c >"$dir/scan" 2>/dev/null </dev/null; echo "$?" >"$dir/scan.rc"; } >/dev/null 2>&1 6>&- &
reeve_left=${allSeconds}
while [ "$reeve_left" -gt 0 ]; do
  missing=
  for one in scan ${spec.devices.map((_, index) => index)}; do [ -s "$dir/$one.rc" ] || missing=1; done
  [ -n "$missing" ] || break
  sleep 1
  reeve_left=$((reeve_left - 1))
done
find ${byId} -maxdepth 1 -type l -printf 'link %f %l\n' 2>/dev/null || :
${joinScripts(shown)}
[ ! -s "$dir/scan.rc" ] || { printf 'scan '; head -c ${mostBytes} "$dir/scan"; echo; }
echo done`,
  ])} ) </dev/null`
}

const begin = sh`LC_ALL=C
export LC_ALL
umask 077
command -v smartctl >/dev/null 2>&1 || { echo 'smartctl is not installed (yet)' >&2; exit 3; }
for old in /run/reeve/smart.*; do [ -d "/proc/\${old##*.}" ] || [ "\${old##*.}" = last ] || rm -rf "$old"; done
dir=/run/reeve/smart.$$ last=/run/reeve/smart.last
mkdir -p "$dir" "$last" || exit 1
trap 'rm -rf "$dir"' EXIT`

function ask(standby: string): Script {
  return shellFunction(
    'reeve_ask',
    sh`reeve_index=$1 reeve_path=$2
shift 2
reeve_rc=0
timeout -k 5 ${diskSeconds} smartctl --json=c -x -n ${standby} "$@" "$reeve_path" >"$dir/$reeve_index" 2>/dev/null </dev/null 6>&- || reeve_rc=$?
echo "$reeve_rc" >"$dir/$reeve_index.rc"`,
  )
}

/** What was open and answered is kept as its last answer (bits 0 and 1 of the status are clear, smartctl(8)); a disk asleep (3) is shown by that. */
const show = shellFunction(
  'reeve_show',
  sh`rc=none how=fresh from="$dir/$1"
[ ! -s "$dir/$1.rc" ] || read -r rc <"$dir/$1.rc"
case $rc in
  none|124|137) from=/dev/null ;;
  3) how=asleep from="$last/$2"; [ -f "$from" ] || from=/dev/null ;;
  *) [ $((rc & 3)) -ne 0 ] || cp "$from" "$last/$2.part" && mv -f "$last/$2.part" "$last/$2" || : ;;
esac
printf 'disk %s %s %s ' "$1" "$rc" "$how"
head -c ${mostBytes} "$from"
echo`,
)

function keyOf(path: string, type = 'auto'): string {
  return createHash('sha256').update(`${path} ${type}`).digest('hex').slice(0, 16)
}
