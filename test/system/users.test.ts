import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { Spec } from '../../controller/model/primitive.ts'
import { accountPrimitive } from '../../controller/primitives/account/index.ts'
import { hashProblem } from '../../controller/system/crypt.ts'
import { keyProblem } from '../../controller/system/sshKey.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { temporaryDirectory } from '../machine/shell.ts'
import { contextOf } from '../machine/transaction.ts'
import { container, cycle, hostKey, says, saysInside, specsOf } from './place.ts'

const sixHash = `$6$saltsalt$${'a'.repeat(86)}`

const bad: readonly (readonly [name: string, system: string, says: readonly string[], more?: string])[] = [
  ['an account twice', '{users: [{name: a}, {name: a}]}', ['users[1]: a is already at users[0]']],
  [
    'a uid twice',
    '{users: [{name: a, uid: 2000}, {name: b, uid: 2000}]}',
    ['users[0].uid: uid 2000 is also that of b', 'users[1].uid: uid 2000 is also that of a'],
  ],
  [
    'a root of the manifest’s',
    '{users: [{name: root, uid: 1, groups: [adm], sudo: NoPassword}]}',
    [
      'users[0].uid: root has no uid of a manifest',
      'users[0].groups: root has no groups of a manifest',
      'users[0].sudo: root has no sudo of a manifest',
    ],
  ],
  ['a home up a folder', '{users: [{name: a, home: /srv/../etc}]}', ['users[0].home: /srv/../etc is no plain absolute path for a home']],
  [
    'a home in a place that is none',
    '{users: [{name: a, home: /etc/a}, {name: b, home: /proc}]}',
    ['users[0].home: /etc/a is in /etc, which is no place for homes', 'users[1].home: /proc is in /proc, which is no place for homes'],
  ],
  [
    'a password instead of a hash',
    '{users: [{name: a, password: {hash: hunter2}}]}',
    ['users[0].password.hash: this is no hash of crypt(5)'],
  ],
  [
    'a hash that lost its end',
    `{users: [{name: a, password: {hash: "${sixHash.slice(0, -1)}"}}]}`,
    ['users[0].password.hash: this hash is cut, or damaged'],
  ],
  [
    'a hash that is guessed',
    '{users: [{name: a, password: {hash: "$1$abc$0123456789012345678901"}}]}',
    ['users[0].password.hash: this hash is of a sort that is guessed in hours'],
  ],
  [
    'a locked hash',
    '{users: [{name: a, password: {hash: "!$6$x"}}]}',
    ['users[0].password.hash: this is the mark of a locked password, not a hash'],
  ],
  [
    'a hash of two lines',
    `{users: [{name: a, password: {hash: "${sixHash}\\nroot::0:0:99999:7:::"}}]}`,
    ['users[0].password.hash: this hash is cut, or damaged'],
  ],
  [
    'sudo by a password that is locked',
    '{users: [{name: a, password: {locked: true}, sudo: Password}]}',
    ['users[0].sudo: sudo would ask a for a password that is locked'],
  ],
  [
    'a private key',
    '{users: [{name: a, authorizedKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"]}]}',
    ['users[0].authorizedKeys[0]: this is a private key: take it out of Git now, and make a new one'],
  ],
  [
    'a key whose option nobody knows',
    `{users: [{name: a, authorizedKeys: ["no-such-thing ${hostKey}"]}]}`,
    [
      'users[0].authorizedKeys[0]: there is no option no-such-thing of a key: restrict, agent-forwarding, port-forwarding, pty, user-rc, X11-forwarding, no-agent-forwarding, no-port-forwarding, no-pty, no-user-rc, no-X11-forwarding, no-touch-required, verify-required, from, command, permitopen, permitlisten, expiry-time',
    ],
  ],
  [
    'one key with two sets of options',
    `{users: [{name: a, authorizedKeys: ["restrict ${hostKey}", "no-pty ${hostKey} two"]}]}`,
    ['users[0].authorizedKeys[1]: this key is already at authorizedKeys[0]'],
  ],
  [
    'options by which Reeve itself could not work',
    `{users: [{name: reeve, authorizedKeys: ["restrict ${hostKey}", "from=\\"192.0.2.0/24\\",no-pty ssh-rsa AAAA"]}]}`,
    [
      'users[0].authorizedKeys[1]: this is no ssh-rsa public key: it is cut, or damaged',
      'users[0].authorizedKeys[0]: Reeve logs in as reeve, perhaps by this key, and its option restrict would keep Reeve from working',
    ],
    '  user: reeve\n',
  ],
  ['a group twice in the list', '{groups: [{name: g}, {name: g}]}', ['groups[1]: g is already at groups[0]']],
  ['a gid twice', '{groups: [{name: g, gid: 2000}, {name: h, gid: 2000}]}', ['groups[1].gid: gid 2000 is also that of g']],
  [
    'a key of two lines',
    `{users: [{name: a, authorizedKeys: ["${hostKey}\\n${hostKey}"]}]}`,
    ['users[0].authorizedKeys[0]: a key is one line of ASCII'],
  ],
  [
    'a key that is cut',
    `{users: [{name: a, authorizedKeys: ["${hostKey.slice(0, -8)}"]}]}`,
    ['users[0].authorizedKeys[0]: this is no ssh-ed25519 public key: it is cut, or damaged'],
  ],
  [
    'a key that is no base64',
    '{users: [{name: a, authorizedKeys: ["ssh-ed25519 *"]}]}',
    ['users[0].authorizedKeys[0]: this is no ssh-ed25519 public key: its second word is not base64'],
  ],
  [
    'a key of DSA',
    '{users: [{name: a, authorizedKeys: ["ssh-dss AAAA"]}]}',
    ['users[0].authorizedKeys[0]: keys of DSA are not safe, and no sshd takes them any more'],
  ],
  [
    'a key twice',
    `{users: [{name: a, authorizedKeys: ["${hostKey} one", "${hostKey} two"]}]}`,
    ['users[0].authorizedKeys[1]: this key is already at authorizedKeys[0]'],
  ],
  ['a group of its own name', '{users: [{name: a, groups: [a]}]}', ['users[0].groups[0]: a is its own group already']],
  ['a group twice', '{users: [{name: a, groups: [adm, adm]}]}', ['users[0].groups[1]: the group adm is already at groups[0]']],
  [
    'Reeve’s own user without a shell',
    '{users: [{name: reeve, shell: /usr/sbin/nologin}]}',
    ['users[0].shell: Reeve logs in as reeve, which /usr/sbin/nologin would end'],
    '  user: reeve\n',
  ],
  [
    'Reeve’s own user with a password for sudo',
    '{users: [{name: reeve, sudo: Password}]}',
    ['users[0].sudo: Reeve becomes root as reeve, and knows no password'],
    '  user: reeve\n',
  ],
]

