import { common, type Provider } from '../provider.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'

const all = true

/** Apache httpd: vhosts as a whole. Parts of a vhost, FastCGI, rates, sizes (LimitRequestBody is not for what is passed on) and trusted proxies are nginx's. */
export const apache: Provider = {
  name: 'apache',
  implements: {
    ...common,
    replaceDistroDefault: all,
    vhosts: {
      name: all,
      serverNames: all,
      default: all,
      listen: all,
      tls: { certificate: all, key: all, profile: all, redirect: all, challengeRoot: all, hsts: all },
      wildcard: all,
      upstream: { servers: all, balance: ['RoundRobin', 'LeastConnections'], keepalive: [16] },
      root: all,
      index: all,
      fallback: all,
      redirect: all,
      respond: { status: all },
      headers: all,
      websockets: all,
      limits: { connect: all, read: all },
      accessLog: { server: all, format: ['Combined'], proxied: ['On'] },
      probe: all,
    },
  },
  variables: [],
  check,
  compile,
  vitals: () => [],
}
