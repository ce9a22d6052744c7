import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { Spec } from '../model/primitive.ts'
import { file, markLine } from '../primitives/file/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { service } from '../primitives/service/spec.ts'
import { confirmed } from './confirm.ts'
import type { SystemPlace } from './place.ts'
import type { SystemSpec } from './spec.ts'

type Sshd = NonNullable<SystemSpec['sshd']>
type Needs = NonNullable<Spec['needs']>

/** First by name, since the first value that sshd reads wins (sshd_config(5)), and cloud-init and people have files there too. */
export const sshdFile = '/etc/ssh/sshd_config.d/00-reeve.conf'

/** As `sshd -T` prints them, so that they can be held against it. */
const rootLogins = { Never: 'no', KeyOnly: 'without-password', Always: 'yes' } as const

/**
 * Fails where sshd refuses its files, and where a line of ours has no effect: something before it wins, adds to it, or no Include leads to it. Lines without
 * quotes, in the spelling of `sshd -T`. A port of a socket unit is not sshd's to choose.
 */
const script = `[ -d /run/sshd ] || mkdir -m 0755 /run/sshd
sshd -t || exit 1
file=${sshdFile}
[ -f "$file" ] || exit 0
effective=$(LC_ALL=C sshd -T) || exit 1
newline='
'
bad=0
while read -r word value; do
  case $word in ''|'#'*) continue ;; esac
  [ "$word" != port ] || [ ! -L /etc/systemd/system/sockets.target.wants/ssh.socket ] || { echo "ssh.socket listens for sshd, so that port has no effect: systemctl disable --now ssh.socket"; bad=1; }
  case "$newline$effective$newline" in *"$newline$word $value$newline"*) ;; *)
    echo "$word $value of $file has no effect: an earlier line of /etc/ssh/sshd_config or of another file there wins, or none says Include /etc/ssh/sshd_config.d/*.conf"; bad=1 ;;
  esac
done <"$file"
for word in port allowusers; do
  ours=$(grep "^$word " "$file") || continue
  while read -r line; do
    case $line in "$word "*) ;; *) continue ;; esac
    case "$newline$ours$newline" in *"$newline$line$newline"*) ;; *) echo "another file says $line too, and sshd adds it to those of $file"; bad=1 ;; esac
  done <<REEVE_LINES
$effective
REEVE_LINES
done
exit $bad`

/** The daemon's settings that decide who may come in, as one file that is judged by sshd itself, loaded, and kept once Reeve came in anew. */
export function compileSshd({ manifest, system: { sshd }, target, access }: SystemPlace, needs: Needs, fleet: string): readonly Spec[] {
  if (sshd === undefined) return []
  const daemon = debianPackage('openssh-server')
  const after = [...needs, { target, id: daemon.id }]
  const careful: Pick<Spec, 'confirm' | 'deletionPolicy'> = access === undefined ? {} : { confirm: confirmed, deletionPolicy: 'Retain' }
  const content = `${markLine(fleet, manifest.id)}${linesOf(sshd).join('\n')}\n`
  const written = { ...file({ path: sshdFile, content, mode: '0644', owner: 'root:root', needs: after }), ...careful }
  const running = service({
    unit: 'ssh.service',
    state: 'running',
    loads: [written],
    reload: 'reload',
    check: { argv: ['sh', '-c', script, 'sshd'], failOn: [] },
    needs: after,
  })
  return [daemon, written, { ...running, ...careful }]
}

function linesOf({ ports = [], passwordAuthentication, permitRootLogin, allowUsers = [] }: Sshd): readonly string[] {
  const yes = passwordAuthentication === true ? 'yes' : 'no'
  return [
    ...ports.map((port) => `port ${port}`),
    // The second way by which PAM asks for a password.
    ...(passwordAuthentication === undefined ? [] : [`passwordauthentication ${yes}`, `kbdinteractiveauthentication ${yes}`]),
    ...(permitRootLogin === undefined ? [] : [`permitrootlogin ${rootLogins[permitRootLogin]}`]),
    ...allowUsers.map((user) => `allowusers ${user}`),
  ]
}

/** What the schema cannot say of sshd; on a hypervisor above all that Reeve itself comes in. */
export function checkSshd({ manifest, system, access }: SystemPlace): readonly Diagnostic[] {
  const { sshd, services = [] } = system
  if (sshd === undefined) return []
  const say = (field: string, summary: string, hint?: string) => complain(manifest, `spec.system.${field}`, summary, hint)
  const { ports = [], allowUsers = [], permitRootLogin } = sshd
  const unit = services.findIndex((one) => one.unit === 'ssh.service')
  const twice = (list: readonly (string | number)[], field: string): readonly Diagnostic[] =>
    list.flatMap((one, index) =>
      list.indexOf(one) === index ? [] : [say(`sshd.${field}[${index}]`, `${one} is already at ${field}[${list.indexOf(one)}]`)],
    )
  return [
    ...(unit === -1 ? [] : [say(`services[${unit}]`, 'ssh.service is run by system.sshd', 'leave it out')]),
    ...twice(ports, 'ports'),
    ...twice(allowUsers, 'allowUsers'),
    ...(access === undefined || ports.length === 0 || ports.some((port) => access.ports.includes(port))
      ? []
      : [
          say(
            'sshd.ports',
            `Reeve comes by port ${access.ports.join(' or ')}, on which sshd would not listen any more`,
            'add the new port to spec.ports, before or after the old one',
          ),
        ]),
    ...(access === undefined || allowUsers.length === 0 || allowUsers.includes(access.user)
      ? []
      : [say('sshd.allowUsers', `Reeve logs in as ${access.user}, who would not be allowed any more`, `add ${access.user}`)]),
    ...(access?.user === 'root' && permitRootLogin === 'Never'
      ? [say('sshd.permitRootLogin', 'Reeve logs in as root, who would not be allowed any more', 'use KeyOnly, or another spec.user')]
      : []),
  ]
}

/** For the vital that looks now and then whether it still holds: what others write later has no part in a cycle. */
export const sshdCheck = script
