import { describe, expect, test } from 'vitest'
import { complaints, fleetOf } from '../fleet.ts'
import { badRoutes } from './bad-domains.ts'
import { moreBadRoutes } from './bad-routes.ts'
import { machines, routeOf } from './fleets.ts'

const all = [...badRoutes, ...moreBadRoutes]

describe('a mail route', () => {
  test('that is right hears nothing', () => {
    expect(complaints(fleetOf(machines + routeOf()), 'MailRoute')).toEqual([])
  })

  test.each(all)('with $name is told so', ({ fields, says }) => {
    expect(complaints(fleetOf(machines + routeOf(fields)), 'MailRoute')).toEqual(says)
  })

  test('is told each thing once', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    expect(all.filter(({ says }) => says.length === 0)).toEqual([])
  })

  test('of more addresses than smtpd should hold is told to be two', () => {
    const users = Array.from({ length: 39_999 }, (_, index) => `u${index}`)
    const domains = `[{name: example.com, target: {container: maila}, recipients: {addresses: [postmaster, abuse, ${users.join(', ')}]}}]`
    const split = domains.replace('postmaster, abuse, u0,', '')
    const redirects = '[{from: postmaster@example.com, to: [u1@example.com]}, {from: abuse@example.com, to: [u1@example.com]}]'
    expect(complaints(fleetOf(machines + routeOf({ domains: split, redirects })), 'MailRoute')).toEqual([])
    const more = `${redirects.slice(0, -1)}, {from: more@example.com, to: [u1@example.com]}]`
    expect(complaints(fleetOf(machines + routeOf({ domains: split, redirects: more })), 'MailRoute')).toEqual([
      'spec.domains: 40001 addresses are more than the 40000 that one MailRoute holds',
    ])
  })

  test.each([
    ['a port that is none', { domains: '[{name: example.com, target: {container: maila, port: 70000}}]' }, /port must be <= 65535/],
    ['a level of TLS that is none', { domains: '[{name: example.com, tls: {level: strict}}]' }, /tls\/level must be equal to one of/],
    ['a transport of its own', { domains: '[{name: example.com, target: {transport: nosuch}}]' }, /additional properties/],
    ['no gateway', { gateways: '[]' }, /gateways must NOT have fewer than 1 items/],
  ])('with %s is refused by its schema', (_name, fields, says) => {
    expect(() => fleetOf(machines + routeOf(fields))).toThrow(says)
  })
})
