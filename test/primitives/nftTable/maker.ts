import { diceFrom } from '../../random.ts'

/** Makes manifests of one target's Firewalls, all of them valid, out of everything that a Firewall can say. */
export function createMaker(seed: number): () => string {
  const dice = diceFrom(seed)
  const container =
    '{"kind": "Container", "metadata": {"name": "web"}, "spec": {"hypervisor": "he1", "network": [{"name": "eth0", "bridge": "br0", "ipv4": {"address": "10.9.9.9/24"}}]}}'
  const pick = <T>(all: readonly T[]): T => all[dice(all.length)] as T
  const some = <T>(make: () => T, most: number): T[] => Array.from({ length: dice(most) + 1 }, make)
  const ip4 = () => `${pick([10, 172, 192])}.${dice(256)}.${dice(4)}.${dice(256)}${pick(['', '/32', '/24', '/25', '/23', '/8'])}`
  const ip6 = () => `2001:db8:${dice(4)}:${dice(4)}::${dice(300).toString(16)}${pick(['', '/128', '/64', '/63', '/48'])}`
  const port = () => pick([dice(65_535) + 1, dice(30) + 1, 'ssh', 'https', `${dice(50) + 1}-${dice(50) + 60}`])
  const interval4 = () => `10.${dice(9)}.1.${dice(100)}-10.${dice(9) + 9}.1.${dice(100)}`
  const interval6 = () => `2001:db8::${dice(99)}-2001:db8::${(dice(99) + 256).toString(16)}`
  const address = () => pick([ip4, ip6, ip4, ip6, interval4, interval6, () => 'Container/web'])()
  const end = () => pick([address, address, address, () => pick(['@s1', '@s2', '@s3', '@x1', '@x2'])])()
  const portOrSet = () => pick([port, port, () => pick(['@p1', '@x3'])])()
  const maybe = (name: string, value: () => unknown) => (dice(2) ? { [name]: value() } : {})
  const services = () =>
    pick([
      () => ({}),
      () => ({
        protocol: pick(['tcp', 'udp', 'sctp', 'dccp']),
        ports: some(portOrSet, 6),
        ...maybe('sourcePorts', () => some(portOrSet, 3)),
      }),
      () => ({ protocol: ['tcp', 'udp'], ports: some(portOrSet, 3) }),
      () => ({ protocol: ['udp', 'sctp'], sourcePorts: some(portOrSet, 2), ...maybe('ports', portOrSet) }),
      () => ({ protocol: some(() => pick(['esp', 'ah', 'gre', 'udp']), 3) }),
      () => ({ protocol: 'tcp', tcpFlags: { mask: ['syn', 'ack', 'rst'], set: pick([[], ['syn'], ['syn', 'ack']]) } }),
    ])()
  const rule = (name: string) => {
    const chain = pick(['input', 'forward', 'output'])
    return {
      ...{
        name,
        chain,
        ...pick([{ action: 'accept' }, { action: 'drop' }, { action: 'reject' }, { action: 'continue', counter: true }]),
        ...services(),
      },
      ...maybe('source', () => some(end, 5)),
      ...(dice(4) === 0 ? { states: pick([['new'], ['established', 'related'], ['invalid', 'untracked', 'new']]) } : {}),
      ...(dice(4) === 0
        ? { log: { prefix: `${name}: `, ...maybe('level', () => pick(['warn', 'info', 'debug'])), ...maybe('burst', () => dice(9) + 1) } }
        : {}),
      ...(dice(4) === 0 ? { counter: true } : {}),
      ...(chain === 'output' ? {} : maybe('interface', () => some(() => pick(['eth0', 'eth*', 'br-lan', 'tun0', '0a.1']), 3))),
      ...(chain === 'input' ? {} : maybe('outInterface', () => pick(['eth1', 'ppp*']))),
      ...maybe('limit', () => ({
        rate: `${dice(99) + 1}/${pick(['second', 'minute', 'hour', 'day'])}`,
        burst: dice(9) + 1,
        ...(dice(2) ? { per: 'source', ...maybe('size', () => dice(9999) + 1), ...maybe('timeout', () => '10d') } : {}),
      })),
    }
  }
  const dnat = (name: string) => ({
    name,
    type: 'dnat',
    port: dice(60_000) + 1,
    to: `${pick([`10.0.${dice(9)}.${dice(250) + 1}`, 'Container/web'])}${pick(['', ':80'])}`,
    ...(dice(3) === 0 ? { hairpin: true, hairpinFrom: '10.0.0.0/8' } : {}),
    localOutput: dice(2) === 1,
    ...maybe('log', () => ({ prefix: `${name}: `, rate: '9/hour' })),
  })
  const manifest = (name: string, isBase: boolean) => {
    const rules = Array.from({ length: dice(7) }, (_, index) => rule(`${name}-${index}`))
    const nat = [
      dnat(`${name}-d`),
      { name: `${name}-m`, type: 'masquerade', source: some(address, 3), ...maybe('log', () => ({ prefix: 'out' })) },
    ].slice(dice(3))
    const policy = isBase ? { policy: { input: pick(['accept', 'drop']), forward: 'drop', ...maybe('output', () => 'drop') } } : {}
    const extras = isBase
      ? {
          ...maybe('deny', () => ({ action: 'reject' })),
          ...maybe('log', () => ({ prefix: `[${name}] :` })),
          ...maybe('coexist', () => pick([['docker'], ['lxc', 'libvirt'], ['libvirt', 'docker', 'lxc']])),
          ...(dice(4) === 0 ? { icmp: { v6Essential: dice(2) === 1, v4: pick([[], ['echo-request']]), echoRate: '9/second' } } : {}),
        }
      : {}
    const elements = (make: () => unknown, most: number) => Array.from({ length: dice(most) }, make)
    const sets = {
      s1: { type: 'ipv4', autoMerge: true, elements: elements(() => pick([ip4, interval4])(), 30) },
      s2: { type: 'mixed', autoMerge: true, elements: elements(address, 12) },
      s3: {
        type: 'mixed',
        elements: [`10.${dice(99)}.0.0/16`, `192.0.2.${dice(99)}-192.0.2.${dice(99) + 100}`, 'fd00::/8', `2001:db8::${dice(99)}`],
      },
      x1: { type: pick(['ipv4', 'ipv6']), external: true, ...maybe('timeout', () => `${dice(300) + 1}${pick(['s', 'm', 'h', 'd'])}`) },
      x2: { type: 'mixed', external: true },
      x3: { type: 'ports', external: true, ...maybe('timeout', () => '1h30m') },
      p1: { type: 'ports', autoMerge: true, elements: elements(port, 9) },
    }
    const spec = { target: { hypervisor: 'he1' }, order: dice(5), unsafeAllowLockout: true, ...policy, ...extras, sets, rules, nat }
    return JSON.stringify({ apiVersion: 'reeve.dev/v1', kind: 'Firewall', metadata: { name }, spec })
  }
  return () => [...Array.from({ length: dice(3) + 1 }, (_, index) => manifest(`fw${index}`, index === 0)), container].join('\n---\n')
}
