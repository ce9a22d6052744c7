// Random valid vhosts through the daemons' own parsers, and back as answers: what was written is what is served, to the octet.
import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { randomFrom } from '../../random.ts'
import { freePort } from '../../ssh/free-port.ts'
import { containers } from './fleets.ts'
import { judgeApache, startApache } from './local-apache.ts'
import { ask, makeSite, startNginx, treeOf } from './local-nginx.ts'
import { startVarnish } from './local-varnish.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const rounds = isLong ? 20 : 1
const vhostsOfRound = isLong ? 50 : 12

/** What has a meaning in one of the three languages, and what has none. */
const parts = [
  ...[
    ';',
    '{',
    '}',
    '"',
    "'",
    '\\',
    '#',
    ' ',
    '`',
    '<',
    '>',
    '%',
    '&',
    '|',
    '~',
    '*',
    '^',
    '(',
    ')',
    '[',
    ']',
    '=',
    '!',
    '?',
    '+',
    ',',
    '/',
  ],
  ...[
    '"}',
    '{"',
    '"}"',
    '\\n',
    '\\"',
    '%{HTTP_HOST}e',
    '%h',
    '%%',
    '//',
    '/*',
    '*/',
    '</VirtualHost>',
    '"""',
    'return',
    'é',
    '漢',
    'a',
    'b',
    '0',
  ],
]

type Random = () => number

function pick<T>(random: Random, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)] as T
}

/** A dollar is written twice in a header. */
function text(random: Random, dollar: string): string {
  const length = 1 + Math.floor(random() * 14)
  const words = Array.from({ length }, () =>
    random() < 0.15 ? pick(random, ['$', '$host', '${PATH}', '$1', '$$']).replaceAll('$', dollar) : pick(random, parts),
  )
  return `x${words.join('')}x`
}

function url(random: Random): string {
  return `https://h.test/${text(random, '$').replaceAll(/[^!-~]/g, '-')}`
}

interface Wanted {
  readonly name: string
  readonly host: string
  readonly header: string
  readonly body: string
  readonly to: string
}

function wantedOf(random: Random, index: number, dollar: string): Wanted {
  const host = `${pick(random, ['a', 'b-', 'xn--bcher-kva', '0'])}${index}${pick(random, ['', '.sub', '.x.y'])}.test`
  return { name: `v-${index}`, host, header: text(random, dollar), body: text(random, '$'), to: url(random) }
}

function fleetOf(provider: string, port: number, all: readonly Wanted[]): string {
  const vhosts = all.map(({ name, host, header, body, to }, index) => {
    const content = provider === 'apache' || index % 3 === 0 ? { redirect: { to, status: 307 } } : { respond: { status: 200, body } }
    return { name, serverNames: [host], listen: { http: port, addresses: ['127.0.0.1'] }, headers: { set: { 'X-T': header } }, ...content }
  })
  const spec = { target: { container: 'plpa' }, provider, vhosts }
  return `${containers}---\n${stringify({ apiVersion: 'reeve.dev/v1', kind: 'Proxy', metadata: { name: 'edge' }, spec })}`
}

const starts = {
  nginx: (site: ReturnType<typeof makeSite>, yaml: string) => startNginx(site, treeOf(yaml)),
  apache: startApache,
  varnish: startVarnish,
} as const

async function served(port: number, wanted: Wanted, why: string): Promise<void> {
  const { status, headers, body } = await ask({ port, host: wanted.host })
  const header = Buffer.from(String(headers['x-t']), 'latin1').toString()
  const found = status === 307 ? { header, to: headers.location } : { header, body }
  const { to, body: text } = wanted
  expect(found, why).toEqual({ header: wanted.header.replaceAll('$$', '$'), ...(status === 307 ? { to } : { body: text }) })
}

test.each(Object.keys(starts) as (keyof typeof starts)[])(
  `%s serves random vhosts as they were written (seed ${seed})`,
  { timeout: isLong ? 900_000 : 30_000 },
  async (provider) => {
    const random = randomFrom(seed)
    for (let round = 0; round < rounds; round++) {
      const all = Array.from({ length: vhostsOfRound }, (_, index) => wantedOf(random, index, '$$$$'))
      using site = makeSite()
      const port = await freePort()
      const yaml = fleetOf(provider, port, all)
      await using _daemon = await starts[provider](site, yaml)
      for (const wanted of all) await served(port, wanted, `REEVE_TEST_SEED=${seed}, round ${round}: ${JSON.stringify(wanted)}`)
    }
  },
)

test('Apache itself says that it has each name on its port', () => {
  const random = randomFrom(seed + 1)
  const all = Array.from({ length: vhostsOfRound }, (_, index) => wantedOf(random, index, '$$$$'))
  using site = makeSite()
  mkdirSync(site.path('reeve'))
  const said = judgeApache(site, fleetOf('apache', 8765, all), '-D', 'DUMP_VHOSTS')
  const names = [...said.matchAll(/namevhost (\S+) /g)].map(([, name = '']) => name)
  expect(names.filter((name) => !name.endsWith('.reeve.invalid')).sort()).toEqual(all.map(({ host }) => host).sort())
  expect(names[0]).toBe('refuse.reeve.invalid')
})
