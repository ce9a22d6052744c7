// Real packets through sets that are filled at run time: by the rule that counts each source, and by others.
import { beforeAll, describe, expect, it } from 'vitest'
import { mainWith } from './fleet.ts'
import { runOnWire } from './wire.ts'

const rules = mainWith(`policy: {input: drop}
unsafeAllowLockout: true
sets:
  banned: {type: ipv4, external: true}
  open: {type: ports, external: true}
rules:
  - {name: each, chain: input, protocol: tcp, ports: 1001, limit: {rate: 1/hour, burst: 1, per: source}, action: accept}
  - {name: full, chain: input, protocol: tcp, ports: 1003, limit: {rate: 100/second, burst: 100, per: source, size: 1}, action: accept}
  - {name: ban, chain: input, source: '@banned', protocol: tcp, ports: 1002, action: reject}
  - {name: free, chain: input, protocol: tcp, ports: [1002, '@open'], action: accept}`)

let answers: ReadonlyMap<string, string> = new Map()

beforeAll(async () => {
  const onHost = (command: string) => `ip netns exec host ${command}`
  answers = await runOnWire(({ load, ask }) => [
    load(rules),
    ask('first', 'world', '198.51.100.1:1001', '[2001:db8:1::1]:1001'),
    'ip -n world addr add 2001:db8:1::8/64 dev eth0 nodad; ip -n world addr del 2001:db8:1::9/64 dev eth0',
    ask('again', 'world', '198.51.100.1:1001', '[2001:db8:1::1]:1001'),
    ask('another', 'guest', '10.0.1.1:1001'),
    ask('the one source', 'world', '198.51.100.1:1003'),
    ask('one source too many', 'guest', '10.0.1.1:1003'),
    ask('before', 'world', '198.51.100.1:1002', '198.51.100.1:1004'),
    onHost("nft add element inet reeve banned_main '{ 198.51.100.0/24 }'"),
    onHost("nft add element inet reeve open_main '{ 1004 }'"),
    ask('banned', 'world', '198.51.100.1:1002', '198.51.100.1:1004'),
    ask('others', 'guest', '10.0.1.1:1002'),
  ])
})

describe('on the wire', () => {
  it.each([
    ['a burst of a source is let in, of each family', 'first', '198.51.100.9 2001:db8:1::9'],
    ['what is beyond is not, nor another address of the same /64', 'again', 'timeout timeout'],
    ['another source has a limit of its own', 'another', '10.0.1.2'],
    ['the sources that are remembered are served', 'the one source', '198.51.100.9'],
    ['where no more are remembered, the rule does not match', 'one source too many', 'timeout'],
    ['nobody is banned by an empty set', 'before', '198.51.100.9 timeout'],
    ['what others put into sets decides at once', 'banned', 'ECONNREFUSED 198.51.100.9'],
    ['for whom it is about alone', 'others', '10.0.1.2'],
  ])('%s', (_, label, expected) => {
    expect(answers.get(label)).toBe(expected)
  })
})
