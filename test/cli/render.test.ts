import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'reeve-render-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it("reeve render --out writes zone files that BIND's own checker reads", () => {
  execFileSync('sh', [join(root, 'bin/reeve'), 'render', join(root, 'manifests-example'), '--out', folder])
  const zones = join(folder, 'he1/plpa/var/lib/bind/reeve')
  const files = readdirSync(zones).sort()
  expect(files).toEqual(['db.100.168.192.in-addr.arpa', 'db.example.com'])
  for (const file of files) {
    const { status, stdout } = spawnSync('named-checkzone', [file.slice(3), join(zones, file)], { encoding: 'utf8' })
    expect(status, stdout).toBe(0)
    expect(stdout).toContain('loaded serial 1')
  }
})

it('a key that is encrypted for others is taken on trust offline, and never shown', () => {
  const repository = join(folder, 'repository')
  mkdirSync(join(repository, 'secrets'), { recursive: true })
  for (const name of ['xfer', 'dhcp']) writeFileSync(join(repository, `secrets/${name}.age`), 'age-encryption.org/v1\n')
  writeFileSync(join(repository, 'all.yaml'), withKeys)
  execFileSync('sh', [join(root, 'bin/reeve'), 'validate', repository])
  const out = join(folder, 'keys')
  execFileSync('sh', [join(root, 'bin/reeve'), 'render', repository, '--out', out])
  expect(readFileSync(join(out, 'he1/etc/bind/reeve/keys.conf'), 'utf8')).toBe('«secret»')
  expect(readFileSync(join(out, 'he1/etc/bind/named.conf.local#z'), 'utf8')).toContain(
    'update-policy { grant local-ddns zonesub ANY; grant "dhcp" subdomain dyn.example.com. A DHCID; };',
  )
})

const withKeys = `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec: {address: 192.0.2.1, hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHTCk7mkuDsPmZKfZLx7YY6Ej+mm4ZGMhnR0kXxSHFVZ"]}
---
apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: ns1}
spec: {target: {hypervisor: he1}, address: 192.0.2.1, transferKeys: [{secretRef: xfer}]}
---
apiVersion: reeve.dev/v1
kind: Zone
metadata: {name: z}
spec:
  name: example.com
  primary: ns1
  mode: Dynamic
  updaters: [{secretRef: dhcp, below: dyn, types: [A, DHCID]}]
  records: [{name: www, type: A, values: [10.0.0.1]}]
`
