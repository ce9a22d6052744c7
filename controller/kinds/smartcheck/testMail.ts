import type { Needed, Spec } from '../../model/primitive.ts'
import { type FileSpec, file } from '../../primitives/file/spec.ts'
import { service } from '../../primitives/service/spec.ts'
import { joinScripts, sh } from '../../shell/sh.ts'
import { labelOf, type SmartCheck } from './devices.ts'

const unit = 'reeve-smart-test.service'
const script = '/usr/local/lib/reeve/smart-test'
/** The token whose mail went: a boot sends none. */
const sent = '/var/lib/reeve/stamps/smart-test'
const mailPrograms = 'mailutils, bsd-mailx'

const unitText = `[Unit]
Description=Send the test mail of smartd once for each token
After=local-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${script}

[Install]
WantedBy=multi-user.target
`

/** A unit that sends one mail by the way of smartd's own warnings, and fails where that is refused: then the change of the token is undone, and the manifest says why. */
export function compileTestMail(manifest: SmartCheck, mark: string, needs: readonly Needed[]): readonly Spec[] {
  if (manifest.spec.notify?.test === undefined) return []
  const plain = { owner: 'root:root', needs } as const
  const loaded: readonly FileSpec[] = [
    file({ path: `/etc/systemd/system/${unit}`, content: `${mark}${unitText}`, mode: '0644', ...plain }),
    file({ path: script, content: `#!/bin/sh\n${mark}${scriptText(manifest)}\n`, mode: '0755', ...plain }),
  ]
  const sending = service({ unit, isEnabled: true, state: 'running', loads: loaded, reload: 'restart', needs })
  return [...loaded, { ...sending, restarts: 'Always' }]
}

/** As smartd calls it (smartd.conf(5), -M exec; 7.3): smartd itself sends a test of its own only when it is started with another file. */
function scriptText({ name, spec }: SmartCheck): string {
  const { mail = [], exec = '', test = '' } = spec.notify ?? {}
  const disks = spec.devices.map((device) => `  ${labelOf(device)}`).join('\n')
  const text = joinScripts([
    sh`token=${test}
if [ -f ${sent} ] && read -r last <${sent} && [ "$last" = "$token" ]; then exit 0; fi
warning=/usr/share/smartmontools/smartd_warning.sh
[ -x "$warning" ] || { echo "$warning, by which smartd warns, is not there: is smartmontools installed whole?" >&2; exit 1; }`,
    exec === ''
      ? sh`command -v mail >/dev/null || { echo ${`there is no mail(1), by which smartd mails: add one to system.packages (${mailPrograms}), or write notify.exec`} >&2; exit 1; }`
      : sh`[ -x ${exec} ] || { echo ${`${exec} of notify.exec is not there, or no program: smartd could warn nobody`} >&2; exit 1; }`,
    sh`export SMARTD_ADDRESS=${mail.join(' ')} SMARTD_MAILER=${exec} SMARTD_FAILTYPE=EmailTest SMARTD_PREVCNT=0 SMARTD_TFIRST='' SMARTD_NEXTDAYS=''
export SMARTD_MESSAGE="TEST EMAIL $token of SmartCheck "${name}", sent by the way of smartd's warnings"
export SMARTD_DEVICE=all SMARTD_DEVICETYPE=auto SMARTD_DEVICESTRING=all SMARTD_DEVICEINFO=${`the disks that are watched:\n${disks}`}
"$warning" </dev/null || { echo "the test mail was not taken: $warning ended with $?" >&2; exit 1; }
mkdir -p /var/lib/reeve/stamps
printf '%s\n' "$token" >${sent}.new
mv ${sent}.new ${sent}`,
  ])
  return text.text
}
