import { complain } from '../model/kind.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import { isSysctlKey, isSysctlValue } from '../primitives/sysctl/spec.ts'
import { checkUsers } from './check-users.ts'
import { checkCron } from './cron.ts'
import { checkFiles } from './files.ts'
import { checkForward } from './forward.ts'
import { checkHosts } from './hosts.ts'
import { checkKernel } from './kernel.ts'
import { checkMailer } from './mailer/check.ts'
import { checkMounts } from './mounts.ts'
import { checkNames } from './names.ts'
import type { SystemPlace } from './place.ts'
import { checkServices } from './services.ts'
import { checkSshd } from './sshd.ts'

/** What the schema cannot say of what a machine must hold. */
export function checkSystem(place: SystemPlace): readonly Diagnostic[] {
  return [
    ...checkSettings(place),
    ...checkHosts(place),
    ...checkUsers(place),
    ...checkForward(place),
    ...checkSshd(place),
    ...checkNames(place),
    ...checkCron(place),
    ...checkKernel(place),
    ...checkMounts(place),
    ...checkMailer(place),
    ...checkFiles(place),
    ...checkServices(place),
    ...checkTwice(place),
  ]
}

function checkSettings({ manifest, system, target }: SystemPlace): readonly Diagnostic[] {
  return Object.entries(system.sysctl ?? {}).flatMap(([key, value = '']) => {
    const path = `spec.system.sysctl["${key}"]`
    if (!isSysctlKey(key))
      return [complain(manifest, path, `${JSON.stringify(key)} is no name of a kernel setting`, 'such as net.ipv4.ip_forward')]
    if (!isSysctlValue(value))
      return [complain(manifest, path, `${JSON.stringify(value)} is no value of a kernel setting: words and single blanks`)]
    if (target.inside !== undefined && !key.startsWith('net.'))
      return [complain(manifest, path, `${key} is the kernel's, which all containers share`, 'set it in system.sysctl of the Hypervisor')]
    return []
  })
}

function checkTwice({ manifest, system }: SystemPlace): readonly Diagnostic[] {
  const { packages = [], groups = [], users = [], cron = [], files = [], services = [] } = system
  const lists = {
    packages,
    groups: groups.map(({ name }) => name),
    users: users.map(({ name }) => name),
    cron: cron.map(({ name }) => name),
    files: files.map(({ path }) => path),
    services: services.map(({ unit }) => unit),
  }
  return Object.entries(lists).flatMap(([list, names]) => twice(manifest, list, names))
}

/** Names that stand in a list of `system` more than once. */
export function twice(manifest: Manifest, list: string, names: readonly string[]): readonly Diagnostic[] {
  return names.flatMap((name, index) => {
    const first = names.indexOf(name)
    return first === index ? [] : [complain(manifest, `spec.system.${list}[${index}]`, `${name} is already at ${list}[${first}]`)]
  })
}
