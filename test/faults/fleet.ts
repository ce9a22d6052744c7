/** Files of a repository: path → text; null removes. */
export type Files = Readonly<Record<string, string | null>>

interface Place {
  /** Port on this machine that leads to the hypervisor's sshd. */
  readonly port: number
  readonly hostKey: string
  readonly archive: { readonly path: string; readonly sha256: string }
}

/** A small fleet that holds every hard part: bridge, volume, container, firewall, a proxy inside the container. */
export function baseFleet({ port, hostKey, archive }: Place): Files {
  return {
    'he1.yaml': hypervisorManifest({ port, hostKey }),
    'volume.yaml': volumeManifest('data', '64Mi'),
    'firewall.yaml': firewallManifest(),
    'web.yaml': containerManifest('web', 10, archive),
    'edge.yaml': proxyManifest('Hello from Reeve'),
  }
}

export function hypervisorManifest({
  port,
  hostKey,
  note = 'Kept by Reeve',
  system = '',
}: Pick<Place, 'port' | 'hostKey'> & { readonly note?: string; readonly system?: string }): string {
  return `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec:
  address: 127.0.0.1
  ports: [${port}]
  sshdPort: 22
  hostKeys: ["${hostKey}"]
  system:
    bridges:
      - {name: br-lxc, addresses: [192.168.100.1/24]}
    sysctl: {net.ipv4.ip_forward: "1"}
    files:
      - {path: /etc/fleet-note, content: "${note}\\n"}
${system}`
}

export function volumeManifest(name: string, size: string): string {
  return `apiVersion: reeve.dev/v1
kind: Volume
metadata: {name: ${name}}
spec:
  hypervisor: he1
  lvm: {volumeGroup: vg_data, name: ${name}, size: ${size}}
  filesystem: {type: ext4}
  mount: {path: /srv/${name}}
`
}

export function containerManifest(name: string, host: number, archive: Place['archive']): string {
  return `apiVersion: reeve.dev/v1
kind: Container
metadata: {name: ${name}}
spec:
  hypervisor: he1
  template:
    type: archive
    path: ${archive.path}
    sha256: ${archive.sha256}
  rootfs:
    lvm: {volumeGroup: vg_data, size: 400Mi}
  network:
    - name: eth0
      bridge: br-lxc
      ipv4: {address: 192.168.100.${host}/24, gateway: 192.168.100.1}
  autostart: {enabled: true}
  resources: {memory: 256Mi, pids: 500}
  stop: {timeout: 30s}
  restarts: Always
`
}

/** `rule`: one more line of rules, before the one that lets Reeve in. */
export function firewallManifest({ rule = '', spec = '' }: { readonly rule?: string; readonly spec?: string } = {}): string {
  return `apiVersion: reeve.dev/v1
kind: Firewall
metadata: {name: main}
spec:
  target: {hypervisor: he1}
  policy: {input: drop, forward: drop, output: accept}
  rules:
${rule === '' ? '' : `    - ${rule}\n`}    - {name: ssh, chain: input, protocol: tcp, ports: [22], action: accept}
    - {name: containers-out, chain: forward, source: 192.168.100.0/24, action: accept}
  nat:
    - {name: web, type: dnat, port: 80, to: '192.168.100.10:80', localOutput: true}
  confirm: {timeout: 12s}
${spec}`
}

export function proxyManifest(body: string): string {
  return `apiVersion: reeve.dev/v1
kind: Proxy
metadata: {name: edge}
spec:
  target: {container: web}
  replaceDistroDefault: true
  vhosts:
    - name: app
      default: true
      serverNames: [app.example.com]
      respond: {status: 200, body: "${body}"}
`
}
