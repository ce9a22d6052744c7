import { expect, it } from 'vitest'
import { isBranchName, parseRepositoryUrl } from '../../controller/git/url.ts'

it.each([
  ['/srv/fleet.git', 'file', '/srv/fleet.git'],
  ['file:///srv/fleet.git', 'file', '/srv/fleet.git'],
  ['/srv/50%25.git', 'file', '/srv/50%25.git'],
  ['file:///srv/my%20fleet.git', 'file', '/srv/my fleet.git'],
  ['https://git.example.org/ops/fleet.git', 'https', 'https://git.example.org/ops/fleet.git'],
  ['ssh://git@git.example.org:2222/fleet.git', 'ssh', 'ssh://git@git.example.org:2222/fleet.git'],
  ['git@git.example.org:ops/fleet.git', 'ssh', 'git@git.example.org:ops/fleet.git'],
])('%s is an address', (text, transport, url) => {
  expect(parseRepositoryUrl(text)).toMatchObject({ ok: true, value: { transport, url } })
})

const allowed = 'write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)'

it.each([
  ['ext::sh -c touch% /tmp/x', `the address holds a space or a control character; ${allowed}`],
  ['ext::id', `the transport ext is not allowed; ${allowed}`],
  ['fd::3', `the transport fd is not allowed; ${allowed}`],
  ['http://git.example.org/fleet', `the transport http is not allowed; ${allowed}`],
  ['git://git.example.org/fleet', `the transport git is not allowed; ${allowed}`],
  ['--upload-pack=touch', `the address begins with -, which git would read as an option; ${allowed}`],
  [
    'https://ada:secret@git.example.org/fleet',
    'the address holds a password, which would stand in argv and logs; use an ssh key (identityFile)',
  ],
  ['ssh://-oProxyCommand=id/fleet', `the host or user has odd characters; ${allowed}`],
  ['ssh://-l@host/fleet', `the host or user has odd characters; ${allowed}`],
  ['-oProxyCommand=id@host:x', `the address begins with -, which git would read as an option; ${allowed}`],
  ['ssh://git.example.org', `the address names a host and no repository; ${allowed}`],
  ['file://host/fleet', `a file: address names no host; ${allowed}`],
  ['file:///srv/%00', `the address is not a URL; ${allowed}`],
  ['file:///srv/%zz', `the address is not a URL; ${allowed}`],
  ['fleet.git', `"fleet.git" is not an address of a repository; ${allowed}`],
  ['/srv/a\nb', `the address holds a space or a control character; ${allowed}`],
  ['', `"" is not an address of a repository; ${allowed}`],
])('%j is refused', (text, reason) => {
  expect(parseRepositoryUrl(text)).toEqual({ ok: false, reason })
})

it.each([
  ['main', true],
  ['site/fsn-1', true],
  ['v1.2', true],
  ['-x', false],
  ['a..b', false],
  ['a:b', false],
  ['a b', false],
  ['a.lock', false],
  ['a//b', false],
  ['a/', false],
  ['@{u}', false],
  ['', false],
])('%j as a branch: %s', (name, isOne) => {
  expect(isBranchName(name)).toBe(isOne)
})
