import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { definePrimitive, type Primitive, type Subject } from '../../controller/model/primitive.ts'
import { diff } from '../../controller/primitives/bridge/diff.ts'
import { bridgePrimitive } from '../../controller/primitives/bridge/index.ts'
import { parse } from '../../controller/primitives/bridge/probe.ts'
import { type BridgeSpec, bridge, type PortState } from '../../controller/primitives/bridge/spec.ts'
import { bootCommands, unitName } from '../../controller/primitives/bridge/unit.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'

const eth0: PortState = { name: 'eth0', isThere: true, isBridge: false, master: undefined, addresses: [], isNetworkds: false }
const spec = bridge({ name: 'br0', addresses: ['192.0.2.2/24'], ports: ['eth0'] })
const has = (address: string, isDynamic = false) => [{ address, isDynamic }]

describe('a port', () => {
  it.each<readonly [name: string, port: Partial<PortState>, says: string]>([
    ['that is not there', { isThere: false }, 'there is no interface eth0 to plug into br0'],
    ['that is a bridge', { isBridge: true }, 'eth0 is a bridge itself, and cannot be a port of br0'],
    ['of another bridge', { master: 'br9' }, 'eth0 is plugged into br9 already; take it out there, or out of the ports of br0'],
    [
      'whose address comes by DHCP',
      { addresses: has('192.0.2.2/24', true) },
      'eth0 has 192.0.2.2/24 for a time only, from DHCP or a router, which would go on with eth0: make its address a fixed one first',
    ],
    [
      'with an address that would be lost',
      { addresses: has('192.0.2.3/24') },
      'eth0 has 192.0.2.3/24, which br0 would not have: add it to its addresses, or take it off eth0',
    ],
    [
      'that got an address again while it is plugged in',
      { master: 'br0', addresses: has('192.0.2.3/24') },
      'eth0 has 192.0.2.3/24, which br0 would not have: add it to its addresses, or take it off eth0',
    ],
    [
      'of systemd-networkd',
      { addresses: has('192.0.2.2/24'), isNetworkds: true },
      'systemd-networkd gives eth0 its addresses and would do so again: take them out of its .network file first, with the console at hand',
    ],
  ])('%s is refused', (_, port, reason) => {
    const around = { boot: undefined, ports: [{ ...eth0, ...port }] }
    expect(diff(spec, { status: 'absent', around })).toEqual({ status: 'refused', reasons: [reason] })
  })

  it.each<readonly [name: string, port: Partial<PortState>, impact: string]>([
    ['without addresses interrupts nothing', {}, 'none'],
    ['with addresses is an outage', { addresses: has('192.0.2.2/24') }, 'outage'],
  ])('%s', (_, port, impact) => {
    const around = { boot: undefined, ports: [{ ...eth0, ...port }] }
    expect(diff(spec, { status: 'absent', around })).toMatchObject({ status: 'change', change: { impact } })
  })

  it('of a bridge with the default route is not taken out again', () => {
    const boot = { commands: bootCommands(spec), isEnabled: true }
    const ports = [{ ...eth0, master: 'br0' }]
    const state = { isBridge: true, isUp: true, addresses: ['192.0.2.2/24'], carriesDefaultRoute: true, boot, ports }
    expect(diff(spec, { status: 'present', state })).toEqual({ status: 'same' })
    expect(diff({ ...spec, ports: [] }, { status: 'present', state })).toEqual({
      status: 'refused',
      reasons: ['br0 carries the default route and so perhaps the management address; unplugging eth0 is refused'],
    })
  })

  it('is unknown where the host did not say all of it', () => {
    const subjects: readonly Subject<BridgeSpec>[] = [{ id: spec.id, spec }]
    expect(parse('bridge br0\nroutes\n', subjects).items.size).toBe(0)
    expect(parse('bridge br0\nroutes\nlinks\n[]', subjects).items.get(spec.id)).toMatchObject({ status: 'unknown' })
    expect(() => parse('bridge br0\nroutes\nlinks\n[{', subjects)).toThrow()
  })
})

const impatient = definePrimitive<BridgeSpec, unknown>({
  ...bridgePrimitive,
  verdict: (spec, change) => {
    const verdict = bridgePrimitive.verdict?.(spec, change)
    return verdict && { ...verdict, withinMs: 2000 }
  },
} as Primitive<BridgeSpec, unknown>)

