import type { Checker } from '../../primitives/service/spec.ts'
import { type Maps, mapNames } from './maps.ts'
import { mapFolder } from './settings.ts'

const say = `bad=0
say() { printf '%s\\n' "$*"; bad=1; }
words() { postconf -hx "$1" 2>/dev/null </dev/null | tr ',\\t' '  '; }`

/** postfix(1) speaks to the log, unless it has a terminal: script(1) of bsdutils, an essential package, is one. */
const postfixCheck = `plain() { said=$(postfix check 2>&1 </dev/null) || bad=1; }
if command -v script >/dev/null 2>&1; then
  rc=0
  said=$(script -qec 'postfix check' /dev/null </dev/null 2>&1) || rc=$?
  case $rc:$said in 0:*) ;; *:'script: '*) plain ;; *) bad=1 ;; esac
else
  plain
fi
case $said in *'fatal: '*|*'error: '*) bad=1 ;; esac
[ "$bad" -eq 0 ] || printf 'postfix check: %s\\n' "$said"
said=$(postconf -n 2>&1 >/dev/null </dev/null) || bad=1
case $said in *'fatal: '*|*'error: '*) say "$said" ;; esac`

/** A map that cannot be opened is 451 for everybody, and postfix check says nothing of it (services.md 0). Of other people's maps only that counts; of ours, each complaint. */
const tables = `set -f
for key in relay_domains transport_maps relay_recipient_maps virtual_alias_maps virtual_alias_domains smtp_tls_policy_maps; do
  for word in $(words "$key"); do
    case $word in *:/*) ;; *) continue ;; esac
    # proxymap(8), perhaps not running yet, would show what is live.
    case $word in proxy:*:$own/*|proxy:*:$own-recipients) word=\${word#proxy:} ;; esac
    said=$(timeout 20 postmap -q reeve-probe.invalid "$word" 2>&1 >/dev/null </dev/null) || :
    case $word:$said in
      *:) ;;
      *:$own/*|*:$own-recipients:*) say "$key: $said" ;;
      *'fatal: '*|*'error: '*|*'warning: '*'unavailable'*) say "$key: $said" ;;
    esac
  done
done`

/** smtpd ends where neither list has one of these, and then port 25 is open and silent (services.md 0); where only master.cf says so, for that service. */
const relaying = `closes() {
  for word in $1; do
    case $word in reject_unauth_destination|defer_unauth_destination|reject|defer|defer_if_permit) return 0 ;; esac
  done
  return 1
}
recipient=$(words smtpd_recipient_restrictions)
closes "$(words smtpd_relay_restrictions) $recipient" || say 'smtpd_relay_restrictions has no reject_unauth_destination: smtpd would not start'
overrides=$(postconf -P 2>/dev/null </dev/null) || overrides=''
while IFS= read -r line; do
  case $line in */smtpd_relay_restrictions' = '*) ;; *) continue ;; esac
  closes "$(printf '%s' "\${line#* = }" | tr ',' ' ') $recipient" || say "master.cf: \${line%% = *} would make this an open relay"
done <<LINES
$overrides
LINES
[ -n "$(postconf -M relay/unix 2>/dev/null </dev/null)" ] || say 'transport "relay" is not defined in master.cf'
case $(words relay_recipient_maps) in *proxy:*:$own*)
  [ -n "$(postconf -M proxymap/unix 2>/dev/null </dev/null)" ] || say 'service "proxymap", which holds the map of recipients, is not defined in master.cf' ;;
esac`

/** What stands in a map is what was written: lines that it could not read are not in it, and it exits with 0 all the same. */
const counts = `for one; do
  case $one in map=*) ;; *) continue ;; esac
  one=\${one#map=}
  held=$(postmap -s "texthash:$own/\${one%%=*}" 2>&1 </dev/null) || :
  count=0
  while IFS= read -r line; do [ -z "$line" ] || count=$((count + 1)); done <<LINES
$held
LINES
  [ "$count" -eq "\${one#*=}" ] || say "$own/\${one%%=*} holds $count entries as Postfix reads it, not \${one#*=}: $(printf '%s' "$held" | grep -m 1 'postmap: ' || :)"
done`

/** A domain is local or relayed: Postfix warns in its log, and then does one of the two. */
const conflicts = `asked='' newline='
'
for one; do case $one in domain=*) asked="$asked\${one#domain=}$newline" ;; esac; done
clash() { say "$1 is local here ($2); a domain is either local or relayed"; }
for key in mydestination virtual_mailbox_domains virtual_alias_domains; do
  for word in $(words "$key"); do
    case $word in
      *:$own/*) ;;
      *:/*) found=$(printf '%s' "$asked" | timeout 20 postmap -q - "$word" 2>/dev/null) || :
        for domain in $(printf '%s\\n' "$found" | cut -f 1); do clash "$domain" "$key: $word"; done ;;
      /*) found=$(printf '%s' "$asked" | grep -ixFf "$word" 2>/dev/null) || :
        for domain in $found; do clash "$domain" "$key: $word"; done ;;
      *) found=$(printf '%s' "$asked" | grep -ixF -e "$word" 2>/dev/null) || :
        for domain in $found; do clash "$domain" "$key"; done ;;
    esac
  done
done`

/** Where nobody listed recipients, all of a relayed domain were taken; with our map there, those that it does not hold are refused. */
const neighbours = `theirs=''
for word in $(words relay_domains); do case $word in *:$own/*) ;; *) theirs="$theirs $word" ;; esac; done
listed=''
for word in $(words relay_recipient_maps); do case $word in *:$own/*|*:$own-recipients) ;; *) listed=1 ;; esac; done
if [ -n "$theirs" ] && [ -z "$listed" ]; then
  say "relay_domains has$theirs beside this route, and relay_recipient_maps no recipients for it: all of them would be refused; take it into the MailRoute, or list them in a map of your own"
fi`

/** Postfix' own checkers, and then what they do not look at. */
export function daemonCheck(maps: Maps): Checker {
  const folder = `own=${mapFolder}`
  const whole = [say, folder, postfixCheck, tables, relaying, 'exit "$bad"'].join('\n')
  const expects = [say, folder, 'set -f', counts, conflicts, neighbours, 'exit "$bad"'].join('\n')
  const sizes = mapNames.map((name) => `map=${name}=${maps[name].length}`)
  const domains = [...maps.relay_domains, ...maps.virtual_domains].flatMap(([name]) => (name.startsWith('.') ? [] : [`domain=${name}`]))
  return {
    name: 'the check of Postfix',
    argv: ['sh', '-c', whole, 'sh'],
    failOn: [],
    expects: ['sh', '-c', expects, 'sh', ...sizes, ...domains],
  }
}