test.each(bad.map(([name, system, expected, more = '']) => ({ name, system, expected, more })))(
  '$name is refused with its place and reason',
  ({ system, expected, more }) => expect(says(system, more)).toEqual(expected),
)

test('inside a container the same is refused, and what is said of Reeve’s own user is not', () => {
  expect(saysInside('{users: [{name: a, groups: [a]}, {name: root, shell: /usr/sbin/nologin}]}')).toEqual([
    'users[0].groups[0]: a is its own group already',
  ])
})

const landing: readonly { readonly name: string; readonly user: string; readonly expected: string }[] = [
  { name: 'in a container of nobody', user: 'container: nosuch', expected: 'there is no Container nosuch on this hypervisor' },
  {
    name: 'in a container, and with a shell here',
    user: 'container: web, shell: /bin/sh',
    expected: 'a lands in a container, and so has no shell here',
  },
  {
    name: 'in a container, and as root here',
    user: 'container: web, sudo: NoPassword',
    expected: 'a lands in a container, and so has no sudo here',
  },
  { name: 'in a container that has no such account', user: 'container: web', expected: 'a is not in system.users of Container web' },
]
test.each(landing)('an account that lands $name is told so', ({ user, expected }) =>
  expect(says(`{users: [{name: a, ${user}}]}`, undefined, container('{}'))).toEqual([`users[0].container: ${expected}`]),
)

test('Reeve’s own user lands nowhere else, and nobody lands anywhere from within a container', () => {
  expect(says('{users: [{name: reeve, container: web}]}', '  user: reeve\n', container('{}'))).toEqual([
    'users[0].container: Reeve logs in as reeve, who would land in a container',
  ])
  expect(saysInside('{users: [{name: a, container: web}]}')).toEqual([
    'users[0].container: only an account of a hypervisor lands in a container',
  ])
})

