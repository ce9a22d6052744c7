import { type Assessment, type Reading, type Sample, sample, type Vital } from '../../model/kind.ts'
import type { Target } from '../../model/target.ts'
import { sh } from '../../shell/sh.ts'
import { sshdCheck } from '../../system/sshd.ts'

const notRead = { healthy: 'unknown', reason: 'NotRead', message: 'the answer was cut short', samples: [] } as const

/** What wears a machine out over weeks: its clock, its updates, and settings of sshd that others undo. Apart from the cycles, for these tools take seconds. */
export function upkeep(target: Target, hasSshd: boolean): readonly Vital[] {
  return [
    { id: 'clock', target, pace: 'slow', probe: clock, assess: assessClock },
    { id: 'updates', target, pace: 'slow', everySeconds: 3600, probe: updates, assess: assessUpdates },
    ...(hasSshd ? [{ id: 'sshd', target, pace: 'slow', probe: sshd, assess: assessSshd } as const] : []),
  ]
}

/** The kernel's own word (adjtimex(2)), whatever daemon keeps the time; timedated starts for the question and ends by itself. */
const clock = sh`echo "synchronized $(LC_ALL=C timedatectl show -p NTPSynchronized --value </dev/null)"; echo 'end 1'`

function assessClock(reading: Reading): Assessment {
  if (reading.status === 'unknown') return { ...notRead, message: reading.reason }
  const said = /^synchronized (yes|no)\nend 1$/m.exec(reading.stdout)?.[1]
  if (said === undefined) return notRead
  const samples = [sample('hypervisor_clock_synchronized', said === 'yes' ? 1 : 0)]
  return {
    healthy: true,
    reason: 'Running',
    message: said === 'yes' ? 'its clock is kept right' : 'nothing keeps its clock right',
    samples,
  }
}

/** Packages of what Reeve's kinds are carried out by; what is inside containers is theirs. */
const providers = [
  'apache2',
  'bind9',
  'lvm2',
  'lxc',
  'nftables',
  'nginx',
  'openssh-server',
  'postfix',
  'rsyslog',
  'smartmontools',
  'varnish',
  'vzctl',
]

/** What apt would do with the lists that it has; asked without its lock, so that nobody waits for us. */
const updates = sh`read -r system word release rest </proc/version
echo "kernel $release"
dpkg-query -W -f 'version \${db:Status-Status} \${Package} \${Version}\n' ${providers} 2>/dev/null </dev/null || :
LC_ALL=C apt-get -s -q -o Debug::NoLocking=1 dist-upgrade </dev/null | grep -E '^Inst ' || :
echo 'end 1'`

/** `Inst libc6 [2.36-9] (2.36-9+deb12u7 Debian-Security:12/stable-security [amd64])`: brackets are what is there already. */
function assessUpdates(reading: Reading): Assessment {
  if (reading.status === 'unknown') return { ...notRead, message: reading.reason }
  const lines = reading.stdout.split('\n')
  if (!lines.includes('end 1')) return notRead
  const pending = lines.filter((line) => /^Inst \S+ \[[^\]]+\] \(/.test(line))
  const security = pending.filter((line) => /security/i.test(line.slice(line.indexOf('('))))
  const release = /^kernel ([A-Za-z0-9.+~_-]{1,100})$/m.exec(reading.stdout)?.[1]
  const kernel: readonly Sample[] = release === undefined ? [] : [versionOf('linux', release)]
  const samples = [sample('hypervisor_security_updates_pending', security.length), ...kernel, ...versionsIn(lines)]
  return { healthy: true, reason: 'Running', message: `${security.length} security updates wait`, samples }
}

function versionOf(provider: string, version: string): Sample {
  return sample('hypervisor_provider_info', 1, { provider, version })
}

/** `version installed nginx 1.22.1-9`, as dpkg(1) allows versions. */
function versionsIn(lines: readonly string[]): readonly Sample[] {
  return lines.flatMap((line) => {
    const [, provider = '', version = ''] = /^version installed ([a-z0-9+.-]+) ([A-Za-z0-9.+:~-]{1,100})$/.exec(line) ?? []
    return providers.includes(provider) ? [versionOf(provider, version)] : []
  })
}

/** The same that is asked before a change goes live: a line that others wrote since may win now. */
const sshd = sh`if said=$(sh -c ${sshdCheck} sshd 2>&1 </dev/null); then echo 'same'; else printf 'differs\n%s\n' "$said"; fi; echo 'end 1'`

function assessSshd(reading: Reading): Assessment {
  if (reading.status === 'unknown') return { ...notRead, message: reading.reason }
  const [word, ...rest] = reading.stdout.trimEnd().split('\n')
  if (rest.at(-1) !== 'end 1' || (word !== 'same' && word !== 'differs')) return notRead
  if (word === 'same') return { healthy: true, reason: 'Running', message: 'sshd does as system.sshd says', samples: [] }
  return { healthy: false, reason: 'SshdShadowed', message: rest.slice(0, -1).join('; ').slice(0, 1000), samples: [] }
}
