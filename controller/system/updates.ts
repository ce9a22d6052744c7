import type { Spec } from '../model/primitive.ts'
import { file } from '../primitives/file/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { service } from '../primitives/service/spec.ts'
import type { SystemPlace } from './place.ts'

type Needs = NonNullable<Spec['needs']>

/** Read last, so that it wins; security updates of the distribution and nothing else, without a reboot (which a metric asks for). */
const settings = `APT::Periodic::Enable "1";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
#clear Unattended-Upgrade::Origins-Pattern;
#clear Unattended-Upgrade::Allowed-Origins;
Unattended-Upgrade::Origins-Pattern {
  "origin=\${distro_id},codename=\${distro_codename}-security";
  "origin=\${distro_id},archive=\${distro_codename}-security";
  "origin=\${distro_id},codename=\${distro_codename},label=\${distro_id}-Security";
};
Unattended-Upgrade::Automatic-Reboot "false";
`

/** unattended-upgrade(8), begun by the timers of apt itself. */
export function compileUpdates({ manifest, system, target }: SystemPlace, needs: Needs, fleet: string): readonly Spec[] {
  if (system.autoUpdate === undefined) return []
  const tool = debianPackage('unattended-upgrades')
  const after = [...needs, { target, id: tool.id }]
  const content = `// Managed by Reeve, fleet ${fleet}, ${manifest.id}\n${settings}`
  return [
    tool,
    file({
      path: '/etc/apt/apt.conf.d/99reeve-auto-update',
      content,
      mode: '0644',
      owner: 'root:root',
      check: ['apt-config', 'dump', '-c'],
      needs: after,
    }),
    ...['apt-daily.timer', 'apt-daily-upgrade.timer'].map((unit) =>
      service({ unit, state: 'running', isEnabled: true, reload: 'restart', needs: after }),
    ),
  ]
}
