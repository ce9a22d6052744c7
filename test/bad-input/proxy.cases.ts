import { type BadInput, container, proxy } from './repository.ts'

const vh = (fields: string): string => proxy({ vhosts: `[{name: v, serverNames: [v.example.com], ${fields}}]` })
const up = 'upstream: {servers: [{address: 192.0.2.80, port: 80}]}'

export const proxyCases: readonly BadInput[] = [
  {
    name: 'a server name that closes the block',
    file: proxy({ vhosts: `[{name: v, serverNames: ["a.com; } server {"], ${up}}]` }),
    says: ['bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: not a host name (character ";" at 5)'],
  },
  {
    name: 'a label of 64 octets',
    file: proxy({ vhosts: `[{name: v, serverNames: [${'a'.repeat(64)}.example.com], ${up}}]` }),
    says: ['bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: label "aaa…" is 64 octets, limit 63'],
  },
  {
    name: 'a name of 254 octets',
    file: proxy({ vhosts: `[{name: v, serverNames: [${Array(51).fill('abcd').join('.')}.${'e'.repeat(49)}x], ${up}}]` }),
    says: ['bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: the name is 305 octets, limit 253'],
  },
  {
    name: 'a wildcard inside a name',
    file: proxy({ vhosts: `[{name: v, serverNames: ["a*.example.com"], ${up}}]` }),
    says: [
      'bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: not a host name (a wildcard stands alone as the first label, as in *.example.com)',
    ],
  },
  {
    name: 'a name of dots',
    file: proxy({ vhosts: `[{name: v, serverNames: ["a..example.com"], ${up}}]` }),
    says: ['bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: not a host name (two dots, or a dot at the end)'],
  },
  {
    name: 'a name of a hyphen',
    file: proxy({ vhosts: `[{name: v, serverNames: ["-a.example.com"], ${up}}]` }),
    says: ['bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: not a host name (label "-a" begins or ends with a hyphen)'],
  },
  {
    name: 'an empty name',
    file: proxy({ vhosts: `[{name: v, serverNames: [""], ${up}}]` }),
    says: ['bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: not a host name (it is empty)'],
  },
  {
    name: 'a name that has no form in the DNS',
    file: proxy({ vhosts: `[{name: v, serverNames: ["\\u2024.example.com"], ${up}}]` }),
    says: ['bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: not a host name ("․.example.com" has no form in the DNS)'],
  },
  {
    name: 'a name that another Proxy serves',
    file: proxy({ target: '{container: web}', vhosts: `[{name: v, serverNames: [App.example.com], ${up}}]` }),
    says: [
      'bad.yaml:6:36: error: spec.vhosts[0].serverNames[0]: "app.example.com:80" is already taken by Proxy/edge (good.yaml:40:38); it must be unique: server name on he1/web',
      'good.yaml:40:38: error: spec.vhosts[0].serverNames[0]: "app.example.com:80" is already taken by Proxy/bad (bad.yaml:6:36); it must be unique: server name on he1/web',
    ],
  },
  {
    name: 'the vhost of another Proxy',
    file: proxy({ target: '{container: web}', vhosts: `[{name: app, serverNames: [b.example.com], ${up}}]` }),
    says: [
      'bad.yaml:6:19: error: spec.vhosts[0].name: "app" is already taken by Proxy/edge (good.yaml:40:19); it must be unique: vhost on he1/web',
      'good.yaml:40:19: error: spec.vhosts[0].name: "app" is already taken by Proxy/bad (bad.yaml:6:19); it must be unique: vhost on he1/web',
    ],
  },
  {
    name: 'a header with a line feed',
    file: vh(`${up}, headers: {set: {X-A: "a\\nb"}}`),
    says: ['bad.yaml:6:129: error: spec.vhosts[0].headers.set["X-A"]: control character (line feed) not allowed'],
  },
  {
    name: 'a header with a variable',
    file: vh(`${up}, headers: {set: {X-A: "$foo"}}`),
    says: [
      'bad.yaml:6:129: error: spec.vhosts[0].headers.set["X-A"]: "$foo" is not an allowed nginx variable; write "$$" for a literal dollar; allowed are $host, $remote_addr, $scheme, $request_id, $server_name, $server_port',
    ],
  },
  {
    name: 'a header name with a space',
    file: vh(`${up}, headers: {set: {"X A": b}}`),
    says: ['bad.yaml:6:131: error: spec.vhosts[0].headers.set["X A"]: "X A" is not a header name (RFC 9110 5.1)'],
  },
  {
    name: 'a server of port 99999',
    file: vh('upstream: {servers: [{address: 192.0.2.1, port: 99999}]}'),
    says: ['bad.yaml:6:100: error: spec.vhosts[0].upstream.servers[0].port: 99999 is too large: at most 65535'],
  },
  {
    name: 'a server without a port',
    file: vh('upstream: {servers: [{address: 192.0.2.1}]}'),
    says: ['bad.yaml:6:73: error: spec.vhosts[0].upstream.servers[0]: the field "port" is missing; TCP port'],
  },
  {
    name: 'a server by name',
    file: vh('upstream: {servers: [{address: db.example.com, port: 80}]}'),
    says: [
      'bad.yaml:6:83: error: spec.vhosts[0].upstream.servers[0].address: "db.example.com" is not an IP address; nginx would refuse to start where a name does not resolve; use an IP address or a container reference',
    ],
  },
  {
    name: 'a server by container and address',
    file: vh('upstream: {servers: [{address: 192.0.2.1, container: web, port: 80}]}'),
    says: ['bad.yaml:6:73: error: spec.vhosts[0].upstream.servers[0]: a server is given by exactly one of container and address'],
  },
  {
    name: 'a container that has no address',
    file:
      container({}) +
      '---\n' +
      proxy({ vhosts: '[{name: v, serverNames: [v.example.com], upstream: {servers: [{container: bad, port: 80}]}}]' }),
    says: [
      'bad.yaml:14:85: error: spec.vhosts[0].upstream.servers[0].container: Container bad declares no IPv4 address; give it network[].ipv4.address',
    ],
    adds: ['Container/bad'],
  },
  {
    name: 'only spare servers',
    file: vh('upstream: {servers: [{address: 192.0.2.1, port: 80, backup: true}]}'),
    says: [
      'bad.yaml:6:72: error: spec.vhosts[0].upstream.servers: all of them are backups: nginx refuses to start; take backup from one of them',
    ],
  },
  {
    name: 'two defaults of one port',
    file: proxy({
      vhosts: `[{name: v, default: true, listen: {http: 8080}, ${up}}, {name: w, default: true, listen: {http: 8080}, ${up}}]`,
    }),
    says: [
      'bad.yaml:6:31: error: spec.vhosts[0].default: ":8080" is already taken by spec.vhosts[1].default of the same manifest (bad.yaml:6:135); it must be unique: default vhost on he1',
      'bad.yaml:6:135: error: spec.vhosts[1].default: ":8080" is already taken by spec.vhosts[0].default of the same manifest (bad.yaml:6:31); it must be unique: default vhost on he1',
    ],
  },
  {
    name: 'a default beside the distribution’s',
    file: proxy({ vhosts: `[{name: v, default: true, ${up}}]` }),
    says: [
      "bad.yaml:6:31: error: spec.vhosts[0].default: default vhost for :80 is claimed by the distribution's default site too; set replaceDistroDefault: true",
    ],
  },
  {
    name: 'a vhost without names',
    file: proxy({ vhosts: `[{name: v, ${up}}]` }),
    says: ['bad.yaml:6:12: error: spec.vhosts[0]: a vhost that is not the default needs serverNames'],
  },
  {
    name: 'a vhost of two contents',
    file: vh(`${up}, root: /srv/www`),
    says: ['bad.yaml:6:12: error: spec.vhosts[0]: a vhost has exactly one of upstream, root and respond; this one has 2'],
  },
  {
    name: 'a location of no content',
    file: vh(`${up}, locations: [{path: /x}]`),
    says: ['bad.yaml:6:120: error: spec.vhosts[0].locations[0]: a location has exactly one of root and respond'],
  },
  {
    name: 'a location that does not begin with a slash',
    file: vh(`${up}, locations: [{path: x, root: /srv}]`),
    says: ['bad.yaml:6:127: error: spec.vhosts[0].locations[0].path: "x" does not begin with /'],
  },
  {
    name: 'two locations of one path',
    file: vh(`${up}, locations: [{path: /x, root: /srv}, {path: /x, root: /srv}]`),
    says: ['bad.yaml:6:151: error: spec.vhosts[0].locations[1].path: /x is already at locations[0]'],
  },
  {
    name: 'a location that takes requests of Reeve’s',
    file: vh(`${up}, locations: [{path: "/x\\ty", root: /srv}]`),
    says: ['bad.yaml:6:127: error: spec.vhosts[0].locations[0].path: control character (tab) not allowed'],
  },
  {
    name: 'a certificate, which is not there yet',
    file: vh(`${up}, tls: {certFile: /etc/x}`),
    says: ['bad.yaml:6:108: error: spec.vhosts[0].tls: unknown field "tls"; see the documentation of this kind'],
  },
  {
    name: 'raw directives',
    file: vh(`${up}, extraDirectives: []`),
    says: ['bad.yaml:6:108: error: spec.vhosts[0].extraDirectives: unknown field "extraDirectives"; see the documentation of this kind'],
  },
  {
    name: 'a provider that is not there yet of Proxy',
    file: proxy({ provider: 'varnish', vhosts: `[{name: v, serverNames: [v.example.com], ${up}}]` }),
    says: ['bad.yaml:6:13: error: spec.provider: must be nginx, not the text "varnish"'],
  },
  {
    name: 'an address to listen on that is none',
    file: vh(`${up}, listen: {addresses: ["1.2.3"]}`),
    says: ['bad.yaml:6:129: error: spec.vhosts[0].listen.addresses[0]: "1.2.3" is not an IP address'],
  },
  {
    name: 'a time to connect of an hour',
    file: vh(`${up}, limits: {connect: 1h}`),
    says: ['bad.yaml:6:126: error: spec.vhosts[0].limits.connect: 1h is not between 1s and 75s'],
  },
  {
    name: 'a body without a unit',
    file: vh(`${up}, limits: {bodySize: 10 megs}`),
    says: ['bad.yaml:6:127: error: spec.vhosts[0].limits.bodySize: "10 megs" is not a size; write for example 10Gi or 512Mi'],
  },
  {
    name: 'a time without a unit',
    file: vh(`${up}, limits: {read: "60"}`),
    says: ['bad.yaml:6:123: error: spec.vhosts[0].limits.read: "60" is not a duration; write for example 30s, 5m, 2h or 7d'],
  },
  {
    name: 'a status that HTTP has not',
    file: vh('respond: {status: 99}'),
    says: ['bad.yaml:6:70: error: spec.vhosts[0].respond.status: 99 is too small: at least 200'],
  },
  {
    name: 'a text with NUL',
    file: vh('respond: {status: 200, body: "a\\0b"}'),
    says: ['bad.yaml:6:81: error: spec.vhosts[0].respond.body: control character U+0000 is not allowed; delete it'],
  },
  {
    name: 'a log outside of its place',
    file: vh(`${up}, accessLog: {server: /etc/passwd}`),
    says: [
      'bad.yaml:6:128: error: spec.vhosts[0].accessLog.server: /etc/passwd is no place for a log: nginx would append to it as root; choose a file below /var/log',
    ],
  },
  {
    name: 'files of the system',
    file: vh('root: /etc'),
    says: [
      'bad.yaml:6:58: error: spec.vhosts[0].root: /etc is not for the world: it holds what the machine itself lives by; serve a directory such as /srv/www',
    ],
  },
  {
    name: 'a listener on a container without address',
    file: `${container({})}---\n${proxy({ target: '{container: bad}', vhosts: `[{name: v, serverNames: [v.example.com], ${up}}]` })}`,
    says: [
      'bad.yaml:13:23: error: spec.target.container: Container bad declares no IPv4 address, so nobody can ask whether its nginx has loaded what was written; give it network[].ipv4.address',
    ],
    adds: ['Container/bad'],
  },
]
