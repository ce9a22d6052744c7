import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../../model/address.ts'
import type { Claim } from '../../../model/kind.ts'
import type { Container, Provider } from '../provider.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { placesOf, volumeName } from './names.ts'
import { vitals } from './vitals.ts'

export const openvz: Provider = { claims, check, compile, vitals }

function claims(manifest: Container): readonly Claim[] {
  const { hypervisor, openvz: own, rootfs } = manifest.spec
  if (own === undefined) return []
  const lvm = rootfs?.lvm
  const lvmPath = lvm?.name === undefined ? 'spec.rootfs.lvm' : 'spec.rootfs.lvm.name'
  return [
    { scope: `CTID on ${hypervisor}`, value: String(own.ctid), path: 'spec.openvz.ctid' },
    ...(own.ips ?? []).flatMap((text, index) => {
      const value = canonical(text.split('/')[0] ?? '')
      return value === undefined ? [] : [{ scope: `address on ${hypervisor}`, value, path: `spec.openvz.ips[${index}]` }]
    }),
    ...(lvm === undefined
      ? []
      : [
          { scope: `LV in ${lvm.volumeGroup} on ${hypervisor}`, value: volumeName(manifest), path: lvmPath },
          { scope: `mount path on ${hypervisor}`, value: placesOf(own.ctid).mount, path: 'spec.openvz.ctid' },
        ]),
  ]
}

function canonical(address: string): string | undefined {
  const [four, six] = [parseIpv4(address), parseIpv6(address)]
  if (four !== undefined) return formatIpv4(four)
  return six === undefined ? undefined : formatIpv6(six)
}
