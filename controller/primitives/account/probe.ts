import { keyOf } from '../../model/ids.ts'
import type { Subject } from '../../model/primitive.ts'
import { Secret } from '../../shell/secret.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import type { AccountSpec } from './spec.ts'

/** Of an authorized_keys, in KiB: what is larger is none. */
const largestKeysKib = 1024

/**
 * Words of awk(1), POSIX and mawk alike. First the wanted rows, from stdin: a hash must stand in no argument, and the host's own hash never leaves it.
 * Then passwd(5), group(5), shadow(5), and the authorized_keys of those who are asked for.
 */
const program = String.raw`
BEGIN { FS = "\t" }
NR == FNR { if ($1 == "") next; order[++n] = $1; wanted[$1] = 1; hash[$1] = $2; if ($3 != "") uid[$3] = 1; m = split($4, some, ","); for (i = 1; i <= m; i++) asked[some[i]] = 1; next }
FILENAME == "/etc/passwd" {
  split($0, f, ":")
  if (f[3] in uid) print "taken\t" f[3] "\t" f[1]
  if (f[1] in wanted && !(f[1] in entry)) { entry[f[1]] = f[3] "\t" f[4] "\t" f[6] "\t" f[7] "\t" f[5]; of[f[6] "/.ssh/authorized_keys"] = f[1] }
  next
}
FILENAME == "/etc/group" {
  split($0, f, ":")
  if (f[1] in asked) print "group\t" f[1]
  m = split(f[4], some, ",")
  for (i = 1; i <= m; i++) if (some[i] in wanted) groups[some[i]] = groups[some[i]] "," f[1]
  next
}
FILENAME == "/etc/shadow" {
  split($0, f, ":")
  if (!(f[1] in wanted)) next
  if (f[2] == "") password[f[1]] = "none"
  else if (f[2] ~ /^[!*]/) password[f[1]] = "locked"
  else password[f[1]] = (f[2] "" == hash[f[1]] "") ? "wanted" : "other"
  expired[f[1]] = f[8] == "1" ? "expired" : "valid"
  next
}
{ name = of[FILENAME] }
$0 == "# BEGIN reeve " fleet " keys" { if (open[FILENAME] || (FILENAME in closed)) trouble[name] = "its lines begin twice"; open[FILENAME] = 1; next }
$0 == "# END reeve " fleet " keys" { if (!open[FILENAME]) trouble[name] = "its lines end where they do not begin"; open[FILENAME] = 0; closed[FILENAME] = 1; next }
open[FILENAME] { keys[name] = keys[name] "key\t" name "\t" $0 "\n" }
END {
  for (file in open) if (open[file]) trouble[of[file]] = "its lines do not end"
  for (i = 1; i <= n; i++) {
    name = order[i]
    if (!(name in entry)) { print "absent\t" name; continue }
    print "account\t" name "\t" (name in password ? password[name] : "other") "\t" (name in expired ? expired[name] : "valid") "\t" entry[name]
    print "groups\t" name "\t" substr(groups[name], 2)
    if (name in trouble) print "trouble\t" name "\t" trouble[name]
    printf "%s", keys[name]
  }
  print "end\t" n
}
`

/** Two processes for all accounts: find(1), which tells what is a file of sense, and awk(1). Homes are found by the shell itself. */
export function probe(subjects: readonly Subject<AccountSpec>[], fleet: string): Script {
  const names = subjects.map(({ id }) => keyOf(id))
  const shells = [...new Set(subjects.flatMap(({ spec }) => spec?.shell ?? []))]
  return sh`for shell in ${shells}; do [ ! -x "$shell" ] || printf 'shell\t%s\n' "$shell"; done
set --
while IFS=: read -r name password uid gid comment home shell; do
  case ${` ${names.join(' ')} `} in *" $name "*) ;; *) continue ;; esac
  file=$home/.ssh/authorized_keys
  if [ -f "$file" ]; then set -- "$@" "$file"
  elif [ -e "$file" ] || [ -L "$file" ]; then printf 'trouble\t%s\tit is no regular file\n' "$name"; fi
done </etc/passwd
if [ $# -gt 0 ]; then
  files=$(find -H "$@" -maxdepth 0 -type f -size ${`-${largestKeysKib + 1}k`} -print </dev/null) || :
  set --
  while IFS= read -r file; do [ -z "$file" ] || set -- "$@" "$file"; done <<REEVE_FILES
$files
REEVE_FILES
fi
rows='' tab='	' newline='
'
${joinScripts(subjects.map(row))}
LC_ALL=C awk -v fleet=${fleet} ${program} - /etc/passwd /etc/group /etc/shadow "$@" <<REEVE_ROWS || { rows=''; return 1; }
$rows
REEVE_ROWS
rows=''`
}

function row({ id, spec }: Subject<AccountSpec>): Script {
  const hash = spec?.password instanceof Secret ? spec.password : ''
  return sh`rows="$rows"${keyOf(id)}"$tab"${hash}"$tab"${String(spec?.uid ?? '')}"$tab"${(spec?.groups ?? []).join()}"$newline"`
}
