import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import type { MailQueueSpec } from './spec.ts'

/** Mail of one domain whose last try found one server down. */
export interface Waiting {
  readonly address: string
  readonly port: number
  readonly domain: string
  readonly messages: number
}

export interface MailQueueState {
  readonly waiting: readonly Waiting[]
  /** `ADDRESS PORT` of those that greet now. */
  readonly greeting: ReadonlySet<string>
}

/**
 * Defines `reeve_mail_waits MAP [SERVERS]`: of the queue what waits for a server that was down, by address, port and domain; with servers (`ADDRESS PORT|…`) the ids of what waits for those. Each message holds why its last try failed; what a
 * server itself said begins with other words, so no stranger can write here. JSON escapes quotes: what is looked for stands in no string.
 */
export const waitsFunction: Script = shellFunction(
  'reeve_mail_waits',
  sh`waits_all=$(timeout 20 postqueue -j 2>/dev/null </dev/null) || return 1
printf '%s\n' "$waits_all" | LC_ALL=C awk -v map="$1" -v servers="\${2-}" '
  BEGIN { while ((getline line < map) > 0) { split(line, word, " "); if (line !~ /^#/ && word[1] != "") ours[word[1]] = 1 } }
  function isOurs(domain) {
    if (domain in ours) return 1
    while (sub(/^[^.]+/, "", domain)) { if (domain in ours) return 1; sub(/^\./, "", domain) }
    return 0
  }
  !/^\{"queue_name": "deferred", "queue_id": "[A-Za-z0-9]+"/ { next }
  {
    id = substr($0, 41); sub(/".*/, "", id)
    count = split($0, part, /\{"address": "/)
    for (i = 2; i <= count; i++) {
      domain = part[i]; sub(/".*/, "", domain); sub(/.*@/, "", domain); domain = tolower(domain)
      if (domain !~ /^[a-z0-9._-]+$/ || !isOurs(domain)) continue
      if (!match(part[i], /", "delay_reason": "(delivery temporarily suspended: )?connect to [^] []+\[[0-9A-Fa-f.:]+\]:[0-9]+: /)) continue
      where = substr(part[i], RSTART, RLENGTH); sub(/^.*\[/, "", where); sub(/: $/, "", where); sub(/\]:/, " ", where)
      if (servers != "") { if (index("|" servers "|", "|" where "|") && !(id in shown) && kinds++ < 500) print id; shown[id] = 1 }
      else { key = where " " domain; if (key in seen || kinds++ < 200) seen[key]++ }
    }
  }
  END { for (key in seen) print "waits " key " " seen[key] }'`,
)

/** Without a deferred message that is one find(1). bash(1), which is essential in Debian, opens the connection; a server is up when it greets. */
const queueFunction = shellFunction(
  'reeve_mail_queue',
  sh`(
spool=$(postconf -h queue_directory 2>/dev/null </dev/null) || { printf 'none %s\n' "$1"; exit 0; }
if [ -z "$(find "$spool"/deferred -type f -print -quit 2>/dev/null </dev/null)" ]; then printf 'queue %s\nend %s\n' "$1" "$1"; exit 0; fi
waits=$(reeve_mail_waits "$1") || { printf 'unread %s\n' "$1"; exit 0; }
printf 'queue %s\n' "$1"
[ -z "$waits" ] || printf '%s\n' "$waits"
printf '%s\n' "$waits" | cut -d ' ' -f 2,3 | sort -u | head -n 16 | {
  while read -r address port; do
    [ -z "$port" ] || (
      timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2" && IFS= read -r line <&3 && case $line in 220*) printf "greets %s %s\n" "$1" "$2" ;; esac' bash "$address" "$port" 2>/dev/null </dev/null || :
    ) &
  done
  wait
}
printf 'end %s\n' "$1"
)`,
)

export function probe(subjects: readonly Subject<MailQueueSpec>[]): Script {
  return joinScripts([waitsFunction, queueFunction, ...subjects.map(({ id }) => sh`reeve_mail_queue ${keyOf(id)}`)])
}

export function parse(stdout: string, subjects: readonly Subject<MailQueueSpec>[]): Parsed<MailQueueState> {
  const lines = stdout.split('\n')
  return { items: new Map(subjects.map(({ id }): [PrimitiveId, Observed<MailQueueState>] => [id, observed(keyOf(id), lines)])) }
}

function observed(map: string, lines: readonly string[]): Observed<MailQueueState> {
  if (lines.includes(`none ${map}`)) return { status: 'absent' }
  const [begin, end] = [lines.indexOf(`queue ${map}`), lines.indexOf(`end ${map}`)]
  if (begin === -1 || end < begin) return { status: 'unknown', reason: 'postqueue did not say what waits' }
  const own = lines.slice(begin + 1, end)
  const waiting = own.flatMap((line) => {
    const [, address, port, domain, messages] = /^waits ([0-9A-Fa-f.:]{2,45}) (\d{1,5}) ([a-z0-9._-]{1,253}) (\d{1,9})$/.exec(line) ?? []
    return address === undefined || domain === undefined ? [] : [{ address, port: Number(port), domain, messages: Number(messages) }]
  })
  const greeting = own.flatMap((line) => /^greets ([0-9A-Fa-f.:]{2,45} \d{1,5})$/.exec(line)?.[1] ?? [])
  return { status: 'present', state: { waiting, greeting: new Set(greeting) } }
}
