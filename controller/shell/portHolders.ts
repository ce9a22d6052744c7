/**
 * Text of a shell function for a script of its own (`sh -c`): `reeve_held PROTOCOL ADDRESS:PORT` prints a line for each process, none of those named in
 * `$own` (patterns of names, between spaces), that holds the port, and is true where there is one. `*` stands for every address. Silent where the host has no ss(8).
 */
export const portHolders = `set -f
reeve_held() {
  port=\${2##*:} address=\${2%:*} found=1
  command -v ss >/dev/null 2>&1 || return 1
  case $address in
    '*') held=$(ss -Hlnp "--$1" "sport = :$port") || held='' ;;
    *) held=$(ss -Hlnp "--$1" "( src $address:$port or src 0.0.0.0:$port or src [::]:$port )") || held='' ;;
  esac
  while IFS= read -r line; do
    case $line in *'users:(("'*) ;; *) continue ;; esac
    name=\${line#*users:??\\"} pid=\${line#*pid=}
    name=\${name%%\\"*} pid=\${pid%%,*}
    for mine in $own; do case $name in $mine) continue 2 ;; esac; done
    printf '%s port %s is held by %s (pid %s)\\n' "$1" "$port" "$name" "$pid"; found=0
  done <<HELD
$held
HELD
  return "$found"
}`
