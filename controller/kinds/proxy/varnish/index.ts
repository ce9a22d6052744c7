import { common, type Provider } from '../provider.ts'

export const varnish: Provider = {
  name: 'varnish',
  implements: common,
  variables: [],
  check: () => [],
  compile: () => [],
  vitals: () => [],
}
