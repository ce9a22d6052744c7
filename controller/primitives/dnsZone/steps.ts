import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Staged, Step, StepContext } from '../../model/primitive.ts'
import { awaitDns } from '../../shell/dnsAsk.ts'
import { sha256 } from '../../shell/inspect.ts'
import { printPayload } from '../../shell/payload.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { isServing, peerSerials, resetOf } from './diff.ts'
import { type DnsZoneState, fileText } from './probe.ts'
import { afterSerial, changeOf, proofsOf } from './records.ts'
import { after, isAfter, nextSerial, resetSerial } from './serial.ts'
import { access, copyPath, type DnsZoneSpec, type Primary, serialLine, zoneFolder, zonePath } from './spec.ts'

export function stagedAt({ zone, role }: DnsZoneSpec): Staged | undefined {
  return role.type === 'primary' ? { live: zonePath(zone), staged: `${zonePath(zone)}.reeve-new` } : undefined
}

export function steps(spec: DnsZoneSpec, change: WantedChange, observed: Known<DnsZoneState>, context: StepContext): readonly Step[] {
  const state = stateOf(observed)
  if (spec.role.type === 'secondary') return [follow(spec, change)]
  if (spec.role.isDynamic && observed.status === 'present') return [openFolder(spec), answers(spec)]
  const serial = nextFor(spec, spec.role, state, context)
  return [loadAgain(spec), stage(spec, spec.role, serial, state), judge(spec), goLive(spec, serial), prove(spec, spec.role, serial, state)]
}

function stateOf(observed: Known<DnsZoneState>): DnsZoneState {
  if (observed.status === 'present') return observed.state
  return observed.around as DnsZoneState
}

/** A file that is as wanted and behind nobody keeps its serial: what is owed then is that it is served. */
function nextFor(spec: DnsZoneSpec, role: Primary, state: DnsZoneState, { peers }: StepContext): number {
  const { file, served, clockSeconds } = state
  const back = resetOf(spec, role, state, peers)
  if (back !== undefined) return back
  const others = [...(isServing(served) ? [served.serial] : []), ...peerSerials(spec, peers).map(({ serial }) => serial)]
  const own = file?.serial
  const isKept = file?.isEqual && own !== undefined && (countsItself(role) || !others.some((other) => isAfter(other, own)))
  const isBehind = countsItself(role) && isServing(served) && others.some((other) => isAfter(other, served.serial))
  if (isKept && !isBehind && own !== undefined) return own
  // On the way back the wish lies half the circle on: nobody goes there before all have come so far.
  const policy =
    role.isReset && isServing(served) && resetSerial(role.policy, served.serial, clockSeconds) !== undefined ? 'counter' : role.policy
  return nextSerial(policy, [...(own === undefined ? [] : [own]), ...others], clockSeconds)
}

function countsItself({ signing }: Primary): boolean {
  return signing !== 'none'
}

/** Its undo runs last: what was put back is what must be served. */
function loadAgain({ zone }: DnsZoneSpec): Step {
  return {
    title: `remember to load ${zone} again`,
    phase: 'arm',
    run: sh`:`,
    undo: sh`[ ! -f ${noteOf(zone, 'live')} ] || rndc reload ${bare(zone)} >/dev/null 2>&1 || :`,
  }
}

function bare(zone: string): string {
  return zone.slice(0, -1)
}

function noteOf(zone: string, what: string): Script {
  return sh`"$REEVE_BEFORE"/${`zone-${sha256(zone).slice(0, 16)}.${what}`}`
}

/** The folder as named needs it, and what was before in a note. Of a directory chmod(1) takes setgid away only where five digits say so. */
function makeFolder(zone: string): Script {
  return sh`stat -c '%a %U:%G' -- ${zoneFolder} > ${noteOf(zone, 'folder')} 2>/dev/null || :
mkdir -p -- ${zoneFolder}
chown ${ownerOf(access.folder)} ${zoneFolder}
chmod ${`0${modeOf(access.folder)}`} ${zoneFolder}`
}

function undoFolder(zone: string): Script {
  return sh`[ -f ${noteOf(zone, 'folder')} ] || exit 0
if [ -s ${noteOf(zone, 'folder')} ]; then
  read -r mode owner < ${noteOf(zone, 'folder')}
  chown "$owner" ${zoneFolder}; chmod "00$mode" ${zoneFolder}
else rmdir -- ${zoneFolder} 2>/dev/null || :; fi`
}

