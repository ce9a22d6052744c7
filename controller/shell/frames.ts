import { joinScripts, type Script, sh, shellFunction } from './sh.ts'

/** One framed section of a reply: what a collector printed and how it ended. */
export interface Frame {
  readonly name: string
  readonly exitCode: number
  readonly stdout: string
}

/** A collector: the body of a shell function whose stdout becomes a frame. Must not read stdin, not change the host, and leave the shell as it was (no exit, cd, trap, or IFS outside a subshell). */
export interface Collector {
  readonly name: string
  readonly script: Script
}

/**
 * Shell functions that run collectors side by side and print one frame each; call them as
 * `reeve_frames_ID BOUNDARY`. A collector that hangs is left behind after `deadlineSeconds`: only its own frame is missing.
 * Except for the first: the shell runs it itself while the others are at work, so it must be one without which the reply is worth nothing.
 *
 * The watch-dog holds nothing of the shell's: where it is ended before it knows its sleep(1), that one stays until its time is over.
 *
 * What they printed stays nowhere: a checker may have repeated a line with a password in it.
 *
 * Costs, beyond the tools of the collectors: one process per further collector, two for the watch-dog and one cat(1); nothing is written outside /run.
 * The boundary is chosen anew by the controller for each message, so that no text on the host can forge a frame of it.
 */
export function framesFunction(id: string, collectors: readonly Collector[], deadlineSeconds: number): Script {
  const bodies = collectors.map((collector, index) => shellFunction(`reeve_c_${id}_${index}`, collector.script))
  return joinScripts([sessionDirectory, collected, ...bodies, runFunction(id, collectors, deadlineSeconds)])
}

/** Reads the frames of a reply; what has no end line was cut or hangs, and is left out. Text that is not in a frame is ignored. */
export function parseFrames(reply: string, boundary: string): ReadonlyMap<string, Frame> {
  const frames = new Map<string, Frame>()
  for (const part of reply.split(`${boundary} begin `).slice(1)) {
    const frame = parseFrame(part, boundary)
    if (frame) frames.set(frame.name, frame)
  }
  return frames
}

function parseFrame(part: string, boundary: string): Frame | undefined {
  const endOfName = part.indexOf('\n')
  const end = part.lastIndexOf(`\n${boundary} end `)
  if (endOfName === -1 || end === -1) return undefined
  const exitCode = /^(\d{1,3})\n/.exec(part.slice(end + boundary.length + 6))?.[1]
  if (exitCode === undefined) return undefined
  return { name: part.slice(0, endOfName), exitCode: Number(exitCode), stdout: part.slice(endOfName + 1, Math.max(end, endOfName + 1)) }
}

/**
 * The same frames, one collector after another in this shell, for a place where a directory of our own would cost more than it saves (a container entered for one message).
 * They are functions and no subshells, which saves a process each: one that hangs, or ends the shell against its contract, takes those after it with it, and these are then unknown.
 */
export function sequentialFrames(collectors: readonly Collector[]): Script {
  return inTurn(collectors, () => sh`printf '\n%s end %s\n' "$1" "$?"`)
}

/** The same within a collector of `framesFunction`, whose stderr is a file: what one that fails wrote there gets a frame too. */
export function nestedFrames(collectors: readonly Collector[]): Script {
  return inTurn(
    collectors,
    ({ name }) => sh`reeve_status=$?; printf '\n%s end %s\n' "$1" "$reeve_status"
if [ "$reeve_status" != 0 ]; then printf '%s begin %s.err\n' "$1" ${name}; head -c 4000 "$reeve_out.err"; printf '\n%s end 0\n' "$1"; fi
: >"$reeve_out.err"`,
  )
}

function inTurn(collectors: readonly Collector[], end: (collector: Collector) => Script): Script {
  return joinScripts(
    collectors.flatMap((collector, index) => [
      shellFunction(`reeve_c_${index}`, collector.script),
      sh`printf '%s begin %s\n' "$1" ${collector.name}
${{ text: `reeve_c_${index}` }} </dev/null`,
      end(collector),
    ]),
  )
}

/** A private directory per shell, so that a hung collector of a dead session can write where nobody reads. */
const sessionDirectory = sh`if [ -z "\${reeve_dir:-}" ]; then
  reeve_dir=/run/reeve/shell.$$
  mkdir -p "$reeve_dir" && chmod 700 /run/reeve "$reeve_dir"
  [ -p "$reeve_dir/done" ] || mkfifo "$reeve_dir/done"
  for reeve_old in /run/reeve/shell.*; do
    [ -d "/proc/\${reeve_old##*.}" ] || rm -rf "$reeve_old"
  done
fi`

function runFunction(id: string, collectors: readonly Collector[], deadlineSeconds: number): Script {
  const starts = collectors.slice(1).map((collector, index) => startCollector(id, collector, index + 1))
  const first = collectors.slice(0, 1).map((collector) => runHere(id, collector))
  const outputs = { text: collectors.map((_, index) => `"$reeve_dir/${id}.${index}"`).join(' ') }
  return shellFunction(
    `reeve_frames_${id}`,
    sh`exec 8<>"$reeve_dir/done"
${joinScripts(starts)}
( reeve_sleep=; trap 'kill "$reeve_sleep"; exit 0' TERM; sleep ${deadlineSeconds} & reeve_sleep=$!; wait "$reeve_sleep"; echo "$1 late" >&8 ) >/dev/null 2>&1 6>&- &
reeve_dog=$!
${joinScripts(first)}
reeve_left=${collectors.length}
while [ "$reeve_left" -gt 0 ]; do
  read -r reeve_who reeve_how <&8 || break
  [ "$reeve_who" = "$1" ] || continue
  [ "$reeve_how" = late ] && break
  reeve_left=$((reeve_left - 1))
done
kill "$reeve_dog" 2>/dev/null
exec 8>&-
cat ${outputs} 2>/dev/null
for reeve_out in ${outputs}; do : >"$reeve_out"; : >"$reeve_out.err"; done
:`,
  )
}

function startCollector(id: string, collector: Collector, index: number): Script {
  const call = { text: `reeve_c_${id}_${index}` }
  const out = { text: `"$reeve_dir/${id}.${index}"` }
  // Descriptor 6 is a lock of the shell's (engine/apply): one that hangs must not keep it. Ends by a trap, so that a collector that says `exit`, or that the shell ends for an error, has its frame too and is not waited for.
  return sh`( exec >${out} 2>${out}.err </dev/null 6>&-
  reeve_boundary=$1 reeve_name=${collector.name} reeve_out=${out}
  trap 'reeve_collected "$?"' EXIT
  printf '%s begin %s\n' "$1" "$reeve_name"
  ${call} "$@" ) &`
}

function runHere(id: string, collector: Collector): Script {
  const call = { text: `reeve_c_${id}_0` }
  const out = { text: `"$reeve_dir/${id}.0"` }
  return sh`reeve_boundary=$1 reeve_name=${collector.name} reeve_out=${out}
{ printf '%s begin %s\n' "$1" "$reeve_name"; ${call} "$@"; reeve_collected "$?"; } >${out} 2>${out}.err </dev/null`
}

/** Called with its exit status when a collector ends. */
const collected = shellFunction(
  'reeve_collected',
  sh`printf '\n%s end %s\n' "$reeve_boundary" "$1"
if [ "$1" != 0 ]; then printf '%s begin %s.err\n' "$reeve_boundary" "$reeve_name"; head -c 4000 "$reeve_out.err"; printf '\n%s end 0\n' "$reeve_boundary"; fi
echo "$reeve_boundary done" >&8`,
)
