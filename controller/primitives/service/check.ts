import { brokenBefore } from '../../model/outcome.ts'
import type { Staged, Step } from '../../model/primitive.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { pathsOf } from './probe.ts'
import type { Checker, ServiceSpec } from './spec.ts'

/** Files of this step in `$REEVE_BEFORE`, by what they say. */
export function noteOf(unit: string, what: string): Script {
  return sh`"$REEVE_BEFORE"/${`service-${unit}.${what}`}`
}

/** Judges what is staged, without anybody else seeing it, and asks of the target what that expects; where that cannot be, the second check judges what is live before it is loaded. */
export function checkStaged(spec: ServiceSpec, check: Checker, staged: readonly Staged[]): Step {
  const began = noteOf(spec.unit, 'began')
  const binds = staged.map(({ live, staged: beside }) => sh`mount --bind -- ${beside} ${live}`)
  const asked = noteOf(spec.unit, 'asked')
  const second = check.expects === undefined ? sh`:` : sh`: > ${asked}; exec ${check.expects} >${asked} 2>&1 </dev/null`
  const inside = joinScripts([sh`set -e`, ...binds, sh`: > ${began}`, sh`${check.argv} </dev/null || exit $?`, second])
  const missing = sh`for live in ${staged.map(({ live }) => live)}; do
  [ -e "$live" ] || { reeve_later "$live does not exist yet"; exit 0; }
done`
  return {
    title: `check ${spec.unit} with what is staged`,
    phase: 'validate',
    run: joinScripts([
      functions(spec, check),
      missing,
      sh`rm -f -- ${began} ${asked}
export REEVE_BEFORE
rc=0
said=$(unshare -m --propagation private sh -c ${inside.text} 2>&1) || rc=$?
[ -f ${began} ] || { reeve_later "a private mount namespace was refused: $said"; exit 0; }
who=${nameOf(check)}
if [ "$rc" -ne 0 ] && [ -f ${asked} ]; then said=$(cat ${asked}); who=${whoExpects}; fi
reeve_complaints || { reeve_live; reeve_verdict; }
: > ${noteOf(spec.unit, 'checked')}`,
    ]),
    undo: sh`rm -f -- ${began} ${asked} ${noteOf(spec.unit, 'checked')}`,
  }
}

/** Judges what is live, unless it was judged while it was staged. */
export function checkLive(spec: ServiceSpec, check: Checker): Step {
  return {
    title: `check ${spec.unit}`,
    phase: 'load',
    run: joinScripts([
      functions(spec, check),
      sh`[ ! -f ${noteOf(spec.unit, 'checked')} ] || exit 0
rc=0
said=$(${check.argv} 2>&1 </dev/null) || rc=$?
reeve_expects
reeve_complaints || reeve_verdict`,
    ]),
  }
}

/** `reeve_complaints` fails where the check did, by its status or by its words; `reeve_verdict` says why and ends the step. */
function functions(spec: ServiceSpec, check: Checker): Script {
  const live = noteOf(spec.unit, 'live')
  return joinScripts([
    shellFunction('reeve_expects', expects(check)),
    shellFunction(
      'reeve_complaints',
      sh`[ "$rc" -eq 0 ] || return 1
for words in ${check.failOn}; do case $said in *"$words"*) return 1 ;; esac; done`,
    ),
    shellFunction(
      'reeve_live',
      sh`live_rc=0
live_said=$(${check.argv} 2>&1 </dev/null) || live_rc=$?
printf '%s\n%s\n' "$live_rc" "$live_said" > ${live}`,
    ),
    shellFunction(
      'reeve_later',
      sh`printf 'not checked beside: %s; it will be checked in its place, before anything is loaded\n' "$1"
reeve_live`,
    ),
    shellFunction('reeve_verdict', verdict(spec, check, live)),
  ])
}

const whoExpects = 'before it is loaded'

function nameOf({ name, argv }: Checker): string {
  return name ?? argv.join(' ')
}

/** Asked second, and answered for itself: `who` says whose words they are. */
function expects(check: Checker): Script {
  const who = sh`who=${nameOf(check)}`
  const { expects: more } = check
  return more === undefined
    ? who
    : joinScripts([who, sh`[ "$rc" -ne 0 ] || said=$(${more} 2>&1 </dev/null) || { rc=$?; who=${whoExpects}; }`])
}

/** What was wrong before us is not ours to fail for (compared from the words on: before them stand time and process); a broken tree that is not ours is said to be so. */
function verdict(spec: ServiceSpec, check: Checker, live: Script): Script {
  const command = nameOf(check)
  return sh`live_rc=0 live_said=''
[ ! -f ${live} ] || { live_said=$(cat ${live}); live_rc=\${live_said%%"
"*}; }
if [ "$live_rc" -ne 0 ]; then
  words=${brokenBefore}
  for path in ${pathsOf(spec)}; do case $live_said in *"$path"*) words="the configuration is already broken without this change (Reeve's own, edited on the host)" ;; esac; done
  printf '%s: %s: %s\n' ${command} "$words" "$live_said" >&2
  exit 1
fi
[ "$rc" -eq 0 ] || { printf '%s: %s\n' "$who" "$said" >&2; exit 1; }
failed=no
while IFS= read -r line; do
  for words in ${check.failOn}; do case $line in *"$words"*)
    case $live_said in *"$words\${line#*"$words"}"*) ;; *) printf '%s: %s\n' ${command} "$line" >&2; failed=yes ;; esac ;;
  esac; done
done <<REEVE_SAID
$said
REEVE_SAID
[ "$failed" = no ] || exit 1`
}