function openFolder({ zone }: DnsZoneSpec): Step {
  return { title: `let named write in ${zoneFolder}`, phase: 'change', run: makeFolder(zone), undo: undoFolder(zone) }
}

/** A zone that others update is never loaded anew from its file: named refuses that, and its journal would win. */
function answers({ zone, ask }: DnsZoneSpec): Step {
  return {
    title: `ask for ${zone}`,
    phase: 'settle',
    run: sh`said=$(${awaitDns({ ...ask, zone, serial: 0, how: 'any', withinSeconds: 10 })} 2>&1) || {
  printf '%s is not served: %s; rndc zonestatus: %s\n' ${bare(zone)} "$said" "$(rndc zonestatus ${bare(zone)} 2>&1 </dev/null)" >&2
  exit 1
}`,
  }
}

function stage(spec: DnsZoneSpec, role: Primary, serial: number, state: DnsZoneState): Step {
  const path = zonePath(spec.zone)
  const staged = `${path}.reeve-new`
  const image = noteOf(spec.zone, 'before')
  return {
    title: `stage ${path} with serial ${serial}`,
    phase: 'stage',
    guard: state.file === undefined ? isFree(spec.zone, path) : isAsSeen(path, state),
    run: sh`command -v named-checkzone >/dev/null || { printf 'named-checkzone is not there: is the package bind9 installed?\n' >&2; exit 1; }
${makeFolder(spec.zone)}
rm -f -- ${staged}
(umask 077; set -C
{ ${printPayload(fileText(role, serial))}
} > ${staged})
chown ${ownerOf(access.file)} ${staged}
chmod ${modeOf(access.file)} ${staged}
if [ -e ${path} ]; then cp -a -- ${path} ${image}.part; sync -- ${image}.part; mv -T -- ${image}.part ${image}; else : > ${image}.absent; fi`,
    undo: sh`rm -f -- ${staged}
${undoFolder(spec.zone)}`,
    sync: [staged],
  }
}

function ownerOf(words: string): string {
  return words.split(' ')[1] ?? ''
}

function modeOf(words: string): string {
  return words.split(' ')[0] ?? ''
}

/** named holds a zone once: whoever else defines it is named. Its own checker says so too, but only once all is staged. */
function isFree(zone: string, path: string): Script {
  return sh`if [ -e ${path} ] || [ -L ${path} ]; then printf '%s changed meanwhile: it was absent\n' ${path} >&2; exit 1; fi
zones=$(named-checkconf -l 2>/dev/null </dev/null) || zones=''
case "
$zones" in *"
"${bare(zone)}' IN '*) ;; *) exit 0 ;; esac
word=${`zone "${bare(zone)}"`}
for file in /etc/bind/named.conf /etc/bind/named.conf.* /etc/bind/*.conf /etc/bind/zones.*; do
  case $file in *.reeve-*) continue ;; esac
  if [ -f "$file" ] && text=$(cat -- "$file") && case $text in *"$word"*) ! case $text in *${path}*|*${copyPath(zone)}*) ;; *) false ;; esac ;; *) false ;; esac; then
    printf '%s is already defined in %s\n' ${bare(zone)} "$file" >&2; exit 1
  fi
done`
}

function isAsSeen(path: string, { file }: DnsZoneState): Script {
  const serial = file?.serial === undefined ? '' : String(file.serial)
  const changed = sh`{ printf '%s changed meanwhile: it is not the file that the plan saw\n' ${path} >&2; exit 1; }`
  if (file?.content !== undefined)
    return sh`{ [ -f ${path} ] && [ ! -L ${path} ] && case $(sha256sum < ${path}) in ${sha256(file.content)}*) ;; *) false ;; esac; } || ${changed}`
  return sh`{ [ -f ${path} ] && [ ! -L ${path} ] && ${serialReads(sh`${path}`, serial)}; } || ${changed}`
}

/** Condition: this line of this file says just this. */
function serialReads(path: Script, serial: string): Script {
  return sh`case $(sed -n ${`${serialLine}p`} -- ${path} 2>/dev/null </dev/null || :) in ${serial}) ;; *) false ;; esac`
}

