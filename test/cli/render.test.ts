import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'reeve-render-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it("reeve render --out writes zone files that BIND's own checker reads", () => {
  execFileSync('sh', [join(root, 'bin/reeve'), 'render', join(root, 'manifests-example'), '--target', 'he2', '--out', folder])
  const zones = join(folder, 'he2/var/lib/bind/reeve')
  const files = readdirSync(zones).sort()
  expect(files).toEqual(['db.2.0.192.in-addr.arpa', 'db.example.net'])
  for (const file of files) {
    const { status, stdout } = spawnSync('named-checkzone', [file.slice(3), join(zones, file)], { encoding: 'utf8' })
    expect(status, stdout).toBe(0)
    expect(stdout).toContain('loaded serial 1')
  }
})
