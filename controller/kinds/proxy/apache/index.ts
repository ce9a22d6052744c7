import { common, type Provider } from '../provider.ts'

export const apache: Provider = { name: 'apache', implements: common, variables: [], check: () => [], compile: () => [], vitals: () => [] }
