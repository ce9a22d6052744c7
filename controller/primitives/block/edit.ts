import { sha256 } from '../../shell/inspect.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { lookFunction, rowOf, type Sought } from './look.ts'
import type { FoundBlock } from './probe.ts'
import { anchorOf, type BlockSpec, nameOfBlock, pathOfBlock } from './spec.ts'

/** Defines `reeve_line`: looks for one block in one file; sets `words` to its line without its number, and `rest` to what followed that. */
function lineFunction(fleet: string): Script {
  return joinScripts([
    lookFunction(fleet),
    shellFunction(
      'reeve_line',
      sh`said=$(reeve_blocks "$@") || return 1
newline='
'
said=\${said#*"$newline"}; words=\${said%%"$newline"*}; words="\${words%% *} \${words#* * }"; rest=\${said#*"$newline"}`,
    ),
  ])
}

/** Fails, saying so, where the block is no longer the one that the plan was made from. What else stands in the file may have changed. */
export function isStillAsSeen(sought: Sought, seen: FoundBlock | undefined, isThere: boolean, fleet: string): Script {
  const path = pathOfBlock(sought.id)
  const ask = joinScripts([lineFunction(fleet), sh`reeve_line ${rowOf(sought)} ${path}`])
  const changed = sh`{ printf 'the block %s in %s changed meanwhile: it is not what the plan saw\n' ${nameOfBlock(sought.id)} ${path} >&2; exit 1; }`
  if (seen === undefined) return joinScripts([ask, sh`case $words in ${isThere ? sh`none\ *` : sh`gone\ *`}) ;; *) ${changed} ;; esac`])
  return joinScripts([
    ask,
    sh`case $words in found\ *) ;; *) ${changed} ;; esac
set -f; set -- $words; shift 6; set +f
case $(printf '%s\n' "$*" "$rest" | sha256sum) in ${sha256(`${seen.record}end 1\n`)}*) ;; *) ${changed} ;; esac`,
  ])
}

/** Puts the block into `$reeve_new`: in the place where it stands, else where its position says. */
export function put(spec: BlockSpec, text: string | Uint8Array, fleet: string): Script {
  const { position } = spec
  const where = position === 'end' ? 'end' : 'before' in position ? 'before' : 'after'
  return joinScripts([
    lineFunction(fleet),
    sh`reeve_line ${`${where}\t${spec.leader}\t`}"$reeve_new"${`#${spec.name}\t${anchorOf(position)}`} "$reeve_new"
set -f; set -- $words; set +f
part="$REEVE_BEFORE"/block.part missing=0
case $1 in
  found) before=$(($2 - 1)) after=$(($3 + 1)) ;;
  none) ${linesBefore(spec)}
    after=$((before + 1)) ;;
  *) printf '%s: %s\n' ${spec.path} "$words" >&2; exit 1 ;;
esac
[ "$1" != none ] || [ "$before" != "$2" ] || missing=$4
{ head -n "$before" -- "$reeve_new"
[ "$missing" = 0 ] || echo
${printPayload(text)}
tail -n +"$after" -- "$reeve_new"
} > "$part"
cat -- "$part" > "$reeve_new"`,
  ])
}

/** Sets `before`: how many lines of the file stand before a block that is new in it. */
function linesBefore({ path, position }: BlockSpec): Script {
  if (position === 'end') return sh`before=$2`
  return sh`[ "$3" -gt 0 ] || { printf '%s has no line %s any more\n' ${path} ${anchorOf(position)} >&2; exit 1; }
    before=${{ text: 'before' in position ? '$(($3 - 1))' : '$3' }}`
}

/** Takes the block out of `$reeve_new`, where it is. `isUnterminated`: so was the file before; a block at its end takes that line feed with it. */
export function takeOut(id: BlockSpec['id'], isUnterminated: boolean, fleet: string): Script {
  return joinScripts([
    lineFunction(fleet),
    sh`reeve_line ${'end\t-\t'}"$reeve_new"${`#${nameOfBlock(id)}\t`} "$reeve_new"
set -f; set -- $words; set +f
part="$REEVE_BEFORE"/block.part
case $1 in
  found)
    { head -n $(($2 - 1)) -- "$reeve_new"; tail -n +$(($3 + 1)) -- "$reeve_new"; } > "$part"
    ${isUnterminated ? sh`if [ "$3" = "$4" ]; then head -c -1 -- "$part" > "$reeve_new"; else cat -- "$part" > "$reeve_new"; fi` : sh`cat -- "$part" > "$reeve_new"`} ;;
  none) ;;
  *) printf '%s: %s\n' ${pathOfBlock(id)} "$words" >&2; exit 1 ;;
esac`,
  ])
}

/** Takes the two lines around the block out of `$reeve_new`; what stands between them is the file's own from then on. */
export function unwrap(id: BlockSpec['id'], fleet: string): Script {
  return joinScripts([
    lineFunction(fleet),
    sh`reeve_line ${'end\t-\t'}"$reeve_new"${`#${nameOfBlock(id)}\t`} "$reeve_new"
set -f; set -- $words; set +f
case $1 in
  found) LC_ALL=C sed -e "$2d;$3d" -- "$reeve_new" > "$REEVE_BEFORE"/block.part; cat -- "$REEVE_BEFORE"/block.part > "$reeve_new" ;;
  *) printf '%s: %s\n' ${pathOfBlock(id)} "$words" >&2; exit 1 ;;
esac`,
  ])
}
