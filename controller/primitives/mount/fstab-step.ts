import type { Step } from '../../model/primitive.ts'
import { sh } from '../../shell/sh.ts'
import { escapePath } from './fstab.ts'

/**
 * One line of /etc/fstab: `before` becomes `after`; without `before` it is appended, without `after` it goes. All other lines stay byte for byte.
 * The new file is judged by findmnt --verify, where the old one passed it, and takes the old one's place in one rename.
 */
export function fstabStep(path: string, before: string | undefined, after: string | undefined): Step {
  const name = encodeURIComponent(path)
  return {
    title: `${after === undefined ? 'remove' : 'write'} the line of ${path} in /etc/fstab`,
    guard: before === undefined ? refuseLine(path) : requireLine(path, before),
    run: sh`kept="$REEVE_BEFORE"/fstab-${name}
fstab=$(readlink -f /etc/fstab)
[ -e "$fstab" ] || : >"$fstab"
cp -p "$fstab" "$kept.before"
cp -p "$fstab" "$fstab.reeve-new"
REEVE_OLD=${before ?? ''} REEVE_NEW=${after ?? ''} awk '
  ENVIRON["REEVE_OLD"] != "" && !done && $0 "" == ENVIRON["REEVE_OLD"] "" { done = 1; if (ENVIRON["REEVE_NEW"] != "") print ENVIRON["REEVE_NEW"]; next }
  { print }
  END { if (!done && ENVIRON["REEVE_NEW"] != "") print ENVIRON["REEVE_NEW"] }
' "$fstab" >"$fstab.reeve-new" </dev/null
if findmnt --verify --tab-file "$fstab" >/dev/null 2>&1 && ! findmnt --verify --tab-file "$fstab.reeve-new" >"$kept.verify" 2>&1; then
  cat "$kept.verify" >&2
  rm -f "$fstab.reeve-new"
  exit 1
fi
cp -p "$fstab.reeve-new" "$kept.after"
sync "$kept.before" "$kept.after" "$fstab.reeve-new"
mv "$fstab.reeve-new" "$fstab"
sync "\${fstab%/*}"
${reload}`,
    check: after === undefined ? refuseLine(path) : requireLine(path, after),
    undo: sh`kept="$REEVE_BEFORE"/fstab-${name}
[ -e "$kept.after" ] || exit 0
fstab=$(readlink -f /etc/fstab)
if cmp -s "$kept.before" "$fstab"; then exit 0; fi
if ! cmp -s "$kept.after" "$fstab"; then echo "$fstab was edited in the meantime: it stays as it is" >&2; exit 1; fi
cp -p "$kept.before" "$fstab.reeve-new"
sync "$fstab.reeve-new"
mv "$fstab.reeve-new" "$fstab"
${reload}`,
  }
}

/** Without it systemd keeps the units that it made of the old lines. */
const reload = sh`if [ -d /run/systemd/system ]; then systemctl daemon-reload </dev/null; fi`

function refuseLine(path: string) {
  return sh`if [ -e /etc/fstab ] && REEVE_PATH=${escapePath(path)} awk '
  $1 !~ /^#/ && $2 == ENVIRON["REEVE_PATH"] { found = 1 }
  END { exit !found }
' /etc/fstab; then echo ${`/etc/fstab has a line for ${path} by now`} >&2; exit 1; fi`
}

function requireLine(path: string, text: string) {
  return sh`if ! grep -qxF -e ${text} /etc/fstab; then echo ${`/etc/fstab no longer has the line of ${path} that was seen`} >&2; exit 1; fi`
}
