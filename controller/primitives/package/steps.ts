import type { Step } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'

const policy = '/usr/sbin/policy-rc.d'
const sign = '# Reeve: here only while a package is installed.'

/** invoke-rc.d(8) asks it: what runs may go on, nothing new starts by itself on every address. */
const policyText = `#!/bin/sh
${sign}
systemctl is-active --quiet "$1" 2>/dev/null && exit 0
exit 101
`

/** Seconds to wait for another dpkg. */
const lockSeconds = 300

/**
 * Jobs of other packages stand in line here, and not at dpkg's lock: the first of them that ends takes the policy away, and daemons of those behind it would start.
 * A directory that is always there; descriptor 5 is closed for what may leave daemons behind.
 */
const inLine: Script = sh`exec 5</usr/sbin
flock 5`

/** Installs without questions, keeping a person's configuration files, and without starting daemons. Minutes: a job. */
export function install(name: string): Step {
  return {
    title: `install ${name}`,
    job: true,
    run: joinScripts([inLine, denyStarts, aptGet(name), update, tryInstall(name)]),
    check: sh`case $(dpkg-query -W -f '\${db:Status-Abbrev}' -- ${name}) in ?i*) ;; *)
  printf 'apt-get succeeded, yet %s is not installed: is it a virtual package?\n' ${name} >&2; exit 1 ;;
esac`,
    undo: joinScripts([inLine, allowScript()]),
  }
}

/** A person's own policy stays in force; what a cut-off installation of ours left behind is taken over. */
const denyStarts: Script = joinScripts([
  shellFunction('reeve_allow_starts', allowScript()),
  sh`if [ ! -e ${policy} ] || grep -qF ${sign} ${policy}; then
{ ${printPayload(policyText)}
} > ${policy}.new
chmod 0755 ${policy}.new
mv -T -- ${policy}.new ${policy}
trap reeve_allow_starts EXIT
fi`,
])

function allowScript(): Script {
  return sh`if [ -f ${policy} ] && grep -qF ${sign} ${policy}; then rm -f -- ${policy}; fi`
}

function aptGet(name: string): Script {
  return shellFunction(
    'reeve_install',
    sh`DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=l LC_ALL=C \
apt-get -q -y --no-remove --no-install-recommends -o DPkg::Lock::Timeout=${lockSeconds} -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
install -- ${name} </dev/null 5<&-`,
  )
}

/** apt-get waits for dpkg's lock, not for that of the lists, which the job of another package or a person's own update may hold. */
const update: Script = shellFunction(
  'reeve_update',
  sh`turn=0
while told=$(LC_ALL=C apt-get -q update 2>&1 </dev/null) || :; do
  case $told in *'Could not get lock /var/lib/apt/lists/lock'*) ;; *) break ;; esac
  turn=$((turn + 1))
  [ "$turn" -lt ${lockSeconds} ] || break
  sleep 1
done
printf '%s\n' "$told"`,
)

/** Lists may be old or missing: they are fetched only where the first try fails. */
function tryInstall(name: string): Script {
  return sh`rc=0
said=$(reeve_install 2>&1) || rc=$?
case $rc,$said in
0,*|*'Unable to acquire the dpkg'*|*'remove is disabled'*) ;;
*)
  rc=0
  said=$(reeve_update; reeve_install 2>&1) || rc=$? ;;
esac
[ "$rc" -ne 0 ] || exit 0
case $said in
  *'remove is disabled'*)
    printf 'to install %s would remove other packages; remove them yourself, or take it out of the manifest\n' ${name} >&2 ;;
  *'Unable to acquire the dpkg'*) printf 'dpkg is held by another program; it will be tried again\n' >&2 ;;
  *'Unable to locate package'*|*'has no installation candidate'*) printf 'no package source of this machine has %s\n' ${name} >&2 ;;
esac
printf '%s\n' "$said" | tail -n 15 >&2
exit 1`
}
