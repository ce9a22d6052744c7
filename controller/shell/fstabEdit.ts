import { escapePath } from './fstab.ts'
import { joinScripts, type Script, sh } from './sh.ts'

/** Whose line it is: the one that mounts something at this path, or the one of this device (a swap area has no path). */
export type LineOf = { readonly path: string } | { readonly device: string }

/** The scripts of one step (model/primitive.ts). */
export interface FstabEdit {
  readonly title: string
  readonly guard: Script
  readonly run: Script
  readonly check: Script
  readonly undo: Script
  readonly closing: Script
}

/**
 * One line of /etc/fstab: `before` becomes `after`; without `before` it is appended, without `after` it goes. All other lines stay byte for byte.
 * The new file is judged by findmnt --verify, where the old one passed it, and takes the old one's place in one rename.
 */
export function editFstab(of: LineOf, before: string | undefined, after: string | undefined): FstabEdit {
  const name = encodeURIComponent(nameOf(of))
  return {
    title: `${after === undefined ? 'remove' : 'write'} the line of ${nameOf(of)} in /etc/fstab`,
    guard: before === undefined ? refuseLine(of) : requireLine(of, before),
    run: joinScripts([
      sh`kept="$REEVE_BEFORE"/fstab-${name}
fstab=$(readlink -f /etc/fstab)
[ -e "$fstab" ] || : >"$fstab"
cp -p "$fstab" "$kept.before"
cp -p "$fstab" "$fstab.reeve-new"`,
      replaceLine(before, after),
      sh`if findmnt --verify --tab-file "$fstab" >/dev/null 2>&1 && ! findmnt --verify --tab-file "$fstab.reeve-new" >"$kept.verify" 2>&1; then
  cat "$kept.verify" >&2
  rm -f "$fstab.reeve-new"
  exit 1
fi
cp -p "$fstab.reeve-new" "$kept.after"
sync "$kept.before" "$kept.after" "$fstab.reeve-new"
mv "$fstab.reeve-new" "$fstab"
sync "\${fstab%/*}"`,
    ]),
    check: after === undefined ? refuseLine(of) : requireLine(of, after),
    undo: undo(name),
    closing: reload,
  }
}

function nameOf(of: LineOf): string {
  return 'path' in of ? of.path : of.device
}

function replaceLine(before: string | undefined, after: string | undefined): Script {
  return sh`REEVE_OLD=${before ?? ''} REEVE_NEW=${after ?? ''} awk '
  ENVIRON["REEVE_OLD"] != "" && !done && $0 "" == ENVIRON["REEVE_OLD"] "" { done = 1; if (ENVIRON["REEVE_NEW"] != "") print ENVIRON["REEVE_NEW"]; next }
  { print }
  END { if (!done && ENVIRON["REEVE_NEW"] != "") print ENVIRON["REEVE_NEW"] }
' "$fstab" >"$fstab.reeve-new" </dev/null`
}

function undo(name: string): Script {
  return sh`kept="$REEVE_BEFORE"/fstab-${name}
[ -e "$kept.after" ] || exit 0
fstab=$(readlink -f /etc/fstab)
if cmp -s "$kept.before" "$fstab"; then exit 0; fi
if ! cmp -s "$kept.after" "$fstab"; then echo "$fstab was edited in the meantime: it stays as it is" >&2; exit 1; fi
cp -p "$kept.before" "$fstab.reeve-new"
sync "$fstab.reeve-new"
mv "$fstab.reeve-new" "$fstab"`
}

/** Without it systemd keeps the units that it made of the old lines. It reads all units anew, seconds on a busy host, and takes nothing from what is mounted already. */
const reload = sh`if [ -d /run/systemd/system ]; then systemctl daemon-reload </dev/null; fi`

function refuseLine(of: LineOf): Script {
  const [field, value] = 'path' in of ? (['2', escapePath(of.path)] as const) : (['1', of.device] as const)
  return sh`if [ -e /etc/fstab ] && REEVE_FIELD=${field} REEVE_VALUE=${value} awk '
  $1 !~ /^#/ && $ENVIRON["REEVE_FIELD"] == ENVIRON["REEVE_VALUE"] { found = 1 }
  END { exit !found }
' /etc/fstab; then echo ${`/etc/fstab has a line for ${nameOf(of)} by now`} >&2; exit 1; fi`
}

function requireLine(of: LineOf, text: string): Script {
  return sh`if ! grep -qxF -e ${text} /etc/fstab; then echo ${`/etc/fstab no longer has the line of ${nameOf(of)} that was seen`} >&2; exit 1; fi`
}
