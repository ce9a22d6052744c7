import { execFileSync } from 'node:child_process'
import { type Needle, needle } from './needles.ts'

/** Base64, as TSIG keys are. */
const tsig = (text: string): string => Buffer.from(`tsig ${text} 4f9c2e71b8d64a05`).toString('base64')

/** Secrets of the repository: what they are at first, and what they become. */
export const sealedValues = {
  relay: ['relay-canary-9a41c7d2', 'relay-canary-52e08b6f'],
  boxrelay: ['boxrelay-canary-c40d83e1', 'boxrelay-canary-1e97f5a2'],
  xfer: [tsig('transfer one'), tsig('transfer two')],
  update: [tsig('update one'), tsig('update two')],
  unused: ['unused-canary-71d3a8c4', 'unused-canary-0c5be2f9'],
} as const

/** Those that the controller itself is given, by what they are. */
export const ownValues = {
  smarthost: 'smarthost-canary-b3f1d7a0',
  fallback: 'fallback-canary-e86b20c9',
  ssmtp: 'ssmtp-canary-5d0a94f7',
  webhook: 'webhook-canary-27c6b1e83a',
  webhookByVariable: 'webhook-variable-canary-93d0fe12',
  statusToken: 'status-canary-60f2a7d5',
} as const

/** A hash as a manifest has it for the password of a user. */
export function cryptOf(password: string): string {
  return execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: `${password}\n`, encoding: 'utf8' }).trim()
}

/** A line of a PEM file's inside, which no other file has. */
export function insideOf(pem: string): string {
  const line = pem.split('\n')[2] ?? ''
  if (line.length < 12) throw new Error('a key of more than two lines is needed')
  return line
}

/** The needles of all that is known before anything runs. */
export function knownNeedles(): readonly Needle[] {
  return [
    ...Object.entries(sealedValues).flatMap(([name, values]) => values.map((value, turn) => needle(`${name} ${turn}`, value))),
    ...Object.entries(ownValues).map(([name, value]) => needle(name, value)),
  ]
}
