import { common, type Provider } from '../provider.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { vitals } from './vitals.ts'

const all = true

/** Varnish: plain HTTP before servers, with what it keeps of their answers. Files, TLS, FastCGI and logs are not its own. */
export const varnish: Provider = {
  name: 'varnish',
  instead: {
    tls: 'put a Proxy of nginx with this tls before it, whose upstream is the port of this one',
    locations: 'put them into a Proxy of nginx before it',
    trustedProxies: 'say headers.forwardedFor: Append here, and let the proxy before it say who asks',
  },
  implements: {
    ...common,
    cache: all,
    replaceDistroDefault: [false],
    vhosts: {
      name: all,
      serverNames: all,
      default: all,
      listen: { http: all, addresses: all },
      upstream: { servers: all, balance: ['RoundRobin', 'ClientAddress'], keepalive: [16] },
      redirect: all,
      respond: all,
      headers: all,
      websockets: all,
      limits: { connect: all, read: all },
      probe: all,
    },
  },
  variables: [],
  check,
  compile,
  vitals,
}
