import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { createHost } from './host.ts'

/** Scripts that say the same on any POSIX shell: what the simulated one says must be what dash says. */
const scripts: readonly (readonly [what: string, script: string])[] = [
  ['quotes', `a='x  y'; printf '<%s>' $a "$a" '$a' "\\$a \\"q\\"" a\\ b; echo`],
  ['no words of nothing', `set --; printf '<%s>' "$@" $nothing "" "\${nothing:-}"; echo "$#"`],
  ['all words', `set -- 'a b' c; printf '<%s>' "$@" x"$@"y "$*"; echo $#; shift; echo "$1"`],
  ['defaults', `x=; echo "\${x:-d}" "\${x-d}" "\${y-d}" "\${y:=set}" "$y" "\${x:+no}\${y:+yes}"`],
  [
    'trimming',
    `p=/a/b.c/d.e; echo "\${p%/*}" "\${p##*/}" "\${p%%.*}" "\${p#/}" "\${p%.*}" "\${#p}"; q='x"generation":7,y'; echo "\${q%%'"generation":'*}" "\${q#*'"generation":'}"`,
  ],
  [
    'patterns with classes',
    `for w in a1 b22 '' 7x; do case $w in ''|*[!0-9]*) echo "no $w" ;; *) echo "yes $w" ;; esac; done; case 12 in [0-9][0-9]) echo two ;; esac`,
  ],
  ['quoted patterns', `v='a*b'; case 'a*b' in "$v") echo same ;; esac; case axb in "$v") echo wrong ;; $v) echo glob ;; esac`],
  ['arithmetic', `i=3; echo $((i * 2 + 1)) $(( (i + 1) % 3 )) $((10 / 3)) $((i > 2 && i < 4)) $((-i))`],
  [
    'loops',
    `for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done; n=0; while :; do n=$((n + 1)); [ $n -ge 3 ] && break; done; echo $n; until [ $n = 5 ]; do n=$((n+1)); done; echo $n`,
  ],
  ['functions', `f() { echo "in $1"; return 3; }; f x; echo $?; g() { f "$@" || return 7; }; g y; echo $?`],
  ['a function in a redirected loop', `f() { while read -r a b; do echo "$b-$a"; done; }; f <<E\n1 2 3\n4\nE`],
  ['here-documents', `x=1; cat <<A; cat <<'B'\n$x $(echo two) \\$x\nA\n$x\nB`],
  ['substitution', `a=$(printf 'x\\n\\n'); echo "[$a]" "$(echo "$(echo deep)")"; b=$(false) || echo failed`],
  [
    'statuses',
    `false; echo $?; ! false; echo $?; (exit 9); echo $?; false || true; echo $?; true && false; echo $?; nosuchcommand 2>/dev/null; echo $?`,
  ],
  [
    'set -e',
    `( set -e; false; echo no ); echo $?; ( set -e; if false; then :; fi; false || echo or; ! true; echo still ); echo $?; ( set -e; f() { false; echo in; }; f; echo no ); echo $?`,
  ],
  ['set -e in a condition', `if ( set -e; false; echo goes on ); then echo yes; fi`],
  [
    'statuses in assignments',
    `false; rc=$?; echo $rc; x=$(exit 3); echo $?; y=$(exit 4) z=1; echo $?; (exit 5); a=$? b=$?; echo $a $b; x=$(false) || echo failed`,
  ],
  ['set -u', `( set -u; echo "\${x-}"; echo "$x"; echo no ) 2>/dev/null; echo $?`],
  [
    'redirections',
    `d=$(mktemp -d); echo one >"$d/f"; echo two >>"$d/f"; { echo three; echo err >&2; } >>"$d/f" 2>&1; cat "$d/f"; read -r l <"$d/f"; echo "$l"; cat <"$d/none" 2>/dev/null || echo missing; rm -r "$d"`,
  ],
  ['descriptors', `d=$(mktemp -d); exec 5>"$d/x"; echo kept >&5; exec 5>&-; cat "$d/x"; { echo out; } 2>/dev/null 1>&2; rm -r "$d"`],
  [
    'read',
    `printf 'a b  c \\n' | { read -r x y; echo "<$x><$y>"; }; printf 'k=v=w\\n' | { IFS='=' read -r k v; echo "$k,$v"; }; printf '  lead' | { IFS= read -r l; echo "<$l> $?"; }`,
  ],
  ['IFS', `v=a:b::c; IFS=:; set -- $v; echo "$#" "$3" "$4"; IFS='\n'; `],
  ['traps', `( trap 'echo "bye $?"' EXIT; exit 3 ); echo $?; ( trap 'echo again' EXIT; false ); echo $?`],
  ['background', `( sleep 0.01; echo late ) & echo first; wait; echo done; (exit 6) & wait $!; echo $?`],
  ['killing', `( trap 'echo told; exit 5' TERM; sleep 5 & s=$!; wait "$s"; echo no ) & p=$!; sleep 0.3; kill $p; wait $p; echo $?`],
  ['printf', `printf '%s %d|%%|%5s|%-4s|%.2s\\n' a 7 x y long; printf '%s,' 1 2 3; echo; printf 'a\\tb\\101\\n'`],
  ['test', `[ -n x ] && [ -z '' ] && [ 3 -gt 2 ] && [ ! 2 -lt 1 ] && [ a = a ] && [ a != b ] && echo ok; [ 1 = 1 -a 2 = 3 ]; echo $?`],
  [
    'sed',
    `printf 'x 1\\ny 2\\nx 3\\n' | sed -n 's/^x \\([0-9]*\\)$/\\1!/p'; printf 'a\\nb\\nc\\n' | sed '$d'; printf 'a\\nb\\n' | sed 's/^/> /'; printf 'a\\n{"r"\\n' | sed -n '/^{"r"/p'; printf 'a\\nb 1\\nb 2\\nc\\n' | sed -n '/^b/h;$x;$p'; printf 'ab\\n' | sed -n '/b/q3'; echo $?`,
  ],
  [
    'tools for text',
    `printf '1\\n2\\n3\\n' | tail -n 1; printf '1\\n2\\n3' | head -n 2; printf abc | head -c 2; echo; printf 'a\\nb' | wc -l; printf x | base64; printf eA== | base64 -d; echo; printf 'step 1\\nno\\n' | grep '^step '; printf x | sha256sum`,
  ],
  [
    'files',
    `d=$(mktemp -d); cd "$d"; umask 077; echo x >a; cp a b; mv -T b c; ln -s c l; readlink l; [ -L l ] && [ -f l ] && echo linked; stat -c '%a %s %n' a c; chmod 0644 a; stat -c %a a; mkdir -p m/n/o; ls -d m/n/* 2>/dev/null || echo m/n/o; rmdir m/n/o; rm -rf m; [ -e m ] || echo gone; for f in *; do echo "$f"; done; rm -r "$d"`,
  ],
  ['no file of a pattern', `for f in /nowhere/*; do echo "$f"; done`],
  ['comments and continued lines', `echo a \\\n b # c\n# d\necho e#f`],
  ['a command in a variable', `c=echo; $c x; "$c" y; e=; $e echo z`],
  ['assignments for one command', `x=1; x=2 true; echo $x; IFS=: read -r a b <<E\np:q\nE\necho "$a $b"`],
  ['eight bits', `printf '\\303\\244\\n'; v=$(printf '\\303\\244'); echo "\${#v}" >/dev/null; echo "$v"`],
  ['nesting', `if true; then case x in x) for i in 1; do { ( echo deep ) } ; done ;; esac; elif false; then :; else :; fi`],
  [
    'locks',
    `d=$(mktemp -d); exec 7>>"$d/l"; flock 7; flock -n "$d/l" true || echo held; exec 7>&-; flock -n "$d/l" true && echo free; rm -r "$d"`,
  ],
]

test.each(scripts)('says what dash says: %s', async (_what, script) => {
  const dash = spawnSync('sh', ['-c', script], { encoding: 'latin1', env: { PATH: process.env['PATH'], LC_ALL: 'C' } })
  const simulated = await createHost({ name: 'shell' }).run(script)
  expect({ code: simulated.code, stdout: simulated.stdout }).toEqual({ code: dash.status, stdout: dash.stdout })
})
