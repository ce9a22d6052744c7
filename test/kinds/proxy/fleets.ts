/** The container that the proxies of these tests run in, and one behind them. */
export const containers = `apiVersion: reeve.dev/v1
kind: Container
metadata: {name: plpa}
spec:
  hypervisor: he1
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
  network: [{name: eth0, bridge: lxcbr1, ipv4: {address: 192.168.9.2/24}}]
---
apiVersion: reeve.dev/v1
kind: Container
metadata: {name: web}
spec:
  hypervisor: he1
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
  network: [{name: eth0, bridge: lxcbr1, ipv4: {address: 192.168.9.3/24}}]
---
apiVersion: reeve.dev/v1
kind: Container
metadata: {name: nowhere}
spec:
  hypervisor: he1
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
`

/** A proxy with these vhosts, as flow YAML. */
export function proxyOf(vhosts: string, more = '', name = 'edge'): string {
  return `---
apiVersion: reeve.dev/v1
kind: Proxy
metadata: {name: ${name}}
spec:
  target: {container: plpa}
  replaceDistroDefault: true
${more}  vhosts: ${vhosts}
`
}

/** A proxy of Apache with these vhosts. */
export function apacheOf(vhosts: string, name = 'edge'): string {
  return proxyOf(vhosts, '  provider: apache\n', name)
}

/** A proxy of Varnish with these vhosts. */
export function varnishOf(vhosts: string, more = '', name = 'edge'): string {
  return proxyOf(vhosts, `  provider: varnish\n${more}`, name).replace('  replaceDistroDefault: true\n', '')
}
