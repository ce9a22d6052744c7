import { isIpAddress } from '../model/address.ts'
import { isDnsLabel } from '../model/ids.ts'
import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { Spec } from '../model/primitive.ts'
import { block } from '../primitives/block/spec.ts'
import { file, markLine } from '../primitives/file/spec.ts'
import { link } from '../primitives/link/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { service } from '../primitives/service/spec.ts'
import { sysctl } from '../primitives/sysctl/spec.ts'
import type { SystemPlace } from './place.ts'

type Needs = NonNullable<Spec['needs']>

const root = { mode: '0644', owner: 'root:root' } as const

/** Who the machine is, and where: each of these stands on every machine, so what was there before is recorded and replaced. */
export function compileNames(place: SystemPlace, needs: Needs, fleet: string): readonly Spec[] {
  const all = [...hostName(place), ...resolver(place, fleet), ...timeZone(place, needs), ...locale(place, needs, fleet)]
  return all.map((one) => (one.type === 'file' && place.policies.adopt !== 'Never' ? { ...one, adopt: 'Replace' as const } : one))
}

/** The kernel's own, the next boot's, and a line of /etc/hosts by which sudo(8) and mail daemons find it without the DNS (Debian Policy has it at 127.0.1.1). */
function hostName({ hostname }: SystemPlace): readonly Spec[] {
  if (hostname === undefined) return []
  const [short = hostname] = hostname.split('.')
  const names = short === hostname ? hostname : `${hostname} ${short}`
  return [
    file({ path: '/etc/hostname', content: `${hostname}\n`, ...root }),
    sysctl('kernel.hostname', hostname),
    block({ path: '/etc/hosts', name: 'hostname', content: `127.0.1.1\t${names}\n`, created: root }),
  ]
}

function resolver({ manifest, system }: SystemPlace, fleet: string): readonly Spec[] {
  if (system.resolver === undefined) return []
  const { nameservers, search = [] } = system.resolver
  const lines = [...(search.length === 0 ? [] : [`search ${search.join(' ')}`]), ...nameservers.map((one) => `nameserver ${one}`)]
  return [file({ path: '/etc/resolv.conf', content: `${markLine(fleet, manifest.id)}${lines.join('\n')}\n`, ...root })]
}

function timeZone({ system: { timeZone: zone }, target }: SystemPlace, needs: Needs): readonly Spec[] {
  if (zone === undefined) return []
  const data = debianPackage('tzdata')
  const after = [...needs, { target, id: data.id }]
  return [
    data,
    { ...link({ path: '/etc/localtime', to: `/usr/share/zoneinfo/${zone}` }), needs: after },
    file({ path: '/etc/timezone', content: `${zone}\n`, ...root, needs: after }),
  ]
}

/** locale-gen(8) makes what /etc/locale.gen lists; as a unit it is run whenever that changes, and its failure undoes the change. */
function locale({ manifest, system, target }: SystemPlace, needs: Needs, fleet: string): readonly Spec[] {
  const name = system.locale
  if (name === undefined) return []
  const standard = file({ path: '/etc/default/locale', content: `LANG=${name}\n`, ...root })
  if (isBuiltIn(name)) return [standard]
  const data = debianPackage('locales')
  const after = [...needs, { target, id: data.id }]
  const line = `${name} ${charset(name)}`
  const listed = block({ path: '/etc/locale.gen', name: 'locale', content: `${line}\n`, created: root, needs: after })
  const unit = file({
    path: `/etc/systemd/system/${localeUnit}`,
    content: `${markLine(fleet, manifest.id)}${localeUnitText(line)}`,
    ...root,
    needs: after,
  })
  const made = service({ unit: localeUnit, state: 'running', isEnabled: true, loads: [listed, unit], reload: 'reload', needs: after })
  return [data, listed, unit, made, { ...standard, needs: [...after, { target, id: made.id }] }]
}

const localeUnit = 'reeve-locales.service'

