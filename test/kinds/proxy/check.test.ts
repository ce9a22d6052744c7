import { expect, test } from 'vitest'
import type { ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'
import { containers, proxyOf } from './fleets.ts'

/** services.md 3.5 and 3.4: what is written, and what is said of it. */
const bad: readonly { readonly name: string; readonly vhost: string; readonly says: readonly string[] }[] = [
  {
    name: 'a server name that closes the block',
    vhost: '{name: app, serverNames: ["a.com; } server {"], root: /srv}',
    says: ['spec.vhosts[0].serverNames[0]: not a host name (character ";" at 5)'],
  },
  {
    name: 'a label of 64 octets',
    vhost: `{name: app, serverNames: [${'a'.repeat(64)}.com], root: /srv}`,
    says: ['spec.vhosts[0].serverNames[0]: label "aaa…" is 64 octets, limit 63'],
  },
  {
    name: 'a name of 254 octets',
    vhost: `{name: app, serverNames: [${'a.'.repeat(126)}ab], root: /srv}`,
    says: ['spec.vhosts[0].serverNames[0]: the name is 254 octets, limit 253'],
  },
  {
    name: 'two wildcards',
    vhost: '{name: app, serverNames: ["*.*.example.com", "a*.example.com"], root: /srv}',
    says: [
      'spec.vhosts[0].serverNames[0]: not a host name (a wildcard stands alone as the first label, as in *.example.com)',
      'spec.vhosts[0].serverNames[1]: not a host name (a wildcard stands alone as the first label, as in *.example.com)',
    ],
  },
  {
    name: 'a regular expression as a name',
    vhost: '{name: app, serverNames: ["~^(?<x>.+)$"], root: /srv}',
    says: ['spec.vhosts[0].serverNames[0]: not a host name (character "~" at 0)'],
  },
  {
    name: 'a newline in a name',
    vhost: '{name: app, serverNames: ["a\\nb"], root: /srv}',
    says: ['spec.vhosts[0].serverNames[0]: not a host name (control character "\\n" at 1)'],
  },
  {
    name: 'a label that begins with a hyphen',
    vhost: '{name: app, serverNames: [-a.example.com, a..b, ""], root: /srv}',
    says: [
      'spec.vhosts[0].serverNames[0]: not a host name (label "-a" begins or ends with a hyphen)',
      'spec.vhosts[0].serverNames[1]: not a host name (two dots, or a dot at the end)',
      'spec.vhosts[0].serverNames[2]: not a host name (it is empty)',
    ],
  },
  {
    name: 'no name at all',
    vhost: '{name: app, root: /srv}',
    says: ['spec.vhosts[0]: a vhost that is not the default needs serverNames'],
  },
  {
    name: 'a newline in a header',
    vhost: '{name: app, serverNames: [a.b], root: /srv, headers: {set: {X-A: "a\\nX-Evil: 1"}}}',
    says: ['spec.vhosts[0].headers.set["X-A"]: control character (line feed) not allowed'],
  },
  {
    name: 'a foreign variable in a header',
    vhost: '{name: app, serverNames: [a.b], root: /srv, headers: {set: {X-A: "$foo", X-B: "${http_cookie}"}}}',
    says: [
      'spec.vhosts[0].headers.set["X-A"]: "$foo" is not an allowed nginx variable; write "$$" for a literal dollar',
      'spec.vhosts[0].headers.set["X-B"]: "${http_cookie}" is not an allowed nginx variable; write "$$" for a literal dollar',
    ],
  },
  {
    name: 'a header name that is none',
    vhost: '{name: app, serverNames: [a.b], root: /srv, headers: {set: {"X A:": x}}}',
    says: ['spec.vhosts[0].headers.set["X A:"]: "X A:" is not a header name (RFC 9110 5.1)'],
  },
  {
    name: 'an upstream by name',
    vhost: '{name: app, serverNames: [a.b], upstream: {servers: [{address: $http_x_target, port: 80}]}}',
    says: [
      'spec.vhosts[0].upstream.servers[0].address: "$http_x_target" is not an IP address; nginx would refuse to start where a name does not resolve',
    ],
  },
  {
    name: 'an upstream that is a container and an address',
    vhost: '{name: app, serverNames: [a.b], upstream: {servers: [{address: 10.0.0.1, container: web, port: 80}, {port: 80}]}}',
    says: [
      'spec.vhosts[0].upstream.servers[0]: a server is given by exactly one of container and address',
      'spec.vhosts[0].upstream.servers[1]: a server is given by exactly one of container and address',
    ],
  },
  {
    name: 'a container without an address',
    vhost: '{name: app, serverNames: [a.b], upstream: {servers: [{container: nowhere, port: 80}]}}',
    says: ['spec.vhosts[0].upstream.servers[0].container: Container nowhere declares no IPv4 address'],
  },
  {
    name: 'nothing to serve, and two things to serve',
    vhost: '{name: app, serverNames: [a.b]}, {name: two, serverNames: [c.d], root: /srv, respond: {status: 200}}',
    says: [
      'spec.vhosts[0]: a vhost has exactly one of upstream, wildcard, root, respond and redirect; this one has none',
      'spec.vhosts[1]: a vhost has exactly one of upstream, wildcard, root, respond and redirect; this one has 2',
    ],
  },
  {
    name: 'bad locations',
    vhost:
      '{name: app, serverNames: [a.b], root: /srv, locations: [{path: "~ x", root: /srv}, {path: /, root: /srv}, {path: /a}, {path: /b, root: /srv}, {path: /b, root: /srv}]}',
    says: [
      'spec.vhosts[0].locations[0].path: "~ x" does not begin with /',
      'spec.vhosts[0].locations[1].path: what / serves is said by the vhost itself',
      'spec.vhosts[0].locations[2]: a location has exactly one of upstream, root, respond, redirect and fastcgi',
      'spec.vhosts[0].locations[4].path: /b is already at locations[3]',
    ],
  },
  {
    name: 'a control character in a path and a body',
    vhost:
      '{name: app, serverNames: [a.b], respond: {status: 200, body: "a\\tb"}, locations: [{path: "/a\\rb", respond: {status: 200, body: "\\x7f"}}]}',
    says: [
      'spec.vhosts[0].respond.body: control character (tab) not allowed',
      'spec.vhosts[0].locations[0].path: control character (carriage return) not allowed',
      'spec.vhosts[0].locations[0].respond.body: control character (DEL) not allowed',
    ],
  },
  {
    name: 'limits that are none',
    vhost: '{name: app, serverNames: [a.b], root: /srv, limits: {bodySize: 10M, connect: 5m, read: soon, send: 0s}}',
    says: [
      'spec.vhosts[0].limits.bodySize: write 10Mi: a bare M means 1024s to LVM and 1000s to others',
      'spec.vhosts[0].limits.connect: 5m is not between 1s and 75s',
      'spec.vhosts[0].limits.read: "soon" is not a duration; write for example 30s, 5m, 2h or 7d',
      'spec.vhosts[0].limits.send: 0s is not between 1s and 86400s',
    ],
  },
  {
    name: 'an address to listen on that is none',
    vhost: '{name: app, serverNames: [a.b], root: /srv, listen: {addresses: ["1.2.3"]}}',
    says: ['spec.vhosts[0].listen.addresses[0]: "1.2.3" is not an IP address'],
  },
]

test.each(bad)('$name is refused with its place and reason', ({ vhost, says }) => {
  expect(complaints(fleetOf(containers + proxyOf(`[${vhost}]`)), 'Proxy')).toEqual(says)
})

test('a default vhost beside the default site of the distribution is refused', () => {
  const text = proxyOf('[{name: app, default: true, root: /srv}]').replace('replaceDistroDefault: true', 'replaceDistroDefault: false')
  expect(complaints(fleetOf(containers + text), 'Proxy')).toEqual([
    "spec.vhosts[0].default: default vhost for :80 is claimed by the distribution's default site too",
  ])
})

test('a target whose address nobody declared is refused', () => {
  const text = proxyOf('[{name: app, default: true, root: /srv}]').replace('container: plpa', 'container: nowhere')
  expect(complaints(fleetOf(containers + text), 'Proxy')).toEqual([
    'spec.target.container: Container nowhere declares no IPv4 address, so nobody can ask whether its nginx has loaded what was written',
  ])
})

test('a name, a default and a file can be had once on a target, in whatever spelling', () => {
  const fleet = fleetOf(containers + proxyOf('[{name: app, serverNames: [Bücher.example, "*.A.example"], default: true, root: /srv}]'))
  const [manifest] = fleet.all('Proxy')
  expect(manifest && kindOf('Proxy').claims?.(manifest, fleet)).toEqual([
    { scope: 'vhost on he1/plpa', value: 'app', path: 'spec.vhosts[0].name' },
    { scope: 'server name on he1/plpa', value: 'xn--bcher-kva.example:80', path: 'spec.vhosts[0].serverNames[0]' },
    { scope: 'server name on he1/plpa', value: '*.a.example:80', path: 'spec.vhosts[0].serverNames[1]' },
    { scope: 'default vhost on he1/plpa', value: ':80', path: 'spec.vhosts[0].default' },
  ])
})

test('with HTTPS a name and a default are had on both ports, and once where they are one', () => {
  const tls = 'tls: {certificate: /c, key: /k}'
  const fleet = fleetOf(
    containers + proxyOf(`[{name: app, serverNames: [a.b], default: true, root: /srv, listen: {http: 8080, https: 8443}, ${tls}}]`),
  )
  const [manifest] = fleet.all('Proxy')
  const claims = manifest ? kindOf('Proxy').claims?.(manifest, fleet) : []
  expect(claims?.map(({ value }) => value)).toEqual(['app', 'a.b:8080', 'a.b:8443', ':8080', ':8443'])
})

test('a port of HTTPS is that of nobody’s plain HTTP, and has one profile, also between Proxies', () => {
  const tls = (profile: string) => `tls: {certificate: /c, key: /k, profile: ${profile}}`
  const fleet = fleetOf(
    containers +
      proxyOf(`[{name: one, serverNames: [a.b], root: /srv, ${tls('Modern')}}]`) +
      proxyOf(`[{name: two, serverNames: [c.d], root: /srv, ${tls('Intermediate')}}]`, '', 'second') +
      proxyOf(`[{name: three, serverNames: [e.f], root: /srv, listen: {http: 444}}]`, '', 'third') +
      proxyOf(`[{name: four, serverNames: [g.h], root: /srv, listen: {https: 444}, ${tls('Modern')}}]`, '', 'fourth'),
  )
  expect(complaints(fleet, 'Proxy')).toEqual([
    'spec.vhosts[0].tls.profile: port 443 is Intermediate for vhost two of Proxy/second: a port has one profile, since nginx takes protocols from its first server',
    'spec.vhosts[0].tls.profile: port 443 is Modern for vhost one of Proxy/edge: a port has one profile, since nginx takes protocols from its first server',
    'spec.vhosts[0].listen.https: port 444 is plain HTTP for vhost three of Proxy/third',
  ])
})

test('a vhost with HTTPS is asked for its health by TLS', () => {
  const fleet = fleetOf(
    containers + proxyOf('[{name: app, serverNames: ["*.b"], root: /srv, tls: {certificate: /c, key: /k}, probe: {path: /x}}]'),
  )
  const [manifest] = fleet.all('Proxy')
  const kind = kindOf('Proxy')
  const [at] = manifest ? kind.place(manifest, fleet) : []
  const vitals = manifest && at ? kind.vitals?.(manifest, at, fleet) : []
  expect(vitals?.map(({ id, pace }) => `${id} ${pace}`)).toEqual(['certificates trip', 'certificate-keys slow', 'vhost-app fromController'])
  expect(vitals?.[2]?.probe).toMatchObject({ type: 'http', tls: true, host: '192.168.9.2', port: 443, hostHeader: 'reeve-probe.b' })
})

test('what a proxy mentions is named with its place', () => {
  const fleet = fleetOf(
    containers +
      proxyOf(
        '[{name: app, serverNames: [a.b], upstream: {servers: [{address: 10.0.0.1, port: 80}, {container: web, port: 80}]}, locations: [{path: /x, upstream: {servers: [{container: nowhere, port: 1}]}}]}]',
      ),
  )
  expect(kindOf('Proxy').references(fleet.all('Proxy')[0]?.spec)).toEqual([
    { kind: 'Container', name: 'plpa', path: 'spec.target.container' },
    { kind: 'Container', name: 'web', path: 'spec.vhosts[0].upstream.servers[1].container' },
    { kind: 'Container', name: 'nowhere', path: 'spec.vhosts[0].locations[0].upstream.servers[0].container' },
  ])
})

/** What the schema itself refuses. */
const malformed: readonly (readonly [string, string])[] = [
  ['a port beyond all ports', '{name: app, serverNames: [a.b], upstream: {servers: [{address: 10.0.0.1, port: 99999}]}}'],
  ['an upstream without a port', '{name: app, serverNames: [a.b], upstream: {servers: [{address: 10.0.0.1}]}}'],
  ['a raw snippet', '{name: app, serverNames: [a.b], root: /srv, extra: "include /etc/passwd;"}'],
  ['a root with a variable', '{name: app, serverNames: [a.b], root: "/srv/$http_x"}'],
  ['a log file that ends the directive', '{name: app, serverNames: [a.b], root: /srv, accessLog: {server: "/x; load_module y"}}'],
  ['a content type with a semicolon too many', '{name: app, serverNames: [a.b], respond: {status: 200, contentType: "text/html; }"}}'],
  ['a vhost name that leaves its directory', '{name: ../../etc/passwd, serverNames: [a.b], root: /srv}'],
]
test.each(malformed)('%s is refused by the schema', (_, vhost) => {
  expect(() => fleetOf(containers + proxyOf(`[${vhost}]`))).toThrow('vhosts')
})

test('what nginx 1.25.1 and later say of `listen … http2` is no failure of its check', () => {
  const fleet = fleetOf(containers + proxyOf('[{name: app, serverNames: [a.b], root: /srv, tls: {certificate: /c, key: /k}}]'))
  const [manifest] = fleet.all('Proxy')
  const kind = kindOf('Proxy')
  const [at] = manifest ? kind.place(manifest, fleet) : []
  const specs = manifest && at ? kind.compile(manifest, at, fleet) : []
  const service = specs.find(({ type }) => type === 'service') as ServiceSpec | undefined
  const said =
    'nginx: [warn] the "listen ... http2" directive is deprecated, use the "http2" directive instead in /etc/nginx/reeve/vhost-app.conf:9'
  expect(service?.check?.failOn).toEqual(['conflicting server name'])
  expect(service?.check?.failOn.some((text) => said.includes(text))).toBe(false)
})
