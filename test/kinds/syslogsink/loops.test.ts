import { expect, test } from 'vitest'
import { complaints, fleetOf } from '../fleet.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ2dXQ0cW1xcnN0dXZ3eHl6MDEyMzQ1Njc4OWFiY2Rl'
const host = (name: string) =>
  `---\napiVersion: reeve.dev/v1\nkind: Hypervisor\nmetadata: {name: ${name}}\nspec: {address: 192.0.2.1, hostKeys: ["${key}"]}\n`
const sink = (on: string, ...from: readonly string[]) =>
  `---\napiVersion: reeve.dev/v1\nkind: SyslogSink\nmetadata: {name: at-${on}}\nspec:\n  server: {target: {hypervisor: ${on}}, listeners: [{protocol: tcp}]}\n  clients: [{targets: [${from.map((name) => `{hypervisor: ${name}}`).join(', ')}]}]\n`
const hosts = ['a', 'b', 'c', 'd'].map(host).join('')

test('what a sender sends must not come back to it, over however many sinks', () => {
  const fleet = fleetOf(`${hosts}${sink('b', 'a')}${sink('c', 'b')}${sink('a', 'c', 'd')}`)
  expect(complaints(fleet, 'SyslogSink')).toEqual([
    'spec.clients[0]: forwarding loop: a → b → c → a',
    'spec.clients[0]: forwarding loop: b → c → a → b',
    'spec.clients[0]: forwarding loop: c → a → b → c',
  ])
})

test('two ways to one sink are no loop', () => {
  expect(complaints(fleetOf(`${hosts}${sink('d', 'a', 'b', 'c')}${sink('c', 'a', 'b')}`), 'SyslogSink')).toEqual([])
})
