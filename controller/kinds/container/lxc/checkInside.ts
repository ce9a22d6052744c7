import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import type { Container } from '../provider.ts'
import { capabilities } from './capabilities.ts'
import { deviceNumber } from './devices.ts'

/** Paths inside that LXC itself mounts, or that hold the whole. */
const taken = ['/dev', '/proc', '/sys', '/run', '/etc', '/usr', '/bin', '/sbin', '/lib']
const hostOnly = ['/dev', '/proc', '/sys', '/run/reeve', '/var/lib/reeve', '/var/lib/lxc']

/** Devices, mounts and capabilities. */
export function checkInside(manifest: Container): readonly Diagnostic[] {
  const { devices = [], mounts = [], security } = manifest.spec
  const places = [...devices.map(({ path }) => path), ...mounts.map(({ target }) => target)]
  return [
    ...devices.flatMap((_device, index) => checkDevice(manifest, index)),
    ...mounts.flatMap((_mount, index) => checkMount(manifest, index)),
    ...places.flatMap((place, index) => checkTwice(manifest, places, place, index, devices.length)),
    ...(security?.capabilitiesDrop ?? []).flatMap((name, index) => checkCapability(manifest, name, index)),
  ]
}

function checkDevice(manifest: Container, index: number): readonly Diagnostic[] {
  const device = manifest.spec.devices?.[index] ?? { path: '' }
  const at = `devices[${index}]`
  if (!device.path.startsWith('/dev/') || !isNormal(device.path))
    return [complain(manifest, `spec.${at}.path`, `${at}.path ${device.path} must be under /dev`, 'write for example /dev/fuse')]
  if (manifest.spec.unprivileged === true) return checkOwnRights(manifest, index)
  if (deviceNumber(device) !== undefined) return []
  const hint = `add for example number: "c 10:229", as told by: stat -L -c '%F %Hr:%Lr' ${device.path}`
  return [complain(manifest, `spec.${at}`, `${at}: the number of ${device.path} differs from host to host and must be given`, hint)]
}

function checkOwnRights(manifest: Container, index: number): readonly Diagnostic[] {
  const device = manifest.spec.devices?.[index]
  return (['number', 'access'] as const)
    .filter((field) => device?.[field] !== undefined)
    .map((field) => {
      const path = `devices[${index}].${field}`
      const summary = `${path} means nothing in an unprivileged container: there the rights of the node on the hypervisor count`
      return complain(manifest, `spec.${path}`, summary, 'leave it out; set mode or group of the node by udev, where they do not do')
    })
}

function checkMount(manifest: Container, index: number): readonly Diagnostic[] {
  const { source, target } = manifest.spec.mounts?.[index] ?? { source: '', target: '' }
  const at = `mounts[${index}]`
  const say = (field: 'source' | 'target', summary: string, hint?: string): Diagnostic =>
    complain(manifest, `spec.${at}.${field}`, `${at}.${field} ${field === 'source' ? source : target} ${summary}`, hint)
  return [
    ...(isNormal(source) ? [] : [say('source', 'is not normalised', 'leave . and .. out')]),
    ...(isNormal(target) ? [] : [say('target', 'is not normalised', 'leave . and .. out')]),
    ...(hostOnly.some((path) => source === path || source.startsWith(`${path}/`))
      ? [say('source', 'is the hypervisor itself: whoever is root inside would rule it', 'name a folder of data')]
      : []),
    ...(taken.includes(target) ? [say('target', 'would hide what the container itself needs', 'name a folder of its own')] : []),
  ]
}

function checkTwice(manifest: Container, places: readonly string[], place: string, index: number, devices: number): readonly Diagnostic[] {
  if (places.indexOf(place) === index) return []
  const path = index < devices ? `devices[${index}].path` : `mounts[${index - devices}].target`
  return [complain(manifest, `spec.${path}`, `${path} ${place} is there already`, 'name each place inside once')]
}

function checkCapability(manifest: Container, name: string, index: number): readonly Diagnostic[] {
  if (capabilities.has(name)) return []
  const path = `security.capabilitiesDrop[${index}]`
  const hint = name.startsWith('cap_') ? `write ${name.slice(4)}` : 'capabilities(7) lists them; write them without cap_'
  return [complain(manifest, `spec.${path}`, `${path} ${name} is not a capability of Linux`, hint)]
}

function isNormal(path: string): boolean {
  return !path.split('/').some((part) => part === '.' || part === '..') && !path.includes('//')
}
