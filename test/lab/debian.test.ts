import { expect, test } from 'vitest'
import { ownSources } from './debian.ts'

const debian = `Types: deb
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg`

const security = debian.replace('bookworm bookworm-updates', 'bookworm-security')
const vendor = debian.replace('main', 'stable')
const off = `Enabled: no\n${debian}`

test('the image takes this machine’s own Debian sources and no other vendor’s', () => {
  const text = [debian, security, vendor, off].join('\n\n')
  expect(ownSources([{ name: 'debian.sources', text }])).toEqual({ lines: [], stanzas: [debian, security] })
})

test('the one-line format is understood', () => {
  const line = 'deb [signed-by=/k.gpg] https://mirror.example/debian bookworm main contrib'
  const text = `# deb https://mirror.example/debian bookworm main\n${line}\ndeb https://vendor.example bookworm stable\ndeb https://mirror.example/debian trixie main\n`
  expect(ownSources([{ name: '/etc/apt/sources.list', text }])).toEqual({ lines: [line], stanzas: [] })
})
