import type { PrimitiveId } from '../../model/ids.ts'
import type { Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { markIn } from '../file/spec.ts'
import { type MailRecipientsSpec, mostRecipients, subjectOf } from './spec.ts'

export type MailRecipientsState = SourceState | CopyState | { readonly type: 'other' }

/** Who is known on the users' server. */
export interface SourceState {
  readonly type: 'source'
  /** `alice@example.com`, small, in order. */
  readonly addresses: readonly string[]
}

/** A gateway's map. */
export interface CopyState {
  readonly type: 'copy'
  readonly content: string
  readonly sha256: string
  /** `644 root:root` */
  readonly access: string
  /** main.cf beside it names it: without it every recipient would be put off. */
  readonly isNamed: boolean
}

/**
 * What Postfix itself takes for the domain, by the class that it belongs to there (ADDRESS_CLASS_README). Accounts are those of people: of the system's own none has mail,
 * but root. A table that cannot be listed (SQL, LDAP, patterns) makes the whole unknown: half a list would refuse the other half.
 */
const usersFunction = shellFunction(
  'reeve_mail_users',
  sh`(
domain=$1 settings=$2 LC_ALL=C IFS=${', \t\n'}; export LC_ALL; set -f
newline='
'
fail() { printf 'fail %s %s\n' "$domain" "$1"; exit 0; }
[ -n "$settings" ] || fail 'postconf does not say what the Postfix there does: is it installed?'
# A value is one line there; its words are parted by blanks or commas, as IFS is here.
words() { found=\${settings##*"$newline$1 = "}; if [ "$found" = "$settings" ]; then found=''; else found=\${found%%"$newline"*}; fi; }
holds() {
  words "$1"
  for word in $found; do
    case $word in
      *:*) [ -z "$(timeout 20 postmap -q "$domain" "\${word#proxy:}" 2>/dev/null </dev/null)" ] || return 0 ;;
      /*) ! grep -qixF -e "$domain" -- "$word" 2>/dev/null </dev/null || return 0 ;;
      *) ! printf '%s\n' "$word" | grep -qixF -e "$domain" || return 0 ;;
    esac
  done
  return 1
}
list() {
  words "$1"
  for word in $found; do
    word=\${word#proxy:}
    case $word in
      unix:passwd.byname)
        rows=$(timeout 20 getent passwd </dev/null) || fail 'getent passwd does not list its users'
        printf '%s\n' "$rows" | awk -F : -v most=${String(mostRecipients)} '($3 == 0 || ($3 >= 1000 && $3 < 60000)) && n++ <= most { print "user " $1 }' ;;
      hash:*|lmdb:*|btree:*|cdb:*|dbm:*|sdbm:*|texthash:*)
        rows=$(timeout 20 postmap -s "$word" 2>/dev/null </dev/null) || fail "$word could not be read"
        printf '%s\n' "$rows" | awk -F '\t' -v at="@$domain" -v bare="$2" -v most=${String(mostRecipients)} '
          # newaliases(1) notes its own times and name beside the aliases.
          $1 == "" || $1 ~ /^YP_(LAST_MODIFIED|MASTER_NAME)$/ { next }
          { key = tolower($1); from = index(key, "@") }
          (from ? substr(key, from) == at : bare) && n++ <= most { print "user " key }' ;;
      *) fail "$1 has $word, which cannot be listed" ;;
    esac
  done
}
printf 'users %s\n' "$domain"
if holds mydestination; then
  words local_recipient_maps; [ -n "$found" ] || fail 'local_recipient_maps is empty, so it takes everybody'
  list local_recipient_maps 1
  list virtual_alias_maps 1
elif holds virtual_mailbox_domains; then
  words virtual_mailbox_maps; [ -n "$found" ] || fail 'virtual_mailbox_maps is empty, so it takes everybody'
  list virtual_mailbox_maps ''
  list virtual_alias_maps ''
elif holds virtual_alias_domains; then list virtual_alias_maps ''
else fail 'it is no domain of the Postfix there: neither mydestination nor virtual_mailbox_domains has it'
fi
printf 'end %s\n' "$domain"
)`,
)

const copyFunction = shellFunction(
  'reeve_mail_copy',
  sh`if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then printf 'other %s\n' "$1"
elif [ -f "$1" ]; then
  sum=$(sha256sum <"$1")
  named=free; ! grep -qF -- "$1" "\${1%/*}/main.cf" 2>/dev/null </dev/null || named=named
  printf 'copy %s %s %s %s\n' "\${sum%% *}" "$named" "$(stat -c '%a %U:%G' -- "$1")" "$1"
  sed 's/^/| /' -- "$1" </dev/null
  printf '\nend %s\n' "$1"
else printf 'absent %s\n' "$1"; fi`,
)

const classes = ['mydestination', 'virtual_mailbox_domains', 'virtual_alias_domains']
const tables = ['local_recipient_maps', 'virtual_mailbox_maps', 'virtual_alias_maps']

/** One postconf(1) for all domains. */
export function probe(subjects: readonly Subject<MailRecipientsSpec>[]): Script {
  const all = subjects.map(({ id }) => subjectOf(id))
  const copies = all.flatMap((one) => ('path' in one ? [sh`reeve_mail_copy ${one.path}`] : []))
  const domains = all.flatMap((one) => ('path' in one ? [] : [one.domain]))
  if (domains.length === 0) return joinScripts([copyFunction, ...copies])
  const sources = sh`(
settings=$(postconf -x ${[...classes, ...tables]} 2>/dev/null </dev/null) || settings=''
[ -z "$settings" ] || settings="
$settings"
for domain in ${domains}; do reeve_mail_users "$domain" "$settings"; done
)`
  return joinScripts([usersFunction, copyFunction, ...copies, sources])
}

export function parse(stdout: string, subjects: readonly Subject<MailRecipientsSpec>[]): Parsed<MailRecipientsState> {
  const lines = stdout.split('\n')
  return { items: new Map(subjects.map(({ id }): [PrimitiveId, Observed<MailRecipientsState>] => [id, observed(id, lines)])) }
}

function observed(id: PrimitiveId, lines: readonly string[]): Observed<MailRecipientsState> {
  const subject = subjectOf(id)
  return 'path' in subject ? copyIn(subject.path, lines) : sourceIn(subject.domain, lines)
}

function between(begin: number, end: string, lines: readonly string[]): readonly string[] | undefined {
  const until = lines.indexOf(end, begin)
  return begin === -1 || until === -1 ? undefined : lines.slice(begin + 1, until)
}

function copyIn(path: string, lines: readonly string[]): Observed<MailRecipientsState> {
  if (lines.includes(`absent ${path}`)) return { status: 'absent' }
  if (lines.includes(`other ${path}`)) return { status: 'present', state: { type: 'other' } }
  const begin = lines.findIndex((line) => line.startsWith('copy ') && line.endsWith(` ${path}`))
  const held = between(begin, `end ${path}`, lines)
  if (held === undefined) return { status: 'unknown', reason: `${path} was not told of as a whole` }
  const content = held.map((line) => line.slice(2)).join('\n')
  const [, sha256, named, access] = /^copy ([0-9a-f]{64}) (named|free) (\d{3,4} \S+:\S+) /.exec(lines[begin] ?? '') ?? []
  if (sha256 === undefined || access === undefined) return { status: 'unknown', reason: `${path} was not told of as a whole` }
  const mark = markIn(Buffer.from(content))
  return {
    status: 'present',
    state: { type: 'copy', content, sha256, access, isNamed: named === 'named' },
    ...(mark === undefined ? {} : { mark }),
  }
}

/** RFC 5321 4.1.2 Atext, as far as MailRoute writes any. Whoever has another name there cannot be written in a map, and is left out. */
const localGrammar = /^[a-z0-9_&'*+=?^{}~$`.-]{1,64}$/

function sourceIn(domain: string, lines: readonly string[]): Observed<MailRecipientsState> {
  const failed = lines.find((line) => line.startsWith(`fail ${domain} `))
  if (failed !== undefined) return { status: 'unknown', reason: failed.slice(`fail ${domain} `.length, 400) }
  const held = between(lines.indexOf(`users ${domain}`), `end ${domain}`, lines)
  if (held === undefined) return { status: 'unknown', reason: `who is in ${domain} was not told as a whole` }
  const names = held.flatMap((line) => (line.startsWith('user ') ? line.slice('user '.length).toLowerCase() : []))
  if (names.includes(`@${domain}`))
    return { status: 'unknown', reason: `it has @${domain}, by which it takes everybody: take mode Verify or Any` }
  const locals = names.map((name) => (name.endsWith(`@${domain}`) ? name.slice(0, -domain.length - 1) : name))
  const addresses = [...new Set(locals.filter((local) => localGrammar.test(local) && !/^[.-]/.test(local)))]
  if (addresses.length > mostRecipients)
    return { status: 'unknown', reason: `it has more than ${mostRecipients} recipients in ${domain}: take mode Verify` }
  return { status: 'present', state: { type: 'source', addresses: addresses.map((local) => `${local}@${domain}`).sort() } }
}
