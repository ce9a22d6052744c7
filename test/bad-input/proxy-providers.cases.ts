import { type BadInput, container, proxy } from './repository.ts'

const up = 'upstream: {servers: [{address: 192.0.2.80, port: 80}]}'
const of = (provider: string, fields: string, more: Readonly<Record<string, string>> = {}): string =>
  proxy({ provider, ...more, vhosts: `[{name: v, serverNames: [v.example.com], ${fields}}]` })
const wild = (fields: string, more = ''): string => proxy({ provider: 'apache', vhosts: `[{name: v, ${more}wildcard: {${fields}}}]` })

/** What one provider takes and another does not, and names below a suffix. */
export const proxyProviderCases: readonly BadInput[] = [
  {
    name: 'a field that Apache does not implement',
    file: of('apache', `${up}, limits: {requests: {rate: 10r/s}}`),
    says: [
      "bad.yaml:7:127: error: spec.vhosts[0].limits.requests: provider apache does not implement limits.requests; Debian's httpd has no module that counts clients: put a Proxy of nginx before it, or limit by source in a Firewall",
    ],
  },
  {
    name: 'a value that Apache does not implement',
    file: of('apache', 'upstream: {balance: ClientAddress, servers: [{address: 192.0.2.80, port: 80}]}'),
    says: [
      'bad.yaml:7:72: error: spec.vhosts[0].upstream.balance: provider apache does not implement upstream.balance: ClientAddress; take it out, or choose another provider',
    ],
  },
  {
    name: 'an answer that Apache does not give by itself',
    file: of('apache', 'respond: {status: 200}'),
    says: [
      'bad.yaml:7:70: error: spec.vhosts[0].respond.status: apache answers 200 with a file or an upstream, never by itself; write 400 or more',
    ],
  },
  {
    name: 'a status that Apache does not know',
    file: of('apache', `${up}, locations: [{path: /x, respond: {status: 418}}]`),
    says: [
      'bad.yaml:7:149: error: spec.vhosts[0].locations[0].respond.status: 418 is no status that apache knows: it would refuse to start',
    ],
  },
  {
    name: 'an answer of a part that Apache does not give by itself',
    file: of('apache', `${up}, locations: [{path: /x, respond: {status: 204}}]`),
    says: [
      'bad.yaml:7:149: error: spec.vhosts[0].locations[0].respond.status: apache answers 204 with a file or an upstream, never by itself; write 400 or more',
    ],
  },
  {
    name: 'connections that Apache does not count',
    file: of('apache', `${up}, limits: {connections: 9}`),
    says: [
      "bad.yaml:7:130: error: spec.vhosts[0].limits.connections: provider apache does not implement limits.connections; Debian's httpd has no module that counts clients: put a Proxy of nginx before it, or limit by source in a Firewall",
    ],
  },
  {
    name: 'a time to send for Apache',
    file: of('apache', `${up}, limits: {send: 9s}`),
    says: [
      'bad.yaml:7:123: error: spec.vhosts[0].limits.send: provider apache does not implement limits.send; limits.read bounds both ways there',
    ],
  },
  {
    name: 'a text that Apache does not answer by itself',
    file: of('apache', 'respond: {status: 404, body: no}'),
    says: ['bad.yaml:7:81: error: spec.vhosts[0].respond.body: provider apache does not implement respond.body; serve a file by root'],
  },
  {
    name: 'a part of a vhost of Varnish',
    file: of('varnish', `${up}, locations: [{path: /x, respond: {status: 410}}]`),
    says: [
      'bad.yaml:7:119: error: spec.vhosts[0].locations: provider varnish does not implement locations; put them into a Proxy of nginx before it',
    ],
  },
  {
    name: 'a proxy that Varnish trusts',
    file: of('varnish', up, { trustedProxies: '{addresses: [192.0.2.1]}' }),
    says: [
      'bad.yaml:7:19: error: spec.trustedProxies: provider varnish does not implement trustedProxies; say headers.forwardedFor: Append here, and let the proxy before it say who asks',
    ],
  },
  {
    name: 'a weight that Apache does not know',
    file: of('apache', 'upstream: {servers: [{address: 192.0.2.80, port: 80, weight: 200}]}'),
    says: ['bad.yaml:7:113: error: spec.vhosts[0].upstream.servers[0].weight: 200 is more than 100, the most that apache takes'],
  },
  {
    name: 'an expression of Apache in a header',
    file: of('apache', `${up}, headers: {set: {X-A: "expr=%{HTTP_HOST}"}}`),
    says: ['bad.yaml:7:129: error: spec.vhosts[0].headers.set["X-A"]: a value that begins with expr= is an expression to apache'],
  },
  {
    name: 'a variable of nginx for Apache',
    file: of('apache', `${up}, headers: {set: {X-A: $host}}`),
    says: [
      'bad.yaml:7:129: error: spec.vhosts[0].headers.set["X-A"]: "$host" is not an allowed apache variable; write "$$" for a literal dollar; there are none',
    ],
  },
  {
    name: 'a time to connect to what Apache finds by name',
    file: proxy({
      provider: 'apache',
      vhosts: '[{name: v, wildcard: {suffix: w.example.com, entries: {a: "192.0.2.1:80"}}, limits: {connect: 5s}}]',
    }),
    says: [
      'bad.yaml:7:105: error: spec.vhosts[0].limits.connect: apache has no time to connect for servers that it finds by name; take it out',
    ],
  },
  {
    name: 'TLS for Varnish',
    file: of('varnish', `${up}, tls: {certificate: /etc/ssl/v.crt, key: /etc/ssl/v.key}`),
    says: [
      'bad.yaml:7:113: error: spec.vhosts[0].tls: provider varnish does not implement tls; put a Proxy of nginx with this tls before it, whose upstream is the port of this one',
    ],
  },
  {
    name: 'a spare server that Varnish would never ask',
    file: of('varnish', 'upstream: {servers: [{address: 192.0.2.80, port: 80}, {address: 192.0.2.81, port: 80, backup: true}]}'),
    says: [
      'bad.yaml:7:146: error: spec.vhosts[0].upstream.servers[1].backup: varnish learns by the probe alone that the others fail; give the vhost a probe',
    ],
  },
  {
    name: 'several statuses for Varnish to ask for',
    file: of('varnish', `${up}, probe: {expectStatus: [200, 301]}`),
    says: [
      'bad.yaml:7:130: error: spec.vhosts[0].probe.expectStatus: varnish asks its servers this itself, for one status; write one, such as [200]',
    ],
  },
  {
    name: 'a name of a header that VCL does not know',
    file: of('varnish', `${up}, headers: {set: {X.A: b}}`),
    says: ['bad.yaml:7:129: error: spec.vhosts[0].headers.set["X.A"]: X.A is no name of a header in VCL: letters, digits, - and _'],
  },
  {
    name: 'a header that Varnish writes itself',
    file: of('varnish', `${up}, headers: {request: {Accept-Encoding: gzip}}`),
    says: ['bad.yaml:7:145: error: spec.vhosts[0].headers.request["Accept-Encoding"]: varnish itself asks its servers for gzip'],
  },
  {
    name: 'little memory for Varnish',
    file: of('varnish', up, { cache: '{memory: 1Mi}' }),
    says: ['bad.yaml:7:19: error: spec.cache.memory: 1Mi is less than 16Mi'],
  },
  {
    name: 'memory for nginx',
    file: of('nginx', up, { cache: '{memory: 64Mi}' }),
    says: ['bad.yaml:7:10: error: spec.cache: provider nginx does not implement cache; take it out, or choose another provider'],
  },
  {
    name: 'two VCLs of one Varnish',
    file: `${of('varnish', up)}---\n${of('varnish', up).replace('{name: bad}', '{name: worse}').replace('v.example.com', 'x.example.com').replace('name: v,', 'name: x,')}`,
    says: [
      'bad.yaml:6:13: error: spec.provider: "its VCL" is already taken by Proxy/worse (bad.yaml:14:13); it must be unique: varnish on he1',
      'bad.yaml:14:13: error: spec.provider: "its VCL" is already taken by Proxy/bad (bad.yaml:6:13); it must be unique: varnish on he1',
    ],
  },
  {
    name: 'two programs on one port',
    file: of('apache', up, { target: '{container: web}' }),
    says: [
      "bad.yaml:7:12: error: spec.vhosts[0]: port 80 is nginx's there, by Proxy/edge; apache cannot listen on it too",
      "good.yaml:40:12: error: spec.vhosts[0]: port 80 is apache's there, by Proxy/bad; nginx cannot listen on it too",
    ],
  },
  {
    name: 'a suffix that is no name',
    file: wild('suffix: "a b", entries: {a: "192.0.2.1:80"}'),
    says: ['bad.yaml:7:41: error: spec.vhosts[0].wildcard.suffix: not a host name (character " " at 1)'],
  },
  {
    name: 'a suffix with its dot',
    file: wild('suffix: .example.com, entries: {a: "192.0.2.1:80"}'),
    says: ['bad.yaml:7:41: error: spec.vhosts[0].wildcard.suffix: a suffix is written without the dot before it'],
  },
  {
    name: 'names beside a suffix',
    file: wild('suffix: w.example.com, entries: {a: "192.0.2.1:80"}', 'serverNames: [a.example.com], '),
    says: [
      'bad.yaml:7:35: error: spec.vhosts[0].serverNames: serverNames and wildcard exclude each other: its names are those below suffix',
    ],
  },
  {
    name: 'a suffix that leads nowhere',
    file: wild('suffix: w.example.com'),
    says: ['bad.yaml:7:32: error: spec.vhosts[0].wildcard: it leads nowhere; give entries or fromContainers'],
  },
  {
    name: 'a name below a suffix that is two',
    file: wild('suffix: w.example.com, entries: {a.b: "192.0.2.1:80"}'),
    says: ['bad.yaml:7:71: error: spec.vhosts[0].wildcard.entries["a.b"]: "a.b" is not the first label of a host name in lower case'],
  },
  {
    name: 'a server below a suffix without a port',
    file: wild('suffix: w.example.com, entries: {a: 192.0.2.1}'),
    says: [
      'bad.yaml:7:69: error: spec.vhosts[0].wildcard.entries["a"]: "192.0.2.1" is not an IPv4 address and port, such as 192.168.1.2:80',
    ],
  },
  {
    name: 'a Container below a suffix without an address',
    file: `${container({}).replace('{name: bad}', '{name: bad, labels: {web: "yes"}}')}---\n${wild('suffix: w.example.com, fromContainers: {matchLabels: {web: "yes"}, port: 80}')}`,
    says: [
      'bad.yaml:15:72: error: spec.vhosts[0].wildcard.fromContainers: Container bad has these labels and declares no IPv4 address; give it network[].ipv4.address',
    ],
    adds: ['Container/bad'],
  },
  {
    name: 'a Container below a suffix that is there twice',
    file: `${container({ network: '[{name: eth0, bridge: br-lxc, ipv4: {address: 192.168.100.11/24}}]' }).replace('{name: bad}', '{name: bad, labels: {web: "yes"}}')}---\n${wild('suffix: w.example.com, entries: {bad: "192.0.2.1:80"}, fromContainers: {matchLabels: {web: "yes"}, port: 80}')}`,
    says: ['bad.yaml:16:71: error: spec.vhosts[0].wildcard.entries["bad"]: Container bad has this name too, by fromContainers'],
    adds: ['Container/bad'],
  },
  {
    name: 'a certificate of any name of an upstream',
    file: of('nginx', 'upstream: {tls: {serverName: "*.example.com"}, servers: [{address: 192.0.2.80, port: 443}]}'),
    says: ['bad.yaml:7:81: error: spec.vhosts[0].upstream.tls.serverName: a certificate is asked for by one whole name'],
  },
  {
    name: 'authorities that nothing holds',
    file: of('nginx', 'upstream: {tls: {serverName: a.example.com, trusted: /dev/stdin}, servers: [{address: 192.0.2.80, port: 443}]}'),
    says: ['bad.yaml:7:105: error: spec.vhosts[0].upstream.tls.trusted: /dev/stdin is no file of certificates that lasts'],
  },
  {
    name: 'authorities that nobody asks',
    file: of(
      'nginx',
      'upstream: {tls: {serverName: a.example.com, trusted: /etc/ssl/ca.pem, verify: false}, servers: [{address: 192.0.2.80, port: 443}]}',
    ),
    says: ['bad.yaml:7:105: error: spec.vhosts[0].upstream.tls.trusted: verify: false reads no authorities'],
  },
  {
    name: 'a name server by its name',
    file: of('nginx', `${up}, tls: {certificate: /etc/ssl/v.crt, key: /etc/ssl/v.key, stapling: {resolvers: ["1.2.3"]}}`),
    says: ['bad.yaml:7:187: error: spec.vhosts[0].tls.stapling.resolvers[0]: "1.2.3" is not an address of a name server'],
  },
  {
    name: 'an own header of a location that Reeve writes',
    file: of('nginx', `${up}, locations: [{path: /x, ${up}, headers: {request: {X-Forwarded-Proto: https}}}]`),
    says: [
      'bad.yaml:7:226: error: spec.vhosts[0].locations[0].headers.request["X-Forwarded-Proto"]: X-Forwarded-Proto is not set here: headers.forwardedProto says it',
    ],
  },
]
