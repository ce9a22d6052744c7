import { createHash } from 'node:crypto'
import { stringify } from 'yaml'
import type { TreeFile } from '../../controller/model/tree.ts'

/** A file of one manifest. */
export interface ManifestFile {
  readonly path: string
  readonly text: string
}

/** As the Git adapter hands it out: what did not change is not read again. */
export function asTreeFile({ path, text }: ManifestFile): TreeFile {
  return { path, bytes: Buffer.from(text), object: createHash('sha1').update(text).digest('hex') }
}

/** So many manifests, ten on each hypervisor: the machine, its firewall, three volumes, three containers and two proxies. No two are alike. */
export function manyManifests(count: number): readonly ManifestFile[] {
  return Array.from({ length: Math.ceil(count / 10) }, (_, index) => onHypervisor(index))
    .flat()
    .slice(0, count)
}

/** The same manifest with another rule. */
export function changedFirewall(index: number, port: number): ManifestFile {
  return written(`h${index}`, firewall(`h${index}`, port))
}

function onHypervisor(index: number): readonly ManifestFile[] {
  const name = `h${index}`
  const three = [1, 2, 3]
  const all = [
    hypervisor(name, index),
    firewall(name, 8443),
    ...three.map((number) => volume(name, number)),
    ...three.map((number) => container(name, number)),
    ...[1, 2].map((number) => proxy(name, number)),
  ]
  return all.map((one) => written(name, one))
}

interface Wanted {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: unknown
}

function written(folder: string, one: Wanted): ManifestFile {
  return {
    path: `${folder}/${one.kind.toLowerCase()}-${one.metadata.name}.yaml`,
    text: stringify({ apiVersion: 'reeve.dev/v1', ...one }),
  }
}

function hypervisor(name: string, index: number): Wanted {
  const files = Array.from({ length: 10 }, (_, file) => ({
    path: `/etc/reeve-bench/${file}.conf`,
    content: `# ${name}\n${`option_${file} = value\n`.repeat(10)}`,
  }))
  const system = { bridges: [{ name: 'br-lxc', addresses: ['192.168.100.1/24'] }], sysctl: { 'net.ipv4.ip_forward': '1' }, files }
  const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
  const hostKeys = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve']
  return { kind: 'Hypervisor', metadata: { name }, spec: { address, hostKeys, system } }
}

function firewall(name: string, port: number): Wanted {
  const rules = [22, 80, 443, port].map((each, index) => ({
    name: `rule-${index}`,
    chain: 'input',
    protocol: 'tcp',
    ports: [each],
    action: 'accept',
  }))
  const policy = { input: 'drop', forward: 'drop', output: 'accept' }
  return { kind: 'Firewall', metadata: { name: `${name}-main` }, spec: { target: { hypervisor: name }, policy, rules } }
}

function volume(name: string, number: number): Wanted {
  const lvm = { volumeGroup: 'vg_data', name: `data${number}`, size: '256Mi' }
  const mount = { path: `/srv/data${number}`, options: ['defaults', 'noatime'] }
  const spec = { hypervisor: name, lvm, filesystem: { type: 'ext4', label: `data${number}` }, mount }
  return { kind: 'Volume', metadata: { name: `${name}-data${number}` }, spec }
}

function container(name: string, number: number): Wanted {
  const template = {
    type: 'archive',
    path: '/var/lib/reeve-templates/debian-12-services.tar.zst',
    sha256: '5a7e6c2f1f0d4b8e9c3a1d2b4f6e8091a2b3c4d5e6f708192a3b4c5d6e7f8091',
  }
  const network = [{ name: 'eth0', bridge: 'br-lxc', ipv4: { address: `192.168.100.${number + 1}/24`, gateway: '192.168.100.1' } }]
  const resources = { memory: '256Mi', pids: 200 }
  const rootfs = { lvm: { volumeGroup: 'vg_data', size: '1Gi' } }
  return { kind: 'Container', metadata: { name: `${name}-c${number}` }, spec: { hypervisor: name, template, rootfs, network, resources } }
}

function proxy(name: string, number: number): Wanted {
  const vhosts = [1, 2, 3].map((vhost) => ({
    name: `v${vhost}`,
    serverNames: [`v${vhost}.p${number}.${name}.example.org`],
    upstream: { servers: [{ container: `${name}-c3`, port: 80 }] },
  }))
  const spec = { target: { container: `${name}-c${number}` }, replaceDistroDefault: true, vhosts }
  return { kind: 'Proxy', metadata: { name: `${name}-p${number}` }, spec }
}
