import { formatIpv4, formatIpv6, parseIpv4Interface, parseIpv6Interface } from '../../model/address.ts'
import type { Claim } from '../../model/kind.ts'
import type { Container } from './provider.ts'

/** Addresses and folders that only one container on a hypervisor can have, whatever runs it. */
export function claims(manifest: Container): readonly Claim[] {
  const { hypervisor, network = [], rootfs } = manifest.spec
  return [
    ...(rootfs?.dir === undefined ? [] : [{ scope: `root folder on ${hypervisor}`, value: rootfs.dir.path, path: 'spec.rootfs.dir.path' }]),
    ...network.flatMap((one, index) => {
      const parsed = one.ipv4 === undefined ? undefined : parseIpv4Interface(one.ipv4.address)
      const path = `spec.network[${index}].ipv4.address`
      return parsed?.ok ? [{ scope: `address on ${hypervisor}`, value: formatIpv4(parsed.value.address), path }] : []
    }),
    ...network.flatMap((one, index) => {
      const parsed = one.ipv6 === undefined ? undefined : parseIpv6Interface(one.ipv6.address)
      const path = `spec.network[${index}].ipv6.address`
      return parsed?.ok ? [{ scope: `address on ${hypervisor}`, value: formatIpv6(parsed.value.address), path }] : []
    }),
    ...network.flatMap((one, index) =>
      one.veth === undefined ? [] : [{ scope: `interface on ${hypervisor}`, value: one.veth, path: `spec.network[${index}].veth` }],
    ),
    ...network.flatMap((one, index) =>
      one.mac === undefined
        ? []
        : [{ scope: `MAC address on ${hypervisor}`, value: one.mac.toLowerCase(), path: `spec.network[${index}].mac` }],
    ),
  ]
}
