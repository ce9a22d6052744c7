import { type Script, sh } from '../../shell/sh.ts'

/** Notes what the sets hold, for the way back. */
export function noteContents(): Script {
  return holds(sh`"$REEVE_BEFORE/nft-held"`)
}

/**
 * Reads listings, the later one counting for the sets that it has, and then the text of a table: prints that with what others had put into its sets, where the set
 * is of the type that it was. What a rule counts by itself (dynamic) begins anew.
 */
const putInto = sh`awk '
  FNR == 1 { file++ }
  file < 3 {
    if (/^\t[^\t]/) name = /^\tset / ? $2 : ""
    if (/^\tset /) lines[name] = 0
    if (/^\t\ttype /) type[name] = $0
    within = /^\t\telements = / || (within && /^\t\t\t/)
    if (within) held[name, lines[name]++] = $0
    next
  }
  /^\tset / { name = $2; taken = "" }
  /^\t\ttype / { taken = $0 }
  /^\t\tflags interval,timeout$/ { isOthers = 1 }
  /^\t}$/ { if (isOthers && type[name] == taken) for (i = 0; i < lines[name]; i++) print held[name, i]; isOthers = 0 }
  { print }
'`

/** Succeeds where a file of the plan was loaded in one transaction, with what others had put into the sets until a moment ago. */
export function loadKeeping(file: Script): Script {
  return sh`{ ${holds(sh`"$REEVE_BEFORE/nft-holds"`)} &&
    ${putInto} "$REEVE_BEFORE/nft-held" "$REEVE_BEFORE/nft-holds" ${file} >"$REEVE_BEFORE/nft-load" </dev/null &&
    nft -f "$REEVE_BEFORE/nft-load"; }`
}

/** Whether others may put something into a set of the table in a file. */
export function hasOthers(file: Script): Script {
  return sh`grep -q 'flags interval,timeout' ${file} </dev/null`
}

/** A line, at least, since awk cannot tell an empty file. */
function holds(file: Script): Script {
  return sh`{ nft -nn list table inet reeve 2>/dev/null || echo; } >${file}`
}
