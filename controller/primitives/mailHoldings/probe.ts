import type { PrimitiveId } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { listKeys, type MailHoldingsSpec } from './spec.ts'

export interface Held {
  readonly count: number
  readonly hash: string
  /** Absent of a large map. */
  readonly entries?: ReadonlyMap<string, string>
}

export interface MailHoldingsState {
  readonly settings: ReadonlyMap<string, string>
  /** By the word of main.cf that names it. */
  readonly maps: ReadonlyMap<string, Held>
}

/** As many entries of a map are told one by one. */
const mostEntries = 200

export function probe(subjects: readonly Subject<MailHoldingsSpec>[]): Script {
  if (subjects.length === 0) return sh`:`
  return sh`(
LC_ALL=C; export LC_ALL; set -f
command -v postconf >/dev/null 2>&1 || { echo none; exit 0; }
[ -e /etc/postfix/main.cf ] || { echo none; exit 0; }
settings=$(postconf -n 2>/dev/null </dev/null) || { echo unread; exit 0; }
words=$(postconf -hx ${[...listKeys]} 2>/dev/null </dev/null | tr ',\t' '  ') || words=''
echo holds
printf '%s\n' "$settings" | sed 's/^/set /'
seen=' '
for word in $words; do
  word=\${word#proxy:}
  case $word in *:/etc/postfix/reeve/*|*:/etc/postfix/reeve-*) continue ;; texthash:/*|hash:/*|lmdb:/*|btree:/*|cdb:/*) ;; *) continue ;; esac
  case $seen in *" $word "*) continue ;; esac
  seen="$seen$word "
  rows=$(timeout 20 postmap -s "$word" 2>/dev/null </dev/null) || continue
  rows=$(printf '%s\n' "$rows" | sort)
  sum=$(printf '%s\n' "$rows" | sha256sum)
  printf '%s\n' "$rows" | awk -v word="$word" -v sum="\${sum%% *}" -v most=${String(mostEntries)} '
    $0 != "" { row[n++] = $0 }
    END { print "map " word " " n + 0 " " sum; if (n <= most) for (i = 0; i < n; i++) print "entry " word " " row[i] }'
done
echo end
)`
}

export function parse(stdout: string, subjects: readonly Subject<MailHoldingsSpec>[]): Parsed<MailHoldingsState> {
  const found = observed(stdout.split('\n'))
  return { items: new Map(subjects.map(({ id }): [PrimitiveId, Observed<MailHoldingsState>] => [id, found])) }
}

function observed(lines: readonly string[]): Observed<MailHoldingsState> {
  if (lines.includes('none')) return { status: 'absent' }
  const [begin, end] = [lines.indexOf('holds'), lines.indexOf('end')]
  if (begin === -1 || end < begin) return { status: 'unknown', reason: 'Postfix did not say what it holds' }
  const own = lines.slice(begin + 1, end)
  const settings = own.flatMap((line) => {
    const [, key, value = ''] = /^set ([A-Za-z0-9_]{1,100}) =(?: (.*))?$/.exec(line) ?? []
    return key === undefined ? [] : [[key, value] as const]
  })
  const maps = own.flatMap((line) => {
    const [, word, count, hash] = /^map (\S{1,300}) (\d{1,9}) ([0-9a-f]{64})$/.exec(line) ?? []
    return word === undefined || hash === undefined ? [] : [[word, heldIn(word, Number(count), hash, own)] as const]
  })
  return { status: 'present', state: { settings: new Map(settings), maps: new Map(maps) } }
}

function heldIn(word: string, count: number, hash: string, lines: readonly string[]): Held {
  const begin = `entry ${word} `
  const rows = lines.filter((line) => line.startsWith(begin)).map((line) => line.slice(begin.length).split('\t'))
  if (rows.length !== count) return { count, hash }
  return { count, hash, entries: new Map(rows.map(([key = '', ...value]) => [key, value.join('\t')])) }
}
