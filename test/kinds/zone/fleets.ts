/** Two containers with a name server each, and one without an address. */
export const servers = `apiVersion: reeve.dev/v1
kind: Container
metadata: {name: plpa, labels: {role: dns}}
spec:
  hypervisor: he1
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
  network: [{name: eth0, bridge: lxcbr1, ipv4: {address: 192.168.100.2/24}}]
---
apiVersion: reeve.dev/v1
kind: Container
metadata: {name: plpb, labels: {role: dns}}
spec:
  hypervisor: he2
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
  network: [{name: eth0, bridge: lxcbr1, ipv4: {address: 192.168.100.3/24}}]
---
apiVersion: reeve.dev/v1
kind: Container
metadata: {name: nowhere}
spec:
  hypervisor: he1
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
---
apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: ns1}
spec:
  target: {container: plpa}
---
apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: ns2}
spec:
  target: {container: plpb}
---
apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: lost}
spec:
  target: {container: nowhere}
`

/** A zone with these records, as flow YAML. */
export function zoneOf(records: string, more = '', name = 'example.com', id = 'zone'): string {
  return `---
apiVersion: reeve.dev/v1
kind: Zone
metadata: {name: ${id}}
spec:
  name: ${name}
  primary: ns1
  secondaries: [ns2]
${more}  records: ${records}
`
}
