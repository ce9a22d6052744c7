// Rules of other tables: captured `nft -s -nn -t list ruleset` of nftables 1.0.6 and iptables 1.8.9 (nf_tables) on Debian 12, and the real nft of this machine.
import { describe, expect, it } from 'vitest'
import { readForeignChains } from '../../../controller/kinds/firewall/foreign.ts'
import { foreignDrops, namesOfDrops } from '../../../controller/kinds/firewall/foreign-drop.ts'
import { createHost } from '../../primitives/nftTable/host.ts'
import { mainWith, tableOf } from './fleet.ts'

const ours = tableOf(
  mainWith(`policy: {input: drop, forward: drop}
sets: {some: {type: ports, elements: [5000-5010]}}
rules:
  - {name: ssh, chain: input, protocol: tcp, ports: 22, action: accept}
  - {name: web, chain: input, protocol: tcp, ports: [80, 8000-8100], interface: eth0, action: accept}
  - {name: dns, chain: input, protocol: [tcp, udp], ports: 53, source: 10.0.0.0/8, action: accept}
  - {name: six, chain: input, protocol: tcp, ports: '@some', source: '2001:db8::/32', action: accept}
  - {name: known, chain: input, protocol: tcp, ports: 9999, states: [established], action: accept}
  - {name: lan, chain: forward, interface: br0, outInterface: eth0, action: accept}
nat: [{name: mail, type: dnat, port: 25, to: '10.0.1.2:2525'}]`),
)

/** What of these rules is said of a ruleset: `!` before what is dropped for some only. */
function said(ruleset: string): readonly string[] {
  const [part] = ours.parts
  if (part === undefined) throw new Error('no part')
  return foreignDrops(part, readForeignChains(ruleset)).map((one) => `${one.isPartial ? '!' : ''}${namesOfDrops([one])}`)
}

const chain = (rules: string, head = 'type filter hook input priority 0; policy accept;', table = 'inet other') =>
  `table ${table} {\n\tchain c {\n\t\t${head}\n${rules
    .split('\n')
    .map((rule) => `\t\t${rule}\n`)
    .join('')}\t}\n}\n`
const at = 'inet other c (input, priority 0)'

