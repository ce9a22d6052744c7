import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { becomeOf, createConnector } from '../../controller/cli/connector.ts'
import { loadConfig, silentLog } from '../../controller/cli/context.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import { sh } from '../../controller/shell/sh.ts'
import { startSshd } from '../ssh/sshd.ts'
import { startStubbornWire } from '../ssh/stubborn-wire.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reeve-connector-'))
})
afterEach(() => rm(folder, { recursive: true }))

function connect(spec: object) {
  const file = join(folder, 'reeve.yaml')
  writeFileSync(file, `fleet: f\nrepository: {url: ${folder}/repo}\nstateDir: ${folder}/state\nidentities: {default: {agent: true}}\n`)
  const hostKeys = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUkrLJ5JPYMXsIlXzYAz0KZfEqj3+0TlZkEhGRbUYAh']
  const he1 = { name: 'he1', spec: { address: '127.0.0.1', ports: [1], hostKeys, ...spec } } as unknown as Manifest
  return createConnector(loadConfig(file), silentLog, () => {})(he1, [he1])
}

test.each([
  ['an identity that reeve.yaml lacks', { identity: 'backup' }, /reeve\.yaml has no identity "backup"; write it under identities/],
  ['a jump host that nobody knows', { jump: 'gate' }, /jump host "gate" is neither a Hypervisor nor under jumpHosts in reeve\.yaml/],
  ['a jump host that leads back', { jump: 'he1' }, /jump hosts go in a circle: he1 → he1/],
])('a manifest that names %s makes this hypervisor unreachable and stops nothing else', async (_name, spec, says) => {
  await using host = connect(spec)
  await expect(host.exchange(sh`:`, { deadlineMs: 5000, maxBytes: 1000 })).rejects.toThrow(says)
})

test.each([
  { way: {}, becomes: 'none' },
  { way: { user: 'root' }, becomes: 'none' },
  { way: { user: 'root', become: 'Sudo' }, becomes: 'sudo' },
  { way: { user: 'reeve' }, becomes: 'sudo' },
  { way: { user: 'reeve', become: 'Sudo' }, becomes: 'sudo' },
  { way: { user: 'reeve', become: 'None' }, becomes: 'none' },
] as const)('a login $way becomes root by $becomes', ({ way, becomes }) => {
  expect(becomeOf(way)).toBe(becomes)
})

test('a host that is let go of ends the way that leads to it', async () => {
  await using sshd = await startSshd()
  await using wire = await startStubbornWire(sshd.port)
  const file = join(folder, 'reeve.yaml')
  const identities = `identities: {default: {privateKeyFile: ${sshd.keyFile}}}`
  writeFileSync(file, `fleet: f\nrepository: {url: ${folder}/repo}\nstateDir: ${folder}/state\n${identities}\n`)
  const way = { address: '127.0.0.1', user: sshd.user, become: 'None', hostKeys: [sshd.hostKey()] }
  const gate = { name: 'gate', spec: { ...way, ports: [wire.port] } } as unknown as Manifest
  const he1 = { name: 'he1', spec: { ...way, ports: [sshd.port], jump: 'gate' } } as unknown as Manifest
  const host = createConnector(loadConfig(file), silentLog, () => {})(he1, [he1, gate])
  expect(await host.exchange(sh`echo in`, { deadlineMs: 15_000, maxBytes: 1000 })).toBe('in\n')
  await host[Symbol.asyncDispose]()
  await expect.poll(() => [wire.connections(), wire.ended()]).toEqual([1, 1])
})
