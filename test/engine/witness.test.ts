import { expect, it } from 'vitest'
import { parseWitnesses } from '../../controller/engine/witness.ts'

const accepted = (at: number, process: number, user: string, from: string, port: number) =>
  `${at}.123456 he1 sshd[${process}]: Accepted publickey for ${user} from ${from} port ${port} ssh2: ED25519 SHA256:x\n`
const closed = (at: number, process: number, user: string) =>
  `${at}.5 he1 sshd[${process}]: pam_unix(sshd:session): session closed for user ${user}\n`
const said = (self: string, journal: string, who = '') => `self ${self}\n${journal}-- who\n${who}`
const since = 1000

it('names who was logged in since then, and nobody who had left', () => {
  const journal = [
    accepted(100, 1, 'early', '192.0.2.1', 50_001),
    closed(999, 1, 'early'),
    accepted(200, 2, 'until', '192.0.2.2', 50_002),
    closed(1000, 2, 'until'),
    accepted(300, 3, 'still', '2001:db8::3', 50_003),
    accepted(1500, 4, 'late', '192.0.2.4', 50_004),
    closed(1600, 4, 'late'),
    closed(1700, 99, 'unknown'),
    'noise\n',
  ].join('')
  expect(parseWitnesses(said('192.0.2.9 40000 192.0.2.10 22', journal), since)).toEqual([
    { user: 'until', from: '192.0.2.2', sinceSeconds: 200, untilSeconds: 1000 },
    { user: 'still', from: '2001:db8::3', sinceSeconds: 300, untilSeconds: undefined },
    { user: 'late', from: '192.0.2.4', sinceSeconds: 1500, untilSeconds: 1600 },
  ])
})

it('does not name Reeve itself, and names who came from the same machine by another port, or by the same port from another', () => {
  const journal = [
    accepted(1100, 1, 'reeve', '192.0.2.9', 40_000),
    accepted(1200, 2, 'ann', '192.0.2.9', 40_001),
    accepted(1300, 3, 'bob', '192.0.2.8', 40_000),
  ].join('')
  expect(parseWitnesses(said('192.0.2.9 40000 192.0.2.10 22', journal), since).map(({ user }) => user)).toEqual(['ann', 'bob'])
  expect(parseWitnesses(said('', journal), since)).toHaveLength(3)
})

it('takes a process number that is given again for the one who has it now', () => {
  const journal = [accepted(100, 7, 'ann', '192.0.2.1', 1), closed(200, 7, 'ann'), accepted(1100, 7, 'bob', '192.0.2.2', 2)].join('')
  expect(parseWitnesses(said('', journal), since).map(({ user }) => user)).toEqual(['bob'])
})

it('names consoles too, and leaves remote ones to the journal', () => {
  const who = 'root     tty1         2026-11-21 23:00\nann      pts/0        2026-11-21 23:01 (192.0.2.1)\nbob ttyS0 2026-11-21 23:02\n\n'
  expect(parseWitnesses(said('', '', who), since)).toEqual([
    { user: 'root', from: 'tty1', sinceSeconds: undefined, untilSeconds: undefined },
    { user: 'bob', from: 'ttyS0', sinceSeconds: undefined, untilSeconds: undefined },
  ])
  expect(parseWitnesses('', since)).toEqual([])
})
