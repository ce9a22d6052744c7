import type { Needed, Spec } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { runsOnce } from '../once.ts'
import { hubOf, type Made, type Mailer } from './hub.ts'

/** How long Postfix has for a mail that its hub takes: less than a service may take to start. */
const mostSeconds = 40

/** One mail to root for each word, by the way that cron and mdadm take. Kept only where the hub took it, as far as the mailer can tell. */
export function compileTestMail({ mailer, mark }: Made, owner: string, needs: readonly Needed[]): readonly Spec[] {
  if (mailer.test === undefined) return []
  const run = joinScripts([handIn(mailer, owner), (mailer.provider ?? 'postfix') === 'postfix' ? untilTaken : sh`:`])
  return runsOnce({ name: 'mailer-test', description: 'Send a test mail to root once for each token', word: mailer.test, mark, needs, run })
}

function handIn(mailer: Mailer, owner: string): Script {
  const { host, port } = hubOf(mailer)
  const body = `Sent by ${mailer.provider ?? 'postfix'}, through ${host}:${port}, as cron and mdadm send: to root, whose mail goes to ${mailer.root}.`
  return sh`[ -x /usr/sbin/sendmail ] || { echo '/usr/sbin/sendmail is not there, so what programs mail is lost: is the package of the mailer installed whole?' >&2; exit 1; }
began=$(date +%s)
printf 'To: root\nSubject: TEST EMAIL %s of %s on %s\n\n%s\n' "$token" ${owner} "$(uname -n)" ${body} |
  /usr/sbin/sendmail -i root || { echo "the test mail was not taken: sendmail ended with $?" >&2; exit 1; }`
}

/** Postfix takes everything; what becomes of it is to be seen in its queue, and where the hub refused it for good, in the log alone. */
const untilTaken = sh`seconds=0
while :; do
  waiting=$(postqueue -j </dev/null) || { echo 'postqueue does not say what became of the test mail' >&2; exit 1; }
  waiting=$(printf '%s\n' "$waiting" | LC_ALL=C awk -v began="$began" '
    match($0, /"arrival_time": [0-9]+/) && substr($0, RSTART + 16, RLENGTH - 16) + 0 >= began {
      queue = substr($0, 17); sub(/".*/, "", queue); reason = ""
      if ((from = index($0, "\"delay_reason\": \"")) > 0) { reason = substr($0, from + 17, 300); sub(/"[]},].*/, "", reason) }
      if (queue == "deferred") { print "deferred " reason; exit }
      if (!more++) print "still on its way"
    }')
  case $waiting in
    '') break ;;
    *deferred*) printf 'the hub did not take the test mail, and Postfix goes on trying: %s\n' "\${waiting##*deferred }" >&2; exit 1 ;;
  esac
  [ "$seconds" -lt ${mostSeconds} ] || { echo ${`the hub has not taken the test mail after ${mostSeconds} seconds, and Postfix goes on trying`} >&2; exit 1; }
  seconds=$((seconds + 1)); sleep 1
done
said=$(journalctl -q --since="@$began" -o cat -t postfix/smtp 2>/dev/null </dev/null | grep -m 1 'status=bounced' || :)
[ -z "$said" ] || { printf 'the hub refused the test mail: %s\n' "$said" >&2; exit 1; }`