test('nobody lands in a container of OpenVZ', () => {
  const openvz = container('{users: [{name: a}]}').replace(/ {2}rootfs: .*\n/, '  provider: openvz\n  openvz: {ctid: 101}\n')
  expect(says('{users: [{name: a, container: web}]}', undefined, openvz)).toEqual([
    'users[0].container: web is a container of openvz; logins are passed on to those of lxc alone',
  ])
})

describe('what tools make is taken', () => {
  it.each([
    ['ed25519', []],
    ['rsa', ['-b', '2048']],
    ['ecdsa', ['-b', '256']],
    ['ecdsa', ['-b', '384']],
    ['ecdsa', ['-b', '521']],
  ])('a key of ssh-keygen: %s %j', (type, bits) => {
    using directory = temporaryDirectory()
    const path = join(directory.path, 'k')
    execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', `it's "me"`, '-f', path])
    const key = readFileSync(`${path}.pub`, 'utf8').trim()
    expect(keyProblem(key)).toBeUndefined()
    const [first = '', blob = ''] = key.split(' ')
    for (const cut of [4, 12, 16]) expect(keyProblem(`${first} ${blob.slice(0, -cut)}`)).toMatch(/cut, or damaged|2048/)
    expect(keyProblem(key.replace(/^\S+/, 'sk-ssh-ed25519@openssh.com'))).toMatch(/cut, or damaged/)
  })

  it('a short key of RSA is not', () => {
    using directory = temporaryDirectory()
    const path = join(directory.path, 'k')
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '1024', '-N', '', '-f', path])
    expect(keyProblem(readFileSync(`${path}.pub`, 'utf8').trim())).toMatch(
      /^a key of RSA must have 2048 bits or more, this one has 10\d\d$/,
    )
  })

  it.each([
    '$y$j9T$abcdefgh$',
    '$gy$j9T$abcdefgh$',
    '$6$saltsalt$',
    '$6$rounds=10000$saltsalt$',
    '$5$saltsalt$',
    '$2b$05$abcdefghijklmnopqrstuu',
    '$7$CU..../....abcdefgh$',
  ])('a hash of crypt(5): %s', (setting) => {
    const hash = execFileSync('perl', ['-e', 'print crypt("pa ss", $ARGV[0])', setting], { encoding: 'utf8' })
    expect(hash).toMatch(/^\$/)
    expect(hashProblem(hash)).toBeUndefined()
    expect(hashProblem(hash.slice(0, -1))).toBe('this hash is cut, or damaged')
    expect(hashProblem(`${hash}x`)).toBe('this hash is cut, or damaged')
  })
})

describe('on a real system', () => {
  let host: ShellHost
  beforeEach(async () => {
    host = await startShellHost({ overlays: ['/etc', '/home'] })
  })
  afterEach(() => host.close())
  const run = async (script: string): Promise<string> => (await host.run(script)).stdout.trim()

  const hash = execFileSync('perl', ['-e', 'print crypt("open sesame", q($6$saltsalt$))'], { encoding: 'utf8' })
  const ann = `{name: ann, uid: 23456, shell: /bin/sh, comment: "Ann O'Neill", groups: [adm, users], password: {hash: "${hash}"}, authorizedKeys: ["${hostKey} ann"], sudo: NoPassword}`

  it('a person logs in by her password and becomes root, until she leaves the manifest; then she is shut out, and her home stays', async () => {
    expect(await cycle(host, specsOf(`{users: [${ann}]}`))).toBe('converged')
    expect(await cycle(host, specsOf(`{users: [${ann}]}`))).toBe('noop')
    expect(await run('id ann; getent passwd ann; stat -c "%a %U %n" /home/ann /home/ann/.ssh /home/ann/.ssh/authorized_keys')).toBe(
      `uid=23456(ann) gid=23456(ann) groups=23456(ann),4(adm),100(users)\nann:x:23456:23456:Ann O'Neill:/home/ann:/bin/sh\n700 ann /home/ann\n700 ann /home/ann/.ssh\n600 ann /home/ann/.ssh/authorized_keys`,
    )
    const asNobody = 'cd /; echo "open sesame" | setpriv --reuid=65534 --clear-groups su ann -c "id -un; sudo -n id -u" 2>&1'
    expect(await run(asNobody)).toBe('Password: ann\n0')
    const gone = await cycle(host, specsOf('{}'))
    expect(gone).toMatch(/^converged/)
    expect(await run(asNobody)).toMatch(/expired/)
    expect(await run('ls -A /home/ann; ls /etc/sudoers.d; id -un 23456')).not.toMatch(/reeve/)
    expect(await run('ls -A /home/ann/.ssh')).toBe('')
    expect(await cycle(host, specsOf(`{users: [${ann}]}`))).toBe('converged')
    expect(await run(asNobody)).toBe('Password: ann\n0')
  })

  it('an account that was there before is as it was when it leaves the manifest', async () => {
    await run(
      `useradd -m -s /bin/false -c Bob -G adm -p '$6$old$${'b'.repeat(86)}' bob; chage -d 12345 bob; echo 'ssh-rsa own' >/home/bob/k; install -d -o bob -m 700 /home/bob/.ssh; install -o bob -m 600 /home/bob/k /home/bob/.ssh/authorized_keys`,
    )
    const look = 'getent passwd bob; getent shadow bob; id -Gn bob; cat /home/bob/.ssh/authorized_keys'
    const before = await run(look)
    const bob = `{users: [{name: bob, shell: /bin/sh, comment: "", groups: [users], password: {locked: true}, authorizedKeys: ["${hostKey}"]}]}`
    expect(await cycle(host, specsOf(bob))).toBe('converged')
    expect(await run(look)).not.toBe(before)
    expect(await run('tail -n 4 /home/bob/.ssh/authorized_keys')).toBe(
      `ssh-rsa own\n# BEGIN reeve conform keys\n${hostKey}\n# END reeve conform keys`,
    )
    expect(await cycle(host, specsOf('{}'))).toBe('converged')
    expect(await run(look)).toBe(before)
  })

  it.each([
    [
      'users: [{name: ann, groups: [nosuch]}]',
      'there is no group nosuch for ann: write it into system.groups, install what makes it, or take it out',
    ],
    [
      'groups: [{name: adm, gid: 77}]',
      'adm has gid 4, and files with it: it is not changed to 77; do it by hand (groupmod -g), or take gid out',
    ],
    ['groups: [{name: builders, gid: 4}]', 'gid 4 of builders is already that of adm'],
    ['users: [{name: ann, uid: 1}]', 'uid 1 of ann is already that of daemon'],
    ['users: [{name: ann, shell: /bin/nosuch}]', '/bin/nosuch, the shell of ann, is not there: add its package to system.packages'],
    [
      'users: [{name: daemon, uid: 77}]',
      'daemon has uid 1, and files with it: it is not changed to 77; do it by hand (usermod -u), or take uid out',
    ],
    [
      'users: [{name: daemon, home: /srv/d}]',
      'the home of daemon is /usr/sbin: it is not moved to /srv/d; do it by hand (usermod -m -d), or take home out',
    ],
  ])('what the host cannot have is refused: %s', async (system, reason) => {
    expect(await cycle(host, specsOf(`{${system}}`))).toContain(reason)
    expect(await run('getent passwd ann')).toBe('')
  })

  it('a group is made before the accounts and files that are its, and stays when it leaves the manifest', async () => {
    const system =
      '{groups: [{name: builders, gid: 23400}, {name: ann}], users: [{name: ann, groups: [builders]}], files: [{path: /etc/plan, content: x, owner: "root:builders"}]}'
    expect(await cycle(host, specsOf(system))).toBe('converged')
    expect(await cycle(host, specsOf(system))).toBe('noop')
    expect(await run('id -Gn ann; stat -c %G /etc/plan; getent group builders')).toBe('ann builders\nbuilders\nbuilders:x:23400:ann')
    expect(await cycle(host, specsOf('{}'))).toBe('converged')
    expect(await run('getent group builders')).toBe('builders:x:23400:ann')
  })

  it('a key goes exactly, options and all, and every other line stays as it is', async () => {
    const other = hostKey.replace('Y2Rl', 'Y2Rm')
    const keys = (...lines: readonly string[]) => specsOf(`{users: [{name: ann, authorizedKeys: ${JSON.stringify(lines)}}]}`)
    await run(
      `useradd -m ann; install -d -o ann -m 700 /home/ann/.ssh; printf '${other} by hand\\n# a note' >/home/ann/own; install -o ann -m 640 /home/ann/own /home/ann/.ssh/authorized_keys`,
    )
    const limited = `from="192.0.2.0/24,!192.0.2.7",command="echo \\"it's\\" $(id)",restrict,pty ${hostKey} ann`
    expect(await cycle(host, keys(limited, `${other} two`))).toBe('converged')
    expect(await cycle(host, keys(limited, `${other} two`))).toBe('noop')
    const file = 'cat /home/ann/.ssh/authorized_keys; stat -c %a /home/ann/.ssh/authorized_keys'
    expect(await run(file)).toBe(
      `${other} by hand\n# a note\n# BEGIN reeve conform keys\n${limited}\n${other} two\n# END reeve conform keys\n640`,
    )
    expect(await cycle(host, keys(limited))).toBe('converged')
    expect(await run(file)).toBe(`${other} by hand\n# a note\n# BEGIN reeve conform keys\n${limited}\n# END reeve conform keys\n640`)
    expect(await cycle(host, keys())).toBe('converged')
    expect(await run(file)).toBe(`${other} by hand\n# a note\n640`)
  })

  it('a link in place of a person’s keys leads nowhere', async () => {
    await run(
      'useradd -m eve; useradd -m fay; install -d -o fay -m 700 /home/fay/.ssh; ln -s /home/fay/.ssh /home/eve/.ssh; chmod 711 /home/fay',
    )
    expect(await cycle(host, specsOf(`{users: [{name: eve, authorizedKeys: ["${hostKey}"]}]}`))).toMatch(/Permission denied/)
    expect(await run('ls -A /home/fay/.ssh')).toBe('')
    await run('rm /home/eve/.ssh; install -d -o eve -m 700 /home/eve/.ssh; ln -s /etc/shadow /home/eve/.ssh/authorized_keys')
    const before = await run('sha256sum /etc/shadow')
    expect(await cycle(host, specsOf(`{users: [{name: eve, authorizedKeys: ["${hostKey}"]}]}`))).toMatch(/symbolic link/)
    await run('rm /home/eve/.ssh/authorized_keys; mkfifo /home/eve/.ssh/authorized_keys')
    expect(await cycle(host, specsOf(`{users: [{name: eve, authorizedKeys: ["${hostKey}"]}]}`))).toMatch(/it is no regular file/)
    expect(await run('sha256sum /etc/shadow')).toBe(before)
  })

  it('a change of Reeve’s own user that nobody confirms over a new connection is undone', async () => {
    await run('useradd -m -s /bin/sh reeve')
    const specs = specsOf(`{users: [{name: reeve, comment: me, authorizedKeys: ["${hostKey}"]}]}`, '  user: reeve\n')
    const quick = specs.map((spec) => (spec.confirm ? { ...spec, confirm: { ...spec.confirm, withinMs: 2000 } } : spec))
    host.answer = false
    expect(await cycle(host, quick)).not.toMatch(/^converged/)
    expect(await run('getent passwd reeve; ls -A /home/reeve/.ssh 2>&1')).not.toMatch(/:me:|authorized/)
    host.answer = true
    expect(await cycle(host, quick)).toBe('converged')
    expect(await cycle(host, [])).toContain('account:reeve: its manifest is gone; kept because deletionPolicy is Retain')
    expect(await run('grep -c ssh-ed25519 /home/reeve/.ssh/authorized_keys')).toBe('1')
  })

  it('no hash of a password comes into a file of Reeve’s, and to tools by their stdin alone', async () => {
    const specs = specsOf(`{users: [${ann}]}`)
    expect(await cycle(host, specs)).toBe('converged')
    const digest = String(hash.split('$')[3])
    await run('for i in 1 2 3 4 5 6 7 8 9; do [ -n "$(ls /var/lib/reeve/journal)" ] || break; sleep 0.5; done')
    expect(await run(`grep -rlF '${digest}' /var/lib/reeve /run/reeve /etc --exclude=shadow --exclude=shadow- || echo none`)).toBe('none')
    const spec = specs.find(({ id }) => id === 'account:ann') as Spec
    const steps = accountPrimitive.steps(
      spec,
      { action: 'create', impact: 'none', fields: [{ field: 'password', before: undefined, after: '' }] },
      { status: 'absent' },
      contextOf(),
    )
    const text = [accountPrimitive.probe([{ id: spec.id, spec }], 'x'), ...steps.map((step) => step.run)]
      .map((script) => script.text)
      .join('\n')
    expect(text.split('\n').filter((line) => line.includes(digest))).toEqual([
      expect.stringMatching(/^rows="\$rows"ann"\$tab"'[^']+'"\$tab"/),
      expect.stringMatching(/^printf '%s:%s\\n' ann '[^']+' \| chpasswd -e$/),
    ])
  })
})
