import { isIpAddress } from '../../../model/address.ts'
import type { Fleet } from '../../../model/fleet.ts'
import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import { parseSeconds } from '../../../model/quantity.ts'
import { refuseName } from '../../../primitives/logicalVolume/spec.ts'
import type { Container } from '../provider.ts'
import { checkBytes } from '../quantities.ts'
import { checkLimits } from './checkLimits.ts'
import { checkNeighbours, checkTemplate } from './checkTemplate.ts'
import { volumeName } from './names.ts'
import { unknownToOpenvz } from './unknown.ts'

/** What OpenVZ asks for beyond what all providers do, and what it cannot do: a field that it would leave undone is refused. */
export function check(manifest: Container, fleet: Fleet): readonly Diagnostic[] {
  if (manifest.spec.openvz === undefined)
    return [
      complain(
        manifest,
        'spec',
        'openvz.ctid is required with provider openvz',
        'choose a number that no container of the hypervisor has, 101 or higher',
      ),
    ]
  const found = [
    ...unknownToOpenvz(manifest),
    ...checkCtid(manifest),
    ...checkRoot(manifest),
    ...checkTemplate(manifest),
    ...checkLimits(manifest),
    ...checkAddresses(manifest),
    ...checkStop(manifest),
  ]
  return found.length > 0 ? found : checkNeighbours(manifest, fleet)
}

function checkCtid(manifest: Container): readonly Diagnostic[] {
  const ctid = manifest.spec.openvz?.ctid ?? 0
  if (ctid > 100) return []
  const summary = `openvz.ctid ${ctid} is one of those up to 100 that OpenVZ keeps for itself`
  return [{ ...complain(manifest, 'spec.openvz.ctid', summary, 'use 101 or higher for a new container'), severity: 'warning' }]
}

function checkRoot(manifest: Container): readonly Diagnostic[] {
  const { rootfs, openvz } = manifest.spec
  if (rootfs === undefined)
    return openvz?.compatSymlink === true
      ? [complain(manifest, 'spec.openvz.compatSymlink', 'openvz.compatSymlink links to the volume of rootfs, and there is no rootfs')]
      : []
  if (rootfs.lvm === undefined) return []
  const name = volumeName(manifest)
  const refusal = refuseName(name)
  const path = rootfs.lvm.name === undefined ? 'spec.rootfs.lvm' : 'spec.rootfs.lvm.name'
  return [
    ...(refusal === undefined
      ? []
      : [complain(manifest, path, `rootfs.lvm.name ${name} ${refusal}`, 'name the logical volume in rootfs.lvm.name')]),
    ...checkBytes(manifest, 'rootfs.lvm.size', rootfs.lvm.size, 1n),
  ]
}

function checkAddresses(manifest: Container): readonly Diagnostic[] {
  const { openvz, network = [] } = manifest.spec
  const ips = openvz?.ips ?? []
  const wrong = ips.flatMap((text, index) => (isVenetAddress(text) ? [] : [{ text, index }]))
  const rewritten = network.findIndex(({ guest = 'static' }) => guest !== 'manual')
  return [
    ...wrong.map(({ text, index }) =>
      complain(manifest, `spec.openvz.ips[${index}]`, `openvz.ips[${index}] ${text} is not an IPv4/IPv6 address`),
    ),
    ...(ips.length > 0 && rewritten !== -1
      ? [
          complain(
            manifest,
            `spec.network[${rewritten}]`,
            `network[${rewritten}] beside openvz.ips: vzctl writes the guest's /etc/network/interfaces anew for venet, and would lose it`,
            'set guest: manual and keep the interface inside yourself, or use either openvz.ips or network',
          ),
        ]
      : []),
  ]
}

function isVenetAddress(text: string): boolean {
  const [address = '', length] = text.split('/')
  const most = address.includes(':') ? 128 : 32
  return isIpAddress(address) && !/^(0\.0\.0\.0|::0?)$/.test(address) && (length === undefined || Number(length) <= most)
}

/** vzctl(8) kills after two minutes, whatever it is asked. */
function checkStop(manifest: Container): readonly Diagnostic[] {
  const timeout = parseSeconds(manifest.spec.stop?.timeout ?? '60s')
  if (!timeout.ok || timeout.value <= 110) return []
  const summary = `stop.timeout ${manifest.spec.stop?.timeout} is longer than provider openvz waits: vzctl kills after two minutes`
  return [complain(manifest, 'spec.stop.timeout', summary, 'at most 110s')]
}
