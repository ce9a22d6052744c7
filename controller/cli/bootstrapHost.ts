import { isDnsLabel } from '../model/ids.ts'
import { joinScripts, type Script, sh } from '../shell/sh.ts'

/** Who shall be let in, and by which key. */
export interface Wanted {
  readonly user: string
  /** `ssh-ed25519 AAAA…`. */
  readonly publicKey: string
}

/** What a host says of itself before anything is changed. */
export interface Facts {
  readonly hostname: string
  readonly hasUser: boolean
  /** The user's key is let in by ~/.ssh/authorized_keys. */
  readonly hasKey: boolean
  readonly hasSudo: boolean
  /** The user becomes root without a password, by a file of ours or by whatever else. */
  readonly isSudoer: boolean
}

/** One thing that is missing, as a sentence and as the script that makes it. Each holds when it is run again. */
export interface Missing {
  readonly title: string
  readonly script: Script
}

/** As useradd(8) and the manifest take it. */
export function isUserName(text: string): boolean {
  return /^[a-z_][a-z0-9_-]{0,31}$/.test(text)
}

const home = (user: string): Script => sh`home=$(getent passwd ${user} | cut -d: -f6)
[ -n "$home" ] || { printf 'there is no user %s\n' ${user} >&2; exit 1; }
keys=$home/.ssh/authorized_keys`

/** Looks, as root; prints one line for each fact. */
export function factsScript({ user, publicKey }: Wanted): Script {
  const [type = '', blob = ''] = publicKey.split(' ')
  return sh`set -u
who=${user}
printf 'hostname %s\n' "$(hostname -s 2>/dev/null || cat /etc/hostname)"
if getent passwd ${user} >/dev/null; then
  echo 'user yes'
  ${home(user)}
  if [ -f "$keys" ] && grep -qF -e ${`${type} ${blob}`} "$keys"; then echo 'key yes'; fi
fi
if command -v sudo >/dev/null && command -v visudo >/dev/null; then
  echo 'sudo yes'
  if [ "$who" != root ] && sudo -l -U ${user} 2>/dev/null | grep -q '(ALL\( : ALL\)\{0,1\}) NOPASSWD: ALL'; then echo 'sudoer yes'; fi
fi
echo end`
}

/** Throws where the answer is not whole. */
export function readFacts(stdout: string): Facts {
  const lines = stdout.split('\n')
  if (lines.at(-2) !== 'end') throw new Error('the host did not answer to its end')
  const hostname = lines.find((line) => line.startsWith('hostname '))?.slice(9) ?? ''
  const has = (what: string): boolean => lines.includes(`${what} yes`)
  return { hostname, hasUser: has('user'), hasKey: has('key'), hasSudo: has('sudo'), isSudoer: has('sudoer') }
}

/** All that is missing, in the order in which it is made. */
export function missingOn(facts: Facts, wanted: Wanted): readonly Missing[] {
  const { user } = wanted
  const needsSudo = user !== 'root'
  return [
    ...(facts.hasUser ? [] : [makeUser(user)]),
    ...(facts.hasKey ? [] : [letIn(wanted)]),
    ...(needsSudo && !facts.hasSudo ? [installSudo] : []),
    ...(needsSudo && !facts.isSudoer ? [makeSudoer(user)] : []),
  ]
}

/** Everything that is missing, one after another, ending at the first that fails. */
export function bootstrapScript(missing: readonly Missing[]): Script {
  return joinScripts([sh`set -eu`, ...missing.map(({ script }) => script), sh`echo 'all done'`])
}

/** `*` is no password, and yet not locked: sshd(8) without PAM refuses locked accounts. */
function makeUser(user: string): Missing {
  return { title: `make the user ${user}, who has no password`, script: sh`useradd -m -s /bin/sh -c Reeve -p '*' -- ${user}` }
}

function letIn({ user, publicKey }: Wanted): Missing {
  return {
    title: `let ${user} in by this key, in ~/.ssh/authorized_keys: ${publicKey}`,
    // As the user himself: his home is his, and may hold links to elsewhere.
    script: sh`${home(user)}
add=${
      sh`umask 077
mkdir -p "$1/.ssh"
[ ! -s "$2" ] || [ "$(tail -c 1 "$2" | wc -l)" = 1 ] || echo >>"$2"
printf "%s\n" "$3" >>"$2"`.text
    }
who=${user}
if [ "$who" = root ]; then sh -c "$add" sh "$home" "$keys" ${`${publicKey} reeve`}
else gid=$(id -g ${user}); setpriv --reuid ${user} --regid "$gid" --init-groups sh -c "$add" sh "$home" "$keys" ${`${publicKey} reeve`}; fi`,
  }
}

const installSudo: Missing = {
  title: 'install the package sudo',
  script: sh`export DEBIAN_FRONTEND=noninteractive
apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 install sudo >/dev/null || { apt-get -q update >/dev/null; apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 install sudo >/dev/null; }`,
}

/** Judged by visudo(8) before it counts: a broken file there ends sudo for everybody. Dots in its name would make sudo pass over it; a user's name has none. */
function makeSudoer(user: string): Missing {
  const [path, staged] = [`/etc/sudoers.d/${user}`, `/etc/sudoers.d/${user}.new`]
  return {
    title: `let ${user} become root without a password, in ${path}`,
    script: sh`[ ! -e ${path} ] || { printf '%s exists and says something else: look at it first\n' ${path} >&2; exit 1; }
[ -d /etc/sudoers.d ] || mkdir -m 0750 /etc/sudoers.d
(umask 0337; printf '%s\n' ${`${user} ALL=(ALL:ALL) NOPASSWD: ALL`} >${staged})
visudo -cqf ${staged} || { rm -f ${staged}; exit 1; }
mv -T ${staged} ${path}`,
  }
}

/** What the manifest of the new machine says. */
export interface ManifestFacts {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  readonly hostKey: string
  readonly identity: string
  readonly jump?: string | undefined
}

/** The Hypervisor manifest, as YAML. Values that YAML could read as something else are quoted. */
export function manifestText({ name, address, port, user, hostKey, identity, jump }: ManifestFacts): string {
  return `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata:
  name: ${JSON.stringify(name)}
spec:
  address: ${JSON.stringify(address)}
  ports: [${port}]
  user: ${JSON.stringify(user)}
  become: ${user === 'root' ? 'None' : 'Sudo'}
  hostKeys:
    - ${hostKey}
${identity === 'default' ? '' : `  identity: ${JSON.stringify(identity)}\n`}${jump === undefined ? '' : `  jump: ${JSON.stringify(jump)}\n`}`
}

/** A name for the manifest from what the host calls itself; undefined where that is none. */
export function nameFrom(hostname: string): string | undefined {
  const name = (hostname.split('.')[0] ?? '').toLowerCase()
  return isDnsLabel(name) ? name : undefined
}
