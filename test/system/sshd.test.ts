import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { FileSpec } from '../../controller/primitives/file/spec.ts'
import { sshdCheck } from '../../controller/system/sshd.ts'
import { says, saysInside, specsOf } from './place.ts'

const bad: readonly { readonly name: string; readonly system: string; readonly expected: readonly string[]; readonly more?: string }[] = [
  {
    name: 'ports without the one that Reeve comes by',
    system: '{sshd: {ports: [2200]}}',
    expected: ['sshd.ports: Reeve comes by port 22, on which sshd would not listen any more'],
  },
  {
    name: 'ports without the one that a port forward leads to',
    system: '{sshd: {ports: [2222]}}',
    more: '  ports: [2222]\n  sshdPort: 22\n',
    expected: ['sshd.ports: Reeve comes by port 22, on which sshd would not listen any more'],
  },
  { name: 'a port twice', system: '{sshd: {ports: [22, 22]}}', expected: ['sshd.ports[1]: 22 is already at ports[0]'] },
  {
    name: 'accounts without Reeve’s own',
    system: '{sshd: {allowUsers: [ann]}}',
    more: '  user: reeve\n',
    expected: ['sshd.allowUsers: Reeve logs in as reeve, who would not be allowed any more'],
  },
  {
    name: 'an account twice',
    system: '{sshd: {allowUsers: [root, root]}}',
    expected: ['sshd.allowUsers[1]: root is already at allowUsers[0]'],
  },
  {
    name: 'no login of root, as whom Reeve comes',
    system: '{sshd: {permitRootLogin: Never}}',
    expected: ['sshd.permitRootLogin: Reeve logs in as root, who would not be allowed any more'],
  },
  {
    name: 'the unit a second time',
    system: '{sshd: {permitRootLogin: KeyOnly}, services: [{unit: ssh.service}]}',
    expected: ['services[0]: ssh.service is run by system.sshd'],
  },
]
test.each(bad)('$name is refused with its place and reason', ({ system, expected, more }) => expect(says(system, more)).toEqual(expected))

test('inside a container, which Reeve does not enter by SSH, all of that is a person’s to choose', () => {
  expect(saysInside('{sshd: {ports: [2200], allowUsers: [ann], permitRootLogin: Never}}')).toEqual([])
})

test('the file says it in the words of sshd -T, and both it and the unit are kept only once confirmed, and stay', () => {
  const specs = specsOf('{sshd: {ports: [2200, 22], passwordAuthentication: true, permitRootLogin: Always, allowUsers: [root]}}')
  expect((specs.find(({ type }) => type === 'file') as FileSpec).content).toBe(
    '# Managed by Reeve, fleet testfleet, Hypervisor/he1\nport 2200\nport 22\npasswordauthentication yes\nkbdinteractiveauthentication yes\npermitrootlogin yes\nallowusers root\n',
  )
  const guarded = specs.filter(({ confirm, deletionPolicy }) => confirm?.lockOut === 'disk' && deletionPolicy === 'Retain')
  expect(guarded.map(({ id }) => id)).toEqual(['file:/etc/ssh/sshd_config.d/00-reeve.conf', 'service:ssh.service'])
})

test('the words that hold our lines against sshd -T are POSIX shell', () => {
  expect(execFileSync('shellcheck', ['-s', 'sh', '-'], { input: sshdCheck, encoding: 'utf8' })).toBe('')
})
