import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { complaints } from '../../kinds/firewall/fleet.ts'
import { patchManifests } from './fleet.ts'

const example = join(import.meta.dirname, '../../../manifests-example/he1')
const machines = [{ name: 'he1', address: '127.0.0.1', port: 43069, hostKey: 'ssh-ed25519 AAAA' }]
const archive = { pathOnHypervisor: '/srv/root.tar.zst', file: '', sha256: 'f'.repeat(64) }
const archives = {
  containerArchive: archive,
  servicesArchive: { ...archive, pathOnHypervisor: '/srv/debian-12-services.tar.zst', sha256: 'e'.repeat(64) },
}

function patched(file: string): string {
  return patchManifests(readFileSync(join(example, file), 'utf8'), machines, archives)
}

function specs(text: string): readonly Record<string, unknown>[] {
  return parseAllDocuments(text).map((document) => document.toJS().spec)
}

describe('the demo fleet', () => {
  test('reaches the machine of the lab where the example names another', () => {
    expect(specs(patched('hypervisor.yaml'))).toMatchObject([{ hostKeys: ['ssh-ed25519 AAAA'] }])
    expect(specs(patched('hypervisor.yaml'))).toMatchObject([{ address: '127.0.0.1', ports: [43069], sshdPort: 22 }])
  })

  test('makes every container of the archive that the lab has under that name', () => {
    const [services, small] = [archives.servicesArchive, archive].map(({ pathOnHypervisor: path, sha256 }) => ({
      type: 'archive',
      path,
      sha256,
    }))
    expect(specs(patched('containers.yaml'))).toMatchObject([{ template: services }, { template: small }])
  })

  test('lets the bridge take over the address that the card of the lab has already', () => {
    const text = readFileSync(join(example, 'hypervisor.yaml'), 'utf8')
    const [{ restarts, system }] = specs(patchManifests(text, [{ ...machines[0], eth1Address: '10.77.0.1' } as never], archives)) as [
      Record<string, unknown>,
    ]
    expect(restarts).toBe('Always')
    expect(system).toMatchObject({ bridges: [{ name: 'br-lxc', addresses: ['192.168.100.1/24', '10.77.0.1/24'], ports: ['eth1'] }] })
    expect(specs(patched('hypervisor.yaml'))).toMatchObject([{ system: { bridges: [{ addresses: ['192.168.100.1/24'] }] } }])
  })

  test('keeps the line that the first thing to try looks for', () => {
    expect(patched('firewall.yaml')).toMatch(/^ {2}rules:\n {4}- /m)
  })

  test('has no rule that is there for the lab alone: the guard knows the port of sshd', () => {
    const text = ['hypervisor.yaml', 'firewall.yaml'].map(patched).join('---\n')
    expect(complaints(text)).toEqual([])
    expect(complaints(text.replace('sshdPort: 22', 'sshdPort: 2222')).map(({ summary }) => summary)).toEqual([
      'this ruleset would lock out the controller (any address -> tcp/2222 on he1); add a rule or unsafeAllowLockout',
    ])
  })

  test.each(['volume.yaml', 'proxy.yaml', 'firewall.yaml'])('leaves %s as it is, byte for byte', (file) => {
    expect(patched(file)).toBe(readFileSync(join(example, file), 'utf8'))
  })

  test('keeps the comments', () => {
    expect(patched('hypervisor.yaml')).toContain("# The containers' network")
  })

  test('leaves a hypervisor alone that is none of the machines', () => {
    const other = 'kind: Hypervisor\nmetadata: {name: he9}\nspec: {address: 192.0.2.9}\n'
    expect(patchManifests(other, machines, archives)).toBe(other)
  })
})