/** locale-gen leaves out what it does not know, without a word or a failure: it is asked first whether there is such a locale. */
function localeUnitText(line: string): string {
  const ask = `/bin/sh -c 'grep -qxF "${line}" /usr/share/i18n/SUPPORTED || { echo "this system has no locale ${line}"; exit 1; }'`
  return `[Unit]
Description=Make the locales that /etc/locale.gen lists
ConditionPathExists=/usr/sbin/locale-gen

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=${ask}
ExecStart=/usr/sbin/locale-gen --keep-existing
ExecReload=${ask}
ExecReload=/usr/sbin/locale-gen --keep-existing

[Install]
WantedBy=multi-user.target
`
}

function isBuiltIn(name: string): boolean {
  return name === 'C' || name === 'POSIX' || name === 'C.UTF-8'
}

/** The second word of a line of locale.gen(5): `de_DE.UTF-8 UTF-8`, `de_DE@euro ISO-8859-15`. */
function charset(name: string): string {
  return /\.([A-Za-z0-9-]+)/.exec(name)?.[1] ?? 'ISO-8859-1'
}

/** What the schema cannot say of names. */
export function checkNames(place: SystemPlace): readonly Diagnostic[] {
  const { manifest, system, hostname } = place
  const { resolver: resolv, timeZone: zone, locale: lang } = system
  const say = (field: string, summary: string, hint?: string) => complain(manifest, `spec.system.${field}`, summary, hint)
  const zoneSays = zone === undefined ? undefined : zoneProblem(zone)
  return [
    ...(hostname === undefined || isHostName(hostname)
      ? []
      : [say('hostname', `${hostname} is no host name: labels of 1 to 63 letters, digits and -`)]),
    ...(resolv?.nameservers ?? []).flatMap((one, index) =>
      isIpAddress(one)
        ? []
        : [say(`resolver.nameservers[${index}]`, `${one} is not an IP address; a name server cannot be found by its name`)],
    ),
    ...(resolv?.search ?? []).flatMap((one, index) =>
      isHostName(one) ? [] : [say(`resolver.search[${index}]`, `${one} is no domain: labels of 1 to 63 letters, digits and -`)],
    ),
    ...(zoneSays === undefined ? [] : [say('timeZone', zoneSays, 'write a name of the IANA database such as Europe/Berlin')]),
    ...(lang === undefined || isBuiltIn(lang) || lang.includes('.')
      ? []
      : [say('locale', `${lang} names no character set`, `write ${lang.replace(/(@|$)/, '.UTF-8$1')}`)]),
    ...filesTwice(place),
  ]
}

/** Files that these fields write. */
function filesTwice({ manifest, system, hostname }: SystemPlace): readonly Diagnostic[] {
  const written: Readonly<Record<string, string | undefined>> = {
    '/etc/hostname': hostname === undefined ? undefined : 'hostname',
    '/etc/hosts': hostname === undefined ? undefined : 'hostname',
    '/etc/resolv.conf': system.resolver === undefined ? undefined : 'resolver',
    '/etc/timezone': system.timeZone === undefined ? undefined : 'timeZone',
    '/etc/localtime': system.timeZone === undefined ? undefined : 'timeZone',
    '/etc/default/locale': system.locale === undefined ? undefined : 'locale',
  }
  return (system.files ?? []).flatMap(({ path }, index) => {
    const field = written[path]
    return field === undefined
      ? []
      : [complain(manifest, `spec.system.files[${index}].path`, `${path} is written by system.${field}`, 'use one of the two')]
  })
}

function isHostName(text: string): boolean {
  return text.length <= 64 && text.split('.').every((label) => isDnsLabel(label.toLowerCase()))
}

/** ICU takes a zone in any case; the file on the host has one spelling. */
function zoneProblem(zone: string): string | undefined {
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
    return known.toLowerCase() === zone.toLowerCase() && known !== zone ? `${zone} is written ${known}` : undefined
  } catch {
    return `${JSON.stringify(zone)} is not a time zone`
  }
}
