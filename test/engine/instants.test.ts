import { expect, it } from 'vitest'
import { readInstants } from '../../controller/engine/hostClock.ts'

const frames = (begin: string, end: string) =>
  new Map([
    ['uptime-before', { stdout: begin, exitCode: 0 }],
    ['uptime-after', { stdout: end, exitCode: 0 }],
  ]) as unknown as Parameters<typeof readInstants>[0]
const read = (begin: string, clock: number | undefined, end: string) =>
  readInstants(frames(begin, end), { clockSeconds: 1000, uptimeSeconds: clock })?.uptimeSeconds

it('the seconds since the boot are taken where they stand in their order', () => {
  expect(read('10.00', 10.5, '11.00')).toEqual({ begin: 10, clock: 10.5, end: 11 })
  expect(read('10.00', 10, '10.00')).toEqual({ begin: 10, clock: 10, end: 10 })
})

it.each<readonly [begin: string, clock: number | undefined, end: string]>([
  ['10.01', 10, '11.00'],
  ['10.00', 11.01, '11.00'],
  ['', 10, '11.00'],
  ['10.00', undefined, '11.00'],
  ['10.00', 10, ''],
  ['10.0', 10, '11.00'],
  ['10.00x', 10, '11.00'],
])('and for nothing where they cannot be: %s, %s, %s', (begin, clock, end) => {
  expect(read(begin, clock, end)).toBeUndefined()
})
