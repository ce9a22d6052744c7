import type { Needed, Spec } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { runsOnce } from '../../system/once.ts'
import { labelOf, type SmartCheck } from './devices.ts'

const mailPrograms = 'mailutils, bsd-mailx'

/** A unit that sends one mail by the way of smartd's own warnings, and fails where that is refused: then the change of the token is undone, and the manifest says why. */
export function compileTestMail(manifest: SmartCheck, mark: string, needs: readonly Needed[]): readonly Spec[] {
  const word = manifest.spec.notify?.test
  if (word === undefined) return []
  const description = 'Send the test mail of smartd once for each token'
  return runsOnce({ name: 'smart-test', description, word, mark, needs, run: sendingOf(manifest) })
}

/** As smartd calls it (smartd.conf(5), -M exec; 7.3): smartd itself sends a test of its own only when it is started with another file. */
function sendingOf({ name, spec }: SmartCheck): Script {
  const { mail = [], exec = '' } = spec.notify ?? {}
  const disks = spec.devices.map((device) => `  ${labelOf(device)}`).join('\n')
  return joinScripts([
    sh`warning=/usr/share/smartmontools/smartd_warning.sh
[ -x "$warning" ] || { echo "$warning, by which smartd warns, is not there: is smartmontools installed whole?" >&2; exit 1; }`,
    exec === ''
      ? sh`command -v mail >/dev/null || { echo ${`there is no mail(1), by which smartd mails: add one to system.packages (${mailPrograms}), or write notify.exec`} >&2; exit 1; }`
      : sh`[ -x ${exec} ] || { echo ${`${exec} of notify.exec is not there, or no program: smartd could warn nobody`} >&2; exit 1; }`,
    sh`export SMARTD_ADDRESS=${mail.join(' ')} SMARTD_MAILER=${exec} SMARTD_FAILTYPE=EmailTest SMARTD_PREVCNT=0 SMARTD_TFIRST='' SMARTD_NEXTDAYS=''
export SMARTD_MESSAGE="TEST EMAIL $token of SmartCheck "${name}", sent by the way of smartd's warnings"
export SMARTD_DEVICE=all SMARTD_DEVICETYPE=auto SMARTD_DEVICESTRING=all SMARTD_DEVICEINFO=${`the disks that are watched:\n${disks}`}
"$warning" </dev/null || { echo "the test mail was not taken: $warning ended with $?" >&2; exit 1; }`,
  ])
}
