const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve'

/** Two hypervisors. */
export const hypervisors = `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec: {address: 192.0.2.10, hostKeys: ["${key}"]}
---
apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he2}
spec: {address: 192.0.2.11, hostKeys: ["${key}"], system: {bridges: [{name: br0, addresses: [192.168.100.1/24]}]}}
`

/** Two hypervisors, two containers for gateways, one for users, and one without an address. */
export const machines = `${hypervisors}${container('plpa', 'he1', 2)}${container('plpb', 'he2', 3)}${container('maila', 'he1', 4)}---
apiVersion: reeve.dev/v1
kind: Container
metadata: {name: nowhere}
spec:
  hypervisor: he1
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
`

function container(name: string, hypervisor: string, last: number): string {
  return `---
apiVersion: reeve.dev/v1
kind: Container
metadata: {name: ${name}}
spec:
  hypervisor: ${hypervisor}
  rootfs: {lvm: {volumeGroup: vg_data, size: 1Gi}}
  network: [{name: eth0, bridge: lxcbr1, ipv4: {address: 192.168.9.${last}/24}}]
`
}

export const twoGateways =
  '[{target: {container: plpa}, hostname: plpa.example.net}, {target: {container: plpb}, hostname: plpb.example.net}]'
const users = '{addresses: [alice, bob, postmaster, abuse]}'
export const someDomains = `[{name: example.com, target: {container: maila}, recipients: ${users}}]`

/** A route as its fields, each on a line of its own; the first on line 5 of its document. */
export function routeOf(fields: Readonly<Record<string, string>> = {}, name = 'main'): string {
  const all = { gateways: twoGateways, domains: someDomains, ...fields }
  return `---
apiVersion: reeve.dev/v1
kind: MailRoute
metadata: {name: ${name}}
spec:
${Object.entries(all)
  .map(([field, value]) => `  ${field}: ${value}\n`)
  .join('')}`
}
