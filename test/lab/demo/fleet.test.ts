import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { patchManifests } from './fleet.ts'

const example = join(import.meta.dirname, '../../../manifests-example/he1')
const machines = [{ name: 'he1', address: '127.0.0.1', port: 43069, hostKey: 'ssh-ed25519 AAAA' }]
const archive = { pathOnHypervisor: '/srv/root.tar.zst', sha256: 'f'.repeat(64) }

function patched(file: string): string {
  return patchManifests(readFileSync(join(example, file), 'utf8'), machines, archive)
}

function specs(text: string): readonly Record<string, unknown>[] {
  return parseAllDocuments(text).map((document) => document.toJS().spec)
}

describe('the demo fleet', () => {
  test('reaches the machine of the lab where the example names another', () => {
    expect(specs(patched('hypervisor.yaml'))).toMatchObject([{ address: '127.0.0.1', ports: [43069], hostKeys: ['ssh-ed25519 AAAA'] }])
  })

  test('makes every container of the archive that the lab has', () => {
    const template = { type: 'archive', path: '/srv/root.tar.zst', sha256: 'f'.repeat(64) }
    expect(specs(patched('containers.yaml'))).toMatchObject([{ template }, { template }])
  })

  test('lets ssh in by the forwarded port too, and keeps the line that the first thing to try looks for', () => {
    const text = patched('firewall.yaml')
    expect(specs(text)).toMatchObject([{ rules: [{ name: 'ssh', ports: [22, 43069] }, { name: 'containers-out' }] }])
    expect(text).toMatch(/^ {2}rules:\n {4}- /m)
  })

  test.each(['volume.yaml', 'proxy.yaml'])('leaves %s as it is, byte for byte', (file) => {
    expect(patched(file)).toBe(readFileSync(join(example, file), 'utf8'))
  })

  test('keeps the comments', () => {
    expect(patched('hypervisor.yaml')).toContain("# The containers' network")
  })

  test('leaves a hypervisor alone that is none of the machines', () => {
    const other = 'kind: Hypervisor\nmetadata: {name: he9}\nspec: {address: 192.0.2.9}\n'
    expect(patchManifests(other, machines, archive)).toBe(other)
  })
})