/** What named-checkconf lets pass: bare named-checkzone misses check-names, and named-checkconf the rest (-i local: no names of others are looked up). */
function judge({ zone }: DnsZoneSpec): Step {
  const flags = ['-i', 'local', '-k', 'fail', '-m', 'fail', '-M', 'fail', '-n', 'fail', '-S', 'fail', '-r', 'fail']
  return {
    title: `check the records of ${zone}`,
    phase: 'validate',
    run: sh`said=$(named-checkzone ${flags} -- ${bare(zone)} ${`${zonePath(zone)}.reeve-new`} 2>&1 </dev/null) || { printf 'named-checkzone: %s\n' "$said" >&2; exit 1; }
case $said in *'ignoring out-of-zone data'*) printf 'named-checkzone: %s\n' "$said" >&2; exit 1 ;; esac`,
  }
}

/** Where the new serial was served already, what was before comes back under a later one: secondaries would not take an earlier. */
function goLive({ zone, ask }: DnsZoneSpec, serial: number): Step {
  const path = zonePath(zone)
  const image = noteOf(zone, 'before')
  const back = `${path}.reeve-back`
  const isServed = awaitDns({ ...ask, zone, serial, how: 'exact', withinSeconds: 0 })
  return {
    title: `write ${path} with serial ${serial}`,
    phase: 'change',
    run: sh`: > ${noteOf(zone, 'live')}
mv -T -- ${`${path}.reeve-new`} ${path}`,
    undo: sh`[ -f ${noteOf(zone, 'live')} ] || exit 0
if [ -f ${image} ]; then
  rm -f -- ${back}
  cp -a -- ${image} ${back}
  if ! cmp -s -- ${image} ${path} && ! ${serialReads(image, String(serial))} && ${isServed} >/dev/null 2>&1; then
    sed ${`${serialLine}s/.*/${after(serial)}/`} -- ${image} > ${back}
  fi
  if ${serialReads(sh`${path}`, String(after(serial)))}; then rm -f -- ${back}; else mv -T -- ${back} ${path}; fi
elif [ -f ${image}.absent ]; then rm -f -- ${path}; fi`,
  }
}

/**
 * named answers a reload with success before it has read a zone, and also where it then does not take it: only its own answers prove one. It comes
 * after every load, for a service that only joins (its reload brings a new zone's statement) is the last of its phase.
 */
function prove({ zone, ask }: DnsZoneSpec, role: Primary, serial: number, { file }: DnsZoneState): Step {
  const records = proofsOf(changeOf(afterSerial(file?.content ?? ''), role.after), role.after)
  const wanted = { ...ask, zone, serial, how: countsItself(role) ? 'least' : 'exact', isSigned: role.signing === 'signed' } as const
  return {
    title: `ask for ${zone} with serial ${serial}`,
    phase: 'settle',
    run: sh`! ${awaitDns({ ...wanted, withinSeconds: 0, records })} >/dev/null 2>&1 || exit 0
told=$(rndc reload ${bare(zone)} 2>&1 </dev/null) || :
said=$(${awaitDns({ ...wanted, withinSeconds: 10, records })} 2>&1) || {
  printf '%s is not served as it was written (serial %s): %s; rndc reload: %s\n' ${bare(zone)} ${String(serial)} "$said" "$told" >&2
  exit 1
}`,
  }
}

/** named tells secondaries at once, but of a second change only after notify-delay (5 s): they are waited for before they are pushed. */
function follow({ zone, ask }: DnsZoneSpec, change: WantedChange): Step {
  const serial = Number(/serial (\d+)/.exec(change.fields[0]?.after ?? '')?.[1] ?? Number.NaN)
  const within = (withinSeconds: number) => awaitDns({ ...ask, zone, serial, how: 'least', withinSeconds })
  return {
    title: `wait until ${zone} has serial ${serial}, or fetch it`,
    phase: 'load',
    run: sh`! ${within(6)} >/dev/null 2>&1 || exit 0
rndc refresh ${bare(zone)} >/dev/null 2>&1 </dev/null || :
! ${within(2)} >/dev/null 2>&1 || exit 0
told=$(rndc retransfer ${bare(zone)} 2>&1 </dev/null) || :
said=$(${within(6)} 2>&1) || {
  printf 'SecondaryStale: %s does not come to serial %s: %s; rndc retransfer: %s; do both servers have the same transfer key, and does the primary let this one transfer?\n' ${bare(zone)} ${String(serial)} "$said" "$told" >&2
  exit 1
}`,
  }
}