describe('a rule of others is found', () => {
  it.each([
    ['that drops a port', 'tcp dport 22 drop', [`${at} "tcp dport 22 drop" cuts ssh`]],
    [
      'whatever it counts, logs and says of itself',
      'tcp dport 22 counter packets 1 bytes 2 log prefix "a drop " level info drop comment "accept"',
      [`${at} "tcp dport 22 counter packets 1 bytes 2 log prefix "a drop " level info drop" cuts ssh`],
    ],
    [
      'that rejects a list of ports',
      'meta l4proto 6 tcp dport { 21-23, 99 } reject with tcp reset',
      [`${at} "meta l4proto 6 tcp dport { 21-23, 99 } reject with tcp reset" cuts ssh`],
    ],
    ['that drops a part of a range of ours', 'tcp dport 8050 drop', [`${at} "tcp dport 8050 drop" cuts web`]],
    ['that drops everything', 'drop', [`${at} "drop" cuts ssh`]],
    ['of the elements of a set of ours', 'tcp dport 5005 drop', [`${at} "tcp dport 5005 drop" cuts six`]],
    [
      'of an interface of ours',
      'iifname "eth*" drop',
      [`!${at} "iifname "eth*" drop" cuts ssh`].map((text) => text.replace('!', '').replace('ssh', 'web')),
    ],
    ['of a network of ours', 'ip saddr 10.0.0.0/7 udp dport 53 drop', [`${at} "ip saddr 10.0.0.0/7 udp dport 53 drop" cuts dns`]],
    ['that drops what is new', 'ct state 0x8 tcp dport 22 drop', [`${at} "ct state 0x8 tcp dport 22 drop" cuts ssh`]],
    ['behind one that lets another port in', 'tcp dport 80 accept\ntcp dport 22 drop', [`${at} "tcp dport 22 drop" cuts ssh`]],
    ['that drops some sources', 'ip saddr 203.0.113.0/24 drop', [`!${at} "ip saddr 203.0.113.0/24 drop" cuts ssh`]],
    ['that drops what a set holds', 'tcp dport 22 ip saddr @bad drop', [`!${at} "tcp dport 22 ip saddr @bad drop" cuts ssh`]],
    [
      'that drops by something that nobody here knows',
      'tcp dport 22 xt match recent drop',
      [`!${at} "tcp dport 22 xt match recent drop" cuts ssh`],
    ],
    [
      'that drops by a rate',
      'tcp dport 22 limit rate over 3/minute drop',
      [`!${at} "tcp dport 22 limit rate over 3/minute drop" cuts ssh`],
    ],
    ['behind one that lets some in', 'ip saddr 203.0.113.9 accept\ntcp dport 22 drop', [`!${at} "tcp dport 22 drop" cuts ssh`]],
    ['behind a map that decides of some', 'iifname vmap { "lo" : accept }\ntcp dport 22 drop', [`!${at} "tcp dport 22 drop" cuts ssh`]],
  ])('%s', (_, rules, expected) => {
    expect(said(chain(rules))).toEqual(expected)
  })

  it.each([
    ['before ours', 'type filter hook input priority -5; policy accept;', 'inet other c (input, priority -5)'],
    ['at the same priority', 'type filter hook input priority 0; policy accept;', at],
    ['after ours', 'type filter hook input priority 10; policy accept;', 'inet other c (input, priority 10)'],
    ['on a hook before', 'type filter hook prerouting priority -300; policy accept;', 'inet other c (prerouting, priority -300)'],
    ['on the card', 'type filter hook ingress device "eth0" priority 0; policy accept;', 'inet other c (ingress, priority 0)'],
  ])('%s', (_, head, where) => {
    expect(said(chain('tcp dport 22 drop', head))).toEqual([`${where} "tcp dport 22 drop" cuts ssh`])
  })

  it('in a chain that it is led to, and not where it is led back before', () => {
    const text = (last: string) =>
      `table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority 0; policy accept;\n\t\tcounter jump LIST\n\t}\n\n\tchain LIST {\n\t\t${last}\n\t\ttcp dport 22 counter drop\n\t}\n}\n`
    expect(said(text('tcp dport 80 return'))).toEqual([
      'ip filter LIST (input, priority 0, from INPUT) "tcp dport 22 counter drop" cuts ssh',
    ])
    expect(said(text('tcp dport 22 return'))).toEqual([])
    expect(said(text('ip saddr 10.0.0.1 return'))).toEqual([
      '!ip filter LIST (input, priority 0, from INPUT) "tcp dport 22 counter drop" cuts ssh',
    ])
  })

  it('of what passes through, and of what a dnat leads on, on its own hooks alone', () => {
    const forward = 'type filter hook forward priority 0; policy accept;'
    expect(said(chain('oifname "eth0" drop', forward))).toEqual(['inet other c (forward, priority 0) "oifname "eth0" drop" cuts lan'])
    expect(said(chain('tcp dport 2525 drop', forward))).toEqual(['inet other c (forward, priority 0) "tcp dport 2525 drop" cuts lan'])
    expect(said(chain('ip daddr 10.0.1.2 tcp dport 2525 drop', forward))).toEqual([
      'inet other c (forward, priority 0) "ip daddr 10.0.1.2 tcp dport 2525 drop" cuts mail',
    ])
  })
})

describe('a rule of others is nobody’s business', () => {
  it.each([
    ['for another port', 'tcp dport 23 drop'],
    ['for another protocol', 'udp dport 22 drop'],
    ['for another interface', 'iifname "docker0" tcp dport 8000 drop'],
    ['for a network that is not served', 'ip saddr 203.0.113.0/24 udp dport 53 drop'],
    ['for what is invalid', 'ct state invalid drop'],
    ['for what is known', 'ct state 0x2,0x4 drop'],
    ['for a state in which nothing begins', 'tcp dport 9999 drop'],
    ['where it lets in', 'tcp dport 22 accept'],
    ['behind one that lets all of it in', 'tcp dport { 20-30, 53, 80, 5000-5010, 8000-8100 } accept\nudp dport 53 accept\ndrop'],
    ['that only counts', 'tcp dport 22 counter'],
  ])('%s', (_, rules) => {
    expect(said(chain(rules))).toEqual([])
  })

  it.each([
    ['on another hook', 'type filter hook output priority 0; policy accept;', 'inet other'],
    ['of the other family', 'type filter hook input priority 0; policy accept;', 'bridge other'],
    ['in a chain of its own that nobody comes to', 'counter', 'inet other'],
  ])('%s', (_, head, table) => {
    expect(said(chain('tcp dport 22 drop', head, table))).toEqual([])
  })

  it('in our own table', () => {
    expect(said(chain('tcp dport 22 drop', undefined, 'inet reeve'))).toEqual([])
  })
})

