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
    says: [
      'bad.yaml:6:12: error: spec.vhosts[0]: a vhost has exactly one of upstream, wildcard, root, respond and redirect; this one has 2',
    ],
  },
  {
    name: 'a location of no content',
    file: vh(`${up}, locations: [{path: /x}]`),
    says: [
      'bad.yaml:6:120: error: spec.vhosts[0].locations[0]: a location has exactly one of upstream, root, respond, redirect and fastcgi',
    ],
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
    name: 'raw directives',
    file: vh(`${up}, extraDirectives: []`),
    says: [
      'bad.yaml:6:108: error: spec.vhosts[0].extraDirectives: unknown field "extraDirectives"; the fields here are name, serverNames, default, listen, tls, wildcard, upstream, root, index, fallback, redirect, respond, locations, headers, websockets, limits, accessLog, probe',
    ],
  },
  {
    name: 'a provider that is not there yet of Proxy',
    file: proxy({ provider: 'caddy', vhosts: `[{name: v, serverNames: [v.example.com], ${up}}]` }),
    says: ['bad.yaml:6:13: error: spec.provider: must be one of nginx, apache, varnish, not the text "caddy"'],
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

const tls = (fields = ''): string => `tls: {certificate: /etc/ssl/v.crt, key: /etc/ssl/v.key${fields}}`
const location = (fields: string): string => vh(`${up}, locations: [{${fields}}]`)

export const proxyTlsCases: readonly BadInput[] = [
  {
    name: 'a certificate without its key',
    file: vh(`${up}, tls: {certificate: /etc/x}`),
    says: ['bad.yaml:6:113: error: spec.vhosts[0].tls: the field "key" is missing; PEM file of its key on the target'],
  },
  {
    name: 'a certificate that is a text',
    file: vh(`${up}, tls: {certificate: "-----BEGIN CERTIFICATE-----", key: /k}`),
    says: [
      'bad.yaml:6:127: error: spec.vhosts[0].tls.certificate: "-----BEGIN CERTIFICATE-----" is not allowed here; PEM file on the target, the certificate first and what it was signed with after it',
    ],
  },
  {
    name: 'a key that leads elsewhere',
    file: vh(`${up}, tls: {certificate: /c, key: /etc/../k}`),
    says: ['bad.yaml:6:136: error: spec.vhosts[0].tls.key: /etc/../k is not normalised; leave . and .. out'],
  },
  {
    name: 'a certificate that nothing holds',
    file: vh(`${up}, tls: {certificate: /proc/self/fd/0, key: /k}`),
    says: ['bad.yaml:6:127: error: spec.vhosts[0].tls.certificate: /proc/self/fd/0 is no file that lasts'],
  },
  {
    name: 'a key that everybody may read',
    file: vh('root: /srv/www, tls: {certificate: /srv/www/v.crt, key: /srv/www/v.key}'),
    says: ['bad.yaml:6:108: error: spec.vhosts[0].tls.key: the key lies below /srv/www, which is served to everybody'],
  },
  {
    name: 'a profile that nobody knows',
    file: vh(`${up}, ${tls(', profile: Old')}`),
    says: ['bad.yaml:6:173: error: spec.vhosts[0].tls.profile: must be one of Intermediate, Modern, not the text "Old"'],
  },
  {
    name: 'a port for HTTPS without a certificate',
    file: vh(`${up}, listen: {https: 8443}`),
    says: ['bad.yaml:6:124: error: spec.vhosts[0].listen.https: a port for HTTPS needs tls; give tls.certificate and tls.key'],
  },
  {
    name: 'one port for plain and HTTPS',
    file: vh(`${up}, listen: {http: 8443, https: 8443}, ${tls()}`),
    says: ['bad.yaml:6:136: error: spec.vhosts[0].listen.https: port 8443 is plain HTTP for vhost v of Proxy/bad'],
  },
  {
    name: 'two profiles on one port',
    file: proxy({
      vhosts: `[{name: v, serverNames: [v.example.com], ${up}, ${tls()}}, {name: w, serverNames: [w.example.com], ${up}, ${tls(', profile: Modern')}}]`,
    }),
    says: [
      'bad.yaml:6:113: error: spec.vhosts[0].tls.profile: port 443 is Modern for vhost w of Proxy/bad: a port has one profile, since nginx takes protocols from its first server',
      'bad.yaml:6:327: error: spec.vhosts[1].tls.profile: port 443 is Intermediate for vhost v of Proxy/bad: a port has one profile, since nginx takes protocols from its first server',
    ],
  },
  {
    name: 'HSTS by plain HTTP',
    file: vh(`${up}, ${tls(', redirect: false, hsts: {maxAge: 365d}')}`),
    says: ['bad.yaml:6:187: error: spec.vhosts[0].tls.hsts: plain HTTP must not send it (RFC 6797 7.2); take redirect: false away'],
  },
  {
    name: 'HSTS for a time without a unit',
    file: vh(`${up}, ${tls(', hsts: {maxAge: "31536000"}')}`),
    says: ['bad.yaml:6:179: error: spec.vhosts[0].tls.hsts.maxAge: "31536000" is not a duration; write for example 30s, 5m, 2h or 7d'],
  },
  {
    name: 'HSTS that browsers do not build in',
    file: vh(`${up}, ${tls(', hsts: {maxAge: 30d, preload: true}')}`),
    says: [
      'bad.yaml:6:193: error: spec.vhosts[0].tls.hsts.preload: browsers take it only with includeSubDomains and a maxAge of a year (hstspreload.org)',
    ],
  },
  {
    name: 'HSTS twice',
    file: vh(`${up}, ${tls(', hsts: {maxAge: 30d}')}, headers: {set: {strict-transport-security: x}}`),
    says: ['bad.yaml:6:229: error: spec.vhosts[0].headers.set["strict-transport-security"]: tls.hsts sends this header already'],
  },
  {
    name: 'challenges that need no exemption',
    file: vh(`${up}, ${tls(', redirect: false, challengeRoot: /srv/acme')}`),
    says: ['bad.yaml:6:196: error: spec.vhosts[0].tls.challengeRoot: nothing is redirected, so nothing is exempt from it; use a location'],
  },
  {
    name: 'challenges in the files of the system',
    file: vh(`${up}, ${tls(', challengeRoot: /etc/letsencrypt')}`),
    says: [
      'bad.yaml:6:179: error: spec.vhosts[0].tls.challengeRoot: /etc/letsencrypt is not for the world: it holds what the machine itself lives by; serve a directory such as /srv/www',
    ],
  },
]

export const proxyContentCases: readonly BadInput[] = [
  {
    name: 'a trusted proxy by name',
    file: proxy({ trustedProxies: '{addresses: ["fe"]}', vhosts: `[{name: v, serverNames: [v.example.com], ${up}}]` }),
    says: ['bad.yaml:6:32: error: spec.trustedProxies.addresses[0]: "fe" is neither an IP address nor a network'],
  },
  {
    name: 'a trusted network that is everybody',
    file: proxy({ trustedProxies: '{addresses: ["::/0"]}', vhosts: `[{name: v, serverNames: [v.example.com], ${up}}]` }),
    says: ['bad.yaml:6:32: error: spec.trustedProxies.addresses[0]: ::/0 is everybody: each client could then say who it is'],
  },
  {
    name: 'a trusted header that anybody sends',
    file: proxy({ trustedProxies: '{addresses: [10.0.0.1], header: X-Evil}', vhosts: `[{name: v, serverNames: [v.example.com], ${up}}]` }),
    says: [
      'bad.yaml:6:51: error: spec.trustedProxies.header: must be one of X-Forwarded-For, X-Real-IP, CF-Connecting-IP, not the text "X-Evil"',
    ],
  },
  {
    name: 'a redirect by a variable and a space',
    file: vh('redirect: {to: "https://x.example/ $uri"}'),
    says: ['bad.yaml:6:67: error: spec.vhosts[0].redirect.to: "https://x.example/ $uri" is not a URL: it is not of printable ASCII alone'],
  },
  {
    name: 'a redirect to another scheme',
    file: vh('redirect: {to: "javascript:alert(1)"}'),
    says: [
      'bad.yaml:6:67: error: spec.vhosts[0].redirect.to: javascript:alert(1) is neither an http or https URL nor a path that begins with one /',
    ],
  },
  {
    name: 'a redirect that keeps two paths',
    file: vh('redirect: {to: "https://x.example/a", keepPath: true}'),
    says: [
      'bad.yaml:6:67: error: spec.vhosts[0].redirect.to: https://x.example/a is more than scheme and host, and keepPath adds path and query',
    ],
  },
  {
    name: 'a redirect with a status that is none',
    file: vh('redirect: {to: /x, status: 303}'),
    says: ['bad.yaml:6:79: error: spec.vhosts[0].redirect.status: must be one of 301, 302, 307, 308, not 303'],
  },
  {
    name: 'the end of a file name that is an expression',
    file: location('path: ".*", match: Suffix, root: /srv/www'),
    says: ['bad.yaml:6:127: error: spec.vhosts[0].locations[0].path: ".*" is not the end of a file name, such as .php'],
  },
  {
    name: 'a fallback without files',
    file: vh(`${up}, fallback: /index.html`),
    says: ['bad.yaml:6:118: error: spec.vhosts[0].fallback: fallback belongs to root, which is not here'],
  },
  {
    name: 'a fallback with a query',
    file: vh('root: /srv/www, fallback: "/index.php?a"'),
    says: ['bad.yaml:6:78: error: spec.vhosts[0].fallback: "/index.php?a" is not a path without .. and query, such as /index.html'],
  },
  {
    name: 'a file of a directory that is a path',
    file: vh('root: /srv/www, index: [../x]'),
    says: ['bad.yaml:6:76: error: spec.vhosts[0].index[0]: "../x" is not allowed here; Name of a file'],
  },
  {
    name: 'scripts that are nowhere',
    file: location('path: .php, match: Suffix, fastcgi: {socket: /run/php.sock}'),
    says: [
      'bad.yaml:6:157: error: spec.vhosts[0].locations[0].fastcgi: nothing says where the scripts are; give root or script, or the vhost a root',
    ],
  },
  {
    name: 'a FastCGI server by name',
    file: location('path: .php, match: Suffix, fastcgi: {socket: "php:9000", root: /srv/www}'),
    says: [
      'bad.yaml:6:166: error: spec.vhosts[0].locations[0].fastcgi.socket: "php:9000" is not allowed here; Its socket on the target, such as /run/php/php8.2-fpm.sock',
    ],
  },
  {
    name: 'scripts of the system',
    file: location('path: /cgi/, fastcgi: {socket: /run/php.sock, script: /etc/x.php}'),
    says: [
      'bad.yaml:6:175: error: spec.vhosts[0].locations[0].fastcgi.script: /etc/x.php is not for the world: it holds what the machine itself lives by; serve a directory such as /srv/www',
    ],
  },
  {
    name: 'a spare server where the client chooses',
    file: vh('upstream: {balance: ClientAddress, servers: [{address: 192.0.2.1, port: 80}, {address: 192.0.2.2, port: 80, backup: true}]}'),
    says: [
      `bad.yaml:6:168: error: spec.vhosts[0].upstream.servers[1].backup: nginx takes no backup where the client's address chooses the server`,
    ],
  },
  {
    name: 'a server without weight',
    file: vh('upstream: {servers: [{address: 192.0.2.1, port: 80, weight: 0}]}'),
    says: ['bad.yaml:6:112: error: spec.vhosts[0].upstream.servers[0].weight: 0 is too small: at least 1'],
  },
  {
    name: 'a request header of Reeve’s',
    file: vh(`${up}, headers: {request: {host: x}}`),
    says: ['bad.yaml:6:134: error: spec.vhosts[0].headers.request["host"]: host is not set here: headers.host says it'],
  },
  {
    name: 'a request header that ends the request',
    file: vh(`${up}, headers: {request: {Content-Length: "0"}}`),
    says: [
      'bad.yaml:6:144: error: spec.vhosts[0].headers.request["Content-Length"]: Content-Length is not set here: the proxy itself says how long a request is',
    ],
  },
  {
    name: 'a hidden header that is none',
    file: vh(`${up}, headers: {hide: ["X A; x"]}`),
    says: ['bad.yaml:6:125: error: spec.vhosts[0].headers.hide[0]: "X A; x" is not allowed here; Name of a header'],
  },
  {
    name: 'a rate that is none',
    file: vh(`${up}, limits: {requests: {rate: 10/s}}`),
    says: ['bad.yaml:6:134: error: spec.vhosts[0].limits.requests.rate: "10/s" is not allowed here; For example 10r/s, or 30r/m'],
  },
  {
    name: 'a log format that nobody knows',
    file: vh(`${up}, accessLog: {server: /var/log/x, format: Custom}`),
    says: ['bad.yaml:6:148: error: spec.vhosts[0].accessLog.format: must be one of Combined, Json, not the text "Custom"'],
  },
]
