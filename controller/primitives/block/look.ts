import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { anchorOf, type BlockSpec, largestFile, longestBlock, nameOfBlock, pathOfBlock } from './spec.ts'

/** What is looked for: a block, by its id alone where no spec is left of it. */
export interface Sought {
  readonly id: BlockSpec['id']
  readonly spec?: BlockSpec
}

/**
 * Words of awk(1), POSIX and mawk alike. Reads every file once; of each block sought it prints one line with its number, in the order asked, and the lines that the block holds.
 * All that is printed is ASCII: other bytes, and the backslash, are octal.
 */
const program = String.raw`
function spelled(text,  out, i, one) {
  if (text !~ /[^\t -\[\]-~]/) return text
  out = ""
  for (i = 1; i <= length(text); i++) { one = substr(text, i, 1); out = out ((one ~ /[\t -\[\]-~]/) ? one : code[one]) }
  return out
}
function spoil(key, why) { if (!(key in damage)) damage[key] = why }
function marker(  key, fleet, said) {
  key = FILENAME "#" $5; fleet = $4
  if ($2 == "BEGIN") {
    if (open[FILENAME] != "") { spoil(key, "begins inside another one"); spoil(open[FILENAME], "holds the beginning of another one"); return }
    if (key in first) { spoil(key, "is there twice"); return }
    open[FILENAME] = key; first[key] = FNR; whose[key] = fleet; leader[key] = $1; size[key] = count[key] = 0; lines[key] = ""; begin[key] = $0
    return
  }
  if (open[FILENAME] != key || whose[key] != fleet) { spoil(key, "ends where it did not begin"); if (open[FILENAME] != "") spoil(open[FILENAME], "holds the end of another one"); return }
  open[FILENAME] = ""; last[key] = FNR; end[key] = $0
}
BEGIN {
  for (i = 0; i < 256; i++) code[sprintf("%c", i)] = sprintf("\\%03o", i)
  sought = split(ENVIRON["REEVE_SOUGHT"], row, "\n")
  for (i = 1; i <= sought; i++) {
    cut = index(row[i], "\t"); where[i] = substr(row[i], 1, cut - 1); rest = substr(row[i], cut + 1)
    cut = index(rest, "\t"); lead[i] = substr(rest, 1, cut - 1); rest = substr(rest, cut + 1)
    cut = index(rest, "\t"); id[i] = substr(rest, 1, cut - 1); anchor[i] = substr(rest, cut + 1)
    match(id[i], /#[^#]*$/); path[i] = substr(id[i], 1, RSTART - 1); name[i] = substr(id[i], RSTART + 1)
    isSought[id[i]] = 1
    if (anchor[i] != "") hasAnchors[path[i]] = hasAnchors[path[i]] " " i
  }
  found = split(ENVIRON["REEVE_FOUND"], row, "\n")
  for (i = 1; i <= found; i++) {
    cut = index(row[i], " "); word = substr(row[i], 1, cut - 1); rest = substr(row[i], cut + 1)
    cut = index(rest, " "); what[substr(rest, cut + 1)] = word; detail[substr(rest, cut + 1)] = substr(rest, 1, cut - 1)
  }
}
{
  bytes[FILENAME] += length($0) + 1; total[FILENAME] = FNR
  if (index($0, "\000")) isBinary[FILENAME] = 1
  if (index($0, " reeve ") && NF == 5 && $3 == "reeve" && ($2 == "BEGIN" || $2 == "END")) { sub(/\r$/, "", $5); marker(); next }
  key = open[FILENAME]
  if (key != "") {
    size[key] += length($0) + 1
    if (size[key] > limit) spoil(key, "holds more than " limit " bytes")
    else if (key in isSought) { lines[key] = lines[key] "= " spelled($0) "\n"; count[key]++ }
    next
  }
  if (hasAnchors[FILENAME] == "") next
  plain = $0; sub(/\r$/, "", plain)
  n = split(hasAnchors[FILENAME], waiting, " ")
  for (i = 1; i <= n; i++) if (!(waiting[i] in anchorAt) && plain "" == anchor[waiting[i]] "") anchorAt[waiting[i]] = FNR
}
END {
  print "blocks " sought
  for (i = 1; i <= sought; i++) {
    p = path[i]; key = id[i]
    if (open[p] == key) spoil(key, "does not end")
    if (what[p] == "") print "gone " i
    else if (what[p] == "other") print "other " i " " detail[p]
    else if (detail[p] + 0 > largest + 0) print "large " i " " detail[p]
    else if (isBinary[p]) print "binary " i
    else if (bytes[p] - detail[p] != 0 && bytes[p] - detail[p] != 1) print "moved " i
    else if (key in damage) print "damaged " i " " damage[key]
    else if (!(key in last)) print "none " i " " total[p] + 0 " " anchorAt[i] + 0 " " (bytes[p] - detail[p])
    else {
      exact = begin[key] == lead[i] " BEGIN reeve " fleet " " name[i] && end[key] == lead[i] " END reeve " fleet " " name[i]
      print "found " i " " first[key] " " last[key] " " total[p] " " anchorAt[i] + 0 " " (exact ? "exact" : "inexact") " " spelled(leader[key]) " " spelled(whose[key]) " " count[key]
      printf "%s", lines[key]
    }
  }
  print "end " sought
}
`

/** Defines `reeve_blocks SOUGHT PATH…`: one stat and one awk for all of them. Types are told by the shell first: awk would follow a link, and hang on a FIFO. */
export function lookFunction(fleet: string): Script {
  return shellFunction(
    'reeve_blocks',
    sh`sought=$1 newline='
' found=''; shift
for path; do
  shift
  if [ -L "$path" ]; then found="\${found}other symbolic-link $path$newline"
  elif [ -d "$path" ]; then found="\${found}other directory $path$newline"
  elif [ -e "$path" ] && [ ! -f "$path" ]; then found="\${found}other special-file $path$newline"
  else set -- "$@" "$path"; fi
done
said=''
if [ $# -gt 0 ]; then said=$(LC_ALL=C stat -c 'size %s %n' -- "$@" 2>&1 </dev/null) || :; fi
set --
while IFS= read -r line; do
  case $line in
    size\ *) size=\${line#size }; path=\${size#* }; size=\${size%% *}; found="$found$line$newline"; [ "$size" -gt ${largestFile} ] || set -- "$@" "$path" ;;
    ''|*': No such file or directory'|*': Not a directory') ;;
    *) printf '%s\n' "$line" >&2; return 1 ;;
  esac
done <<REEVE_SAID
$said
REEVE_SAID
LC_ALL=C REEVE_SOUGHT="$sought" REEVE_FOUND="$found" awk -v fleet=${fleet} -v limit=${longestBlock} -v largest=${largestFile} ${program} "$@" </dev/null`,
  )
}

/** Looks for all of these. */
export function look(sought: readonly Sought[], fleet: string): Script {
  const paths = [...new Set(sought.map(({ id }) => pathOfBlock(id)))]
  return joinScripts([lookFunction(fleet), sh`reeve_blocks ${sought.map(rowOf).join('\n')} ${paths}`])
}

/** One line of what `reeve_blocks` is asked. The anchor is last, for it may hold tabs. */
export function rowOf({ id, spec }: Sought): string {
  const where = spec === undefined || spec.position === 'end' ? 'end' : 'before' in spec.position ? 'before' : 'after'
  return [where, spec?.leader ?? '-', `${pathOfBlock(id)}#${nameOfBlock(id)}`, spec ? anchorOf(spec.position) : ''].join('\t')
}