describe('a policy of others that drops', () => {
  const closed = 'type filter hook input priority 0; policy drop;'
  it('is found, but not where all of ours is let in before', () => {
    expect(said(chain('tcp dport 22 accept', closed))).toEqual(['inet other c (input)'])
    expect(said(chain('tcp dport { 22, 53, 80, 8000-8100, 5000-5010 } accept\nudp dport 53 accept', closed))).toEqual([])
  })
})

describe('an answer that is hostile', () => {
  it.each([
    ['a chain that leads to itself', chain('jump c\ntcp dport 22 drop')],
    ['ten thousand rules', chain(Array.from({ length: 10_000 }, (_, index) => `tcp dport ${index + 10_000} drop`).join('\n'))],
    ['an end in the midst of a rule', chain('tcp dport 22 drop').slice(0, 90)],
    ['braces and quotes without end', chain('tcp dport { 22 drop\nlog prefix "x drop')],
    ['no listing', '<html>'],
  ])('%s ends', (_, text) => {
    expect(said(text).length).toBeLessThan(10)
  })

  it('does not bring control characters into a message', () => {
    expect(said(chain('tcp dport 22 \u001b[31m drop'))[0]).toMatch(/^[ -~]+$/)
  })
})

describe('on the real nft', () => {
  it('rules of another table are listed as they are read here', async () => {
    using host = await createHost()
    const load = `nft -f - <<'EOF'
table inet others {
  set bad { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 } }
  chain led { tcp dport { 22, 80-90 } counter reject with tcp reset comment "no accept"
  }
  chain in { type filter hook input priority filter - 10; policy accept;
    ct state established,related accept
    ct state invalid drop
    iifname "lo" accept
    ip saddr @bad drop
    udp dport 53 goto led
    meta l4proto tcp jump led
  }
}
EOF
nft -s -nn -t list ruleset`
    const ran = host.run(load)
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(said(ran.stdout)).toEqual([
      '!inet others in (input, priority -10) "ip saddr @bad drop" cuts ssh',
      'inet others led (input, priority -10, from in) "tcp dport { 22, 80-90 } counter reject with tcp reset" cuts web',
    ])
  })

  it('iptables’ rules are, as captured', () => {
    const captured = `table ip filter {
	chain LIST {
		tcp dport 22 counter drop
	}

	chain INPUT {
		type filter hook input priority 0; policy accept;
		counter jump LIST
		meta l4proto 6 tcp dport { 80, 443 } counter reject with tcp reset
		ct state invalid counter drop
		iifname "eth*" ip saddr 10.0.0.0/8 udp dport 1-100 counter drop
		xt match recent counter drop
		fib daddr type local counter accept
		limit rate 3/minute counter log prefix "a b "
		 counter return
	}
}
table ip raw {
	chain PREROUTING {
		type filter hook prerouting priority -300; policy accept;
		tcp dport 53 counter drop
	}
}
`
    expect(said(captured)).toEqual([
      'ip filter LIST (input, priority 0, from INPUT) "tcp dport 22 counter drop" cuts ssh',
      'ip filter INPUT (input, priority 0) "meta l4proto 6 tcp dport { 80, 443 } counter reject with tcp reset" cuts web',
      '!ip filter INPUT (input, priority 0) "xt match recent counter drop" cuts web',
      'ip raw PREROUTING (prerouting, priority -300) "tcp dport 53 counter drop" cuts dns',
      '!ip filter INPUT (input, priority 0) "iifname "eth*" ip saddr 10.0.0.0/8 udp dport 1-100 counter drop" cuts dns',
    ])
  })
})
