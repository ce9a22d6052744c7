import type { PrimitiveId } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { listKeys, type MailHoldingsSpec } from './spec.ts'

/** A map: its entries, or of a large one a hash of them. */
export type Held = { readonly entries: ReadonlyMap<string, string> } | { readonly large: string }

export interface MailHoldingsState {
  readonly settings: ReadonlyMap<string, string>
  /** By the word of main.cf that names it. */
  readonly maps: ReadonlyMap<string, Held>
}

/** Entries of a map of this size are told one by one; of a larger one, that it differs. */
const mostOctets = 16_384

export function probe(subjects: readonly Subject<MailHoldingsSpec>[]): Script {
  if (subjects.length === 0) return sh`:`
  return sh`(
LC_ALL=C IFS=${', \t\n'}; export LC_ALL; set -f
if [ ! -e /etc/postfix/main.cf ] || ! command -v postconf >/dev/null 2>&1; then echo none; exit 0; fi
settings=$(postconf -n 2>/dev/null </dev/null) || { echo unread; exit 0; }
words=$(postconf -hx ${[...listKeys]} 2>/dev/null </dev/null) || words=''
printf 'holds\n%s\n' "$settings"
seen=' '
for word in $words; do
  word=\${word#proxy:}
  case $word in *:/etc/postfix/reeve/*|*:/etc/postfix/reeve-*) continue ;; texthash:/*|hash:/*|lmdb:/*|btree:/*|cdb:/*) ;; *) continue ;; esac
  case $seen in *" $word "*) continue ;; esac
  seen="$seen$word "
  rows=$(timeout 20 postmap -s "$word" 2>/dev/null </dev/null) || continue
  if [ "\${#rows}" -le ${String(mostOctets)} ]; then printf 'map %s\n%s\n' "$word" "$rows"; continue; fi
  rows=$(printf '%s\n' "$rows" | sort | sha256sum)
  printf 'map %s\nlarge %s\n' "$word" "\${rows%% *}"
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
    const [, key, value = ''] = /^([A-Za-z0-9_]{1,100}) =(?: (.*))?$/.exec(line) ?? []
    return key === undefined ? [] : [[key, value] as const]
  })
  return { status: 'present', state: { settings: new Map(settings), maps: mapsIn(own) } }
}

/** Rows have a tab between key and value, and the lines around them none. */
function mapsIn(lines: readonly string[]): ReadonlyMap<string, Held> {
  const starts = lines.flatMap((line, index) => (/^map \S{1,300}$/.test(line) ? [index] : []))
  const maps = starts.map((start, order): [string, Held] => {
    const rows = lines.slice(start + 1, starts[order + 1] ?? lines.length)
    return [lines[start]?.slice('map '.length) ?? '', heldIn(rows)]
  })
  return new Map(maps)
}

function heldIn(rows: readonly string[]): Held {
  const large = /^large ([0-9a-f]{64})$/.exec(rows[0] ?? '')?.[1]
  if (large !== undefined) return { large }
  const split = rows.filter((row) => row.includes('\t')).map((row) => row.split('\t'))
  return { entries: new Map(split.map(([key = '', ...value]) => [key, value.join('\t')])) }
}