describe('a machine with a way in over eth0', () => {
  let host: ShellHost
  beforeEach(async () => {
    host = await startShellHost({ ownNetwork: true, overlays: ['/etc'] })
    await must(`rm -rf /etc/systemd/system/reeve-*; mkdir -p /run/netns; mount -t tmpfs none /run/netns; ip netns add far
ip link add eth0 type veth peer name far0 netns far; ip link add eth1 type veth peer name nowhere; ip -n far link set far0 up; ip link set eth0 up; ip -n far link set lo up
ip -n far address add 192.0.2.1/24 dev far0; ip -n far -6 address add fd00:1::1/64 dev far0 nodad
ip address add 192.0.2.2/24 brd + dev eth0; ip -6 address add fd00:1::2/64 dev eth0 nodad
ip route add default via 192.0.2.1 dev eth0; ip route add 198.51.100.0/24 via 192.0.2.1 dev eth0 metric 7
ip route add 203.0.113.0/24 via 192.0.2.1 dev eth0 table 100; ip -6 route add default via fd00:1::1 dev eth0`)
  })
  afterEach(() => host?.close())

  async function must(script: string): Promise<string> {
    const { code, stdout } = await host.run(`set -e\n${script}`)
    if (code !== 0) throw new Error(`${script}: ${stdout}`)
    return stdout
  }
  async function cycle(specs: readonly BridgeSpec[]): Promise<string> {
    const quick = { ...depsOf({ host, run: must }, impatient), confirmTimeoutMs: 1000 }
    const { status, message, plan } = await reconcile(desired(specs), quick)
    return [status, message, ...plan.refused.flatMap(({ reasons }) => reasons), ...plan.orphans.map(({ because }) => because)]
      .filter((one) => one !== '')
      .join('\n')
  }
  const network = () =>
    must(
      "ip -o address | awk '$4 !~ /^fe80/ {print $2, $4, $6}' | sort; ip route show table all | grep -v -e 'table local' -e ^fe80 | sort; ip -6 route show default; ls /etc/systemd/system | grep reeve-bridge || :",
    )
  const reached = () =>
    must('ip netns exec far ping -c 1 -W 2 -q 192.0.2.2 >/dev/null; ip netns exec far ping -6 -c 1 -W 2 -q fd00:1::2 >/dev/null; echo yes')
  const wanted = bridge({ name: 'br0', addresses: ['192.0.2.2/24', 'fd00:1::2/64'], ports: ['eth0', 'eth1'] })

  it('keeps it while its addresses and routes move to a bridge, then has nothing to do, and can be made so at a boot', async () => {
    expect(await reached()).toBe('yes\n')
    expect(await cycle([wanted])).toBe('converged')
    expect(await reached()).toBe('yes\n')
    expect(
      (await must('ip route show table all | grep -v "table local" | sort; ip -6 route show default')).replaceAll(/ +\n/g, '\n'),
    ).toMatch(
      /192\.0\.2\.0\/24 dev br0 proto kernel scope link src 192\.0\.2\.2\n198\.51\.100\.0\/24 via 192\.0\.2\.1 dev br0 metric 7\n203\.0\.113\.0\/24 via 192\.0\.2\.1 dev br0 table 100\ndefault via 192\.0\.2\.1 dev br0\n[\s\S]*default via fd00:1::1 dev br0 metric 1024 pref medium\n$/,
    )
    expect(await must('cat /sys/class/net/br0/address')).toBe(await must('cat /sys/class/net/eth0/address'))
    expect(await cycle([wanted])).toBe('noop')
    const moved = await network()
    expect(moved).not.toContain('eth0')
    // A boot: what ifupdown makes first, then the unit's own commands, as systemd reads them.
    await must(`ip link delete br0; ip address add 192.0.2.2/24 brd + dev eth0; ip -6 address add fd00:1::2/64 dev eth0 nodad; ip route add default via 192.0.2.1 dev eth0
ip route add 198.51.100.0/24 via 192.0.2.1 dev eth0 metric 7; ip route add 203.0.113.0/24 via 192.0.2.1 dev eth0 table 100; ip -6 route add default via fd00:1::1 dev eth0`)
    for (const command of bootCommands(wanted)) await must(asSystemd(command))
    expect(await network()).toBe(moved)
    expect(await reached()).toBe('yes\n')
    expect(await cycle([wanted])).toBe('noop')
  })

  it('has all as it was, and nothing on its disk, where nobody can come in anew', async () => {
    const before = await network()
    host.answer = false
    expect(await cycle([wanted])).toMatch(/^failed/)
    expect(await network()).toBe(before)
    expect(await reached()).toBe('yes\n')
    expect(await must(`ls /etc/systemd/system/${unitName('br0')} 2>&1 || :`)).toContain('No such file')
  })

  it('plugs in and takes out a port without addresses, and finds one that a person took out', async () => {
    const plain = (ports: readonly string[]) => [bridge({ name: 'br1', addresses: ['192.168.9.1/24'], ports })]
    expect(await cycle(plain(['eth1']))).toBe('converged')
    await must('ip link set eth1 nomaster')
    expect(await cycle(plain(['eth1']))).toBe('converged')
    expect(await must('ls /sys/class/net/br1/brif')).toBe('eth1\n')
    await must('ip link add mine type veth peer name other; ip link set mine master br1')
    expect(await cycle(plain([]))).toBe('converged')
    expect(await must('ls /sys/class/net/br1/brif')).toBe('mine\n')
    expect(await cycle(plain(['eth1']))).toBe('converged')
    expect(await cycle([])).toMatch(/mine is plugged into br1/)
    await must('ip link delete mine')
    expect(await cycle([])).toBe('converged')
    expect(await must('ls /sys/class/net')).not.toContain('br1')
  })

  it('keeps a bridge that carries its default route when it leaves Git', async () => {
    await cycle([wanted])
    expect(await cycle([])).toContain('it carries the default route: without it nobody could come in')
    expect(await reached()).toBe('yes\n')
  })
})

/** The command line that systemd makes of an ExecStart (systemd.service(5)), for a shell. */
function asSystemd(command: string): string {
  const plain = command.replace(/^-/, '').replaceAll('$$', '$').replaceAll('%%', '%')
  const script = /^\/bin\/sh -c "([\s\S]*)" reeve-plug (\S+) (\S+)$/.exec(plain)
  if (!script) return command.startsWith('-') ? `${plain} || :` : plain
  const text = (script[1] ?? '').replace(/\\(["\\n])/g, (_, one: string) => (one === 'n' ? '\n' : one))
  return `sh -c '${text.replaceAll("'", "'\\''")}' reeve-plug ${script[2]} ${script[3]}`
}
