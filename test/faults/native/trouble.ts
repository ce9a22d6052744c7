import { holdDpkg, localPackage } from '../resources.ts'
import { until } from '../waits.ts'
import { aftermath } from './aftermath.ts'
import { arm, letGo, struckAt } from './hook.ts'
import type { NativeWorld } from './world.ts'

/** Both lie in memory, where they can be filled and be made read-only. */
export const smallDisks = `set -e
for d in /etc /var/lib/reeve; do
  mkdir -p $d /run/small; cp -a $d/. /run/small/
  mount -t tmpfs -o size=32M,mode=755 small $d
  cp -a /run/small/. $d/; rm -rf /run/small
done`

/** What befalls a host, and what ends it. */
export interface Trouble {
  readonly class: string
  readonly what: string
  /** Before the commit, or when its apply has come to the first boundary of such a name. */
  readonly at?: string
  readonly cause: string
  readonly cure: string
  /** What the status, or a mail, must say; absent where nobody needs to be told. */
  readonly says?: RegExp
}

const fill = (folder: string): Pick<Trouble, 'cause' | 'cure'> => ({
  cause: `head -c 100M /dev/zero >${folder}/fill 2>/dev/null || true`,
  cure: `rm -f ${folder}/fill`,
})
const readOnly = (folder: string): Pick<Trouble, 'cause' | 'cure'> => ({
  cause: `mount -o remount,ro ${folder}`,
  cure: `mount -o remount,rw ${folder}`,
})
const dropIn = (unit: string, text: string): Pick<Trouble, 'cause' | 'cure'> => ({
  cause: `mkdir -p /run/systemd/system/${unit}.d; printf '[Service]\\n${text}\\n' >/run/systemd/system/${unit}.d/fault.conf; systemctl daemon-reload`,
  cure: `rm -rf /run/systemd/system/${unit}.d; systemctl daemon-reload`,
})
const frozen = (unit: string): Pick<Trouble, 'cause' | 'cure'> => ({
  cause: `kill -s STOP "$(systemctl show -p MainPID --value ${unit})"`,
  cure: `systemctl kill --signal=CONT ${unit} || :`,
})
/** As all scripts on the host see it; what the kernel stamps on files stays. */
const clock = (seconds: number): Pick<Trouble, 'cause' | 'cure'> => ({
  cause: `printf '#!/usr/bin/dash\\ncase "$*" in *-d*|*-r*) exec /usr/bin/date "$@" ;; esac\\nexec /usr/bin/date -d "${seconds} seconds" "$@"\\n' >/usr/local/sbin/date; chmod 755 /usr/local/sbin/date`,
  cure: 'rm -f /usr/local/sbin/date',
})
const full = /No space left|disk is full/
const unwritable = /[Rr]ead-only/

export const troubles: readonly Trouble[] = [
  { class: 'disk full', what: '/etc, before the apply', ...fill('/etc'), says: full },
  { class: 'disk full', what: '/etc, in the middle of the apply', at: 'begun *-3 *', ...fill('/etc'), says: full },
  { class: 'disk full', what: '/var/lib/reeve, before the apply', ...fill('/var/lib/reeve'), says: full },
  { class: 'disk full', what: '/var/lib/reeve, in the middle of the apply', at: 'begun *-3 *', ...fill('/var/lib/reeve') },
  { class: 'read-only', what: '/etc, before the apply', ...readOnly('/etc'), says: unwritable },
  { class: 'read-only', what: '/etc, in the middle of the apply', at: 'begun *-3 *', ...readOnly('/etc'), says: unwritable },
  { class: 'read-only', what: '/var/lib/reeve, before the apply', ...readOnly('/var/lib/reeve'), says: unwritable },
  { class: 'no memory', what: '12 MiB for each process of the apply', ...dropIn('reeve-.service', 'LimitAS=12M'), says: /memory|failed/ },
  { class: 'clock', what: 'a day ahead, before the apply', ...clock(86_400) },
  { class: 'clock', what: 'a day behind, before the apply', ...clock(-86_400) },
  { class: 'clock', what: 'a day ahead, in the middle of the apply', at: 'begun *-3 *', ...clock(86_400) },
  { class: 'clock', what: 'a day behind, in the middle of the apply', at: 'begun *-3 *', ...clock(-86_400) },
  ...['nginx.service', 'named.service', 'postfix@-.service'].map((unit) => ({
    class: 'a daemon that will not reload',
    what: `${unit} says no`,
    ...dropIn(unit, 'ExecReload=\\nExecReload=/bin/false'),
    says: /reload|failed/,
  })),
  {
    class: 'a daemon that will not reload',
    what: 'rsyslog.service does not start again',
    ...dropIn('rsyslog.service', 'ExecStartPre=/bin/false'),
    says: /rsyslog/,
  },
  {
    class: 'a daemon that will not reload',
    what: 'named.service hangs',
    ...frozen('named.service'),
    says: /named|rndc|zone|answer|longer than/,
  },
  { class: 'a daemon that will not reload', what: 'nginx.service hangs', ...frozen('nginx.service'), says: /nginx|answer|generation/ },
]

/** Lets it befall the host while it is changed, waits until somebody is told, ends it; what is wrong afterwards. */
export async function befall(world: NativeWorld, trouble: Trouble): Promise<readonly string[]> {
  const { host } = world
  if (trouble.at === undefined) await host.must(trouble.cause)
  else await arm(host, trouble.at, 'wait')
  await world.turn()
  const controller = await world.controller()
  const isTold = (text: string): boolean => trouble.says === undefined || trouble.says.test(text)
  const told = until(controller, `somebody is told of: ${trouble.what}`, ({ message, lastResult }) => {
    const mails = world.catcher.mails.map(({ body }) => body.replace(/=\r?\n/g, ''))
    return trouble.says === undefined ? lastResult !== null : [message, ...mails].some(isTold)
  }).then(() => undefined, String)
  if (trouble.at !== undefined) {
    await struckAt(host, told)
    await host.must(trouble.cause)
    await letGo(host)
  }
  const untold = await told
  await host.must(trouble.cure)
  const wrong = await aftermath(world, { class: trouble.class, what: trouble.what })
  return [...(untold === undefined ? [] : [untold]), ...wrong].map((one) => `${trouble.what}: ${one}`)
}

/** Somebody else installs something meanwhile: the package waits, and nothing else does. */
export async function holdOfDpkg(world: NativeWorld): Promise<readonly string[]> {
  const { host, repository } = world
  const old = await repository.read('hypervisor-he1.yaml')
  await host.must('cp -a /etc/apt /root/apt.kept')
  await host.must(localPackage)
  await host.must(holdDpkg)
  await repository.commit({ 'hypervisor-he1.yaml': old.replace('  system:\n', '  system:\n    packages: [reeve-test]\n') })
  const controller = await world.controller()
  await until(controller, 'the package waits', ({ message }) => /being made: .*package:reeve-test/.test(message))
  const early = await host.must('dpkg -l reeve-test 2>/dev/null | grep -c ^ii || true')
  await host.must('kill "$(cat /root/holder)"; rm /root/held')
  await world.converged()
  const late = await host.must('dpkg -l reeve-test | grep -c ^ii')
  await host.must('rm -rf /etc/apt; mv /root/apt.kept /etc/apt')
  await repository.commit({ 'hypervisor-he1.yaml': old })
  const wrong = await aftermath(world, { class: 'dpkg lock', what: 'held by somebody else while a package is wanted' })
  return [...(early === '0\n' && late === '1\n' ? [] : [`installed ${early.trim()} and ${late.trim()} times`]), ...wrong]
}
