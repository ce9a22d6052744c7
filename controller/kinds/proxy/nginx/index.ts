import { common, type Provider } from '../provider.ts'
import { compile } from './compile.ts'
import { allowedVariables } from './language.ts'

/** nginx: all that the kind can say, but what varnish keeps. */
export const nginx: Provider = {
  name: 'nginx',
  implements: { ...common, package: true, replaceDistroDefault: true, trustedProxies: true, vhosts: true },
  variables: allowedVariables,
  check: () => [],
  compile,
  vitals: () => [],
}
