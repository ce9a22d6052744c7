import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Known } from '../../controller/model/observation.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { block } from '../../controller/primitives/block/spec.ts'
import { bridge } from '../../controller/primitives/bridge/spec.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { link } from '../../controller/primitives/link/spec.ts'
import { openvzSample } from '../../controller/primitives/openvzSample/spec.ts'
import { debianPackage } from '../../controller/primitives/package/spec.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { service } from '../../controller/primitives/service/spec.ts'
import { setting } from '../../controller/primitives/setting/spec.ts'
import { sysctl } from '../../controller/primitives/sysctl/spec.ts'
import { tree } from '../../controller/primitives/tree/spec.ts'
import { contextOf } from '../machine/transaction.ts'
import { plpa } from './openvzContainer/specs.ts'

const motd = file({ path: '/etc/a b/$(id)', content: "it's\n", mode: '0644', owner: 'root:root' })
const check = { argv: ['nginx', '-t'], failOn: ['conflicting server name'] }
const specs: readonly Spec[] = [
  motd,
  block({
    path: '/etc/a b/$(id)',
    name: 'x',
    content: "it's\n",
    position: { after: '$(id)' },
    created: { mode: '0644', owner: 'root:root' },
  }),
  setting({ key: 'relay_domains', value: '$mydestination "a"', needs: [] }),
  tree({ path: '/etc/nginx/reeve', files: { 'a.conf': { content: 'x\n', mode: '0644', owner: 'root:root' } } }),
  link({ path: '/etc/x', to: '/etc/y' }),
  debianPackage('nginx-light'),
  service({ unit: 'nginx.service', state: 'running', isEnabled: true, loads: [motd], check, reload: 'reload' }),
  sysctl('net.ipv4.ip_forward', '1'),
  bridge({ name: 'lxcbr1', addresses: ['192.168.9.1/24'] }),
  plpa({ interfaces: [{ name: 'eth0', bridge: 'br-lxc' }] }),
  openvzSample({ name: 'vps.lv', from: 'basic', set: { VE_PRIVATE: '/var/lib/vz/lv/$VEID/ve' } }),
]

/**
 * What is meant so: words split on purpose under `set -f` (2086), functions and variables that only a part of a script uses (2317, 2034),
 * `$path` inside quotes of another shell's script (2016), a constant as the word of a loop or a case (2041, 2043, 2194), names set elsewhere (2154).
 */
const meant = 'SC2086,SC2317,SC2034,SC2016,SC2043,SC2194,SC2154,SC2148,SC2041'

function shellcheck(text: string): string {
  try {
    execFileSync('shellcheck', ['-s', 'sh', '-e', meant, '-f', 'gcc', '-'], { input: `set -eu\n${text}`, stdio: ['pipe', 'pipe', 'pipe'] })
    return ''
  } catch (error) {
    return String((error as { stdout?: Buffer }).stdout)
  }
}

test.each(specs.map((spec) => [spec.type, spec] as const))('shellcheck has nothing against the scripts of %s', (type, spec) => {
  const primitive = primitives.find((one) => one.type === type)
  const absent: Known<unknown> = { status: 'absent' }
  const difference = primitive?.diff(spec, absent, undefined)
  const change =
    difference?.status === 'change'
      ? difference.change
      : { action: 'update', impact: 'none', fields: [{ field: 'value', before: undefined, after: '' }] }
  const staged = [{ live: '/etc/a', staged: '/etc/a.reeve-new' }]
  const steps = primitive?.steps(spec, change as never, absent, contextOf({ staged })) ?? []
  const scripts = [
    primitive?.probe([{ id: spec.id, spec }], 'testfleet'),
    ...steps.flatMap(({ guard, run, check: after, undo }) => [guard, run, after, undo]),
  ]
  const texts = scripts.filter((script) => script !== undefined).map(({ text }) => text)
  expect(texts.length).toBeGreaterThan(1)
  expect(texts.map(shellcheck).filter((said) => said !== '')).toEqual([])
})
