import { common, type Provider } from '../provider.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'

const all = true

const upstream = { servers: all, balance: ['RoundRobin', 'LeastConnections'], keepalive: [16] } as const

/** Apache httpd. How often and by how many connections a client may ask is nginx's: Debian's httpd has no module that counts clients. */
export const apache: Provider = {
  name: 'apache',
  instead: {
    'limits.requests': "Debian's httpd has no module that counts clients: put a Proxy of nginx before it, or limit by source in a Firewall",
    'limits.connections':
      "Debian's httpd has no module that counts clients: put a Proxy of nginx before it, or limit by source in a Firewall",
    'limits.send': 'limits.read bounds both ways there',
    'respond.body': 'serve a file by root',
    'locations.respond.body': 'serve a file by root',
  },
  implements: {
    ...common,
    replaceDistroDefault: all,
    trustedProxies: all,
    vhosts: {
      name: all,
      serverNames: all,
      default: all,
      listen: all,
      tls: { certificate: all, key: all, profile: all, redirect: all, challengeRoot: all, hsts: all },
      wildcard: all,
      upstream,
      locations: {
        ...{ path: all, match: all, upstream, root: all, index: all, fallback: all, redirect: all },
        ...{ respond: { status: all }, fastcgi: all, headers: all },
      },
      root: all,
      index: all,
      fallback: all,
      redirect: all,
      respond: { status: all },
      headers: all,
      websockets: all,
      limits: { bodySize: all, connect: all, read: all, client: all },
      accessLog: { server: all, format: ['Combined'], proxied: ['On'] },
      probe: all,
    },
  },
  variables: [],
  check,
  compile,
  vitals: () => [],
}
