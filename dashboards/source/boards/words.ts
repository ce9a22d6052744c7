import type { Steps } from '../panel.ts'

/** What numbers that stand for a state are called, and shown as. */
export const isUp = { 1: ['up', 'green'], 0: ['unreachable', 'red'] } as const
export const isReady = { 1: ['as Git says', 'green'], 0: ['not as Git says', 'red'], [-1]: ['unknown', 'yellow'] } as const
export const isHealthy = { 1: ['healthy', 'green'], 0: ['unhealthy', 'red'], [-1]: ['unknown', 'yellow'] } as const
export const doesWork = { 1: ['works', 'green'], 0: ['does not', 'red'] } as const
export const circuit = { 0: ['closed', 'green'], 1: ['half open', 'yellow'], 2: ['open', 'red'] } as const

/** Colours of what should not be there at all. */
export const noneIsGood: Steps = ['green', [1, 'red']]
export const noneIsBetter: Steps = ['green', [1, 'orange']]
export const zeroIsBad: Steps = ['red', [1, 'green']]

/** The labels of a manifest, and the heads of their columns. */
export const object = { hypervisor: 'Hypervisor', kind: 'Kind', name: 'Name' } as const
