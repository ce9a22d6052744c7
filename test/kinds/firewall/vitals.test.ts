// The vital's probe on the real nft and kernel of this machine, in a namespace of its own (captured behaviour: nftables 1.0.6, Debian 12).
import { describe, expect, it } from 'vitest'
import { firewall } from '../../../controller/kinds/firewall/index.ts'
import type { Assessment } from '../../../controller/model/kind.ts'
import { renderTable, replacement } from '../../../controller/primitives/nftTable/render.ts'
import { printPayload } from '../../../controller/shell/payload.ts'
import { createHost } from '../../primitives/nftTable/host.ts'
import { fleetOf, mainWith, tableOf } from './fleet.ts'

const spec = mainWith(`policy: {input: drop, forward: drop}
rules:
  - {name: out, chain: output, protocol: udp, ports: 9, counter: true, action: accept}
  - {name: ssh, chain: input, protocol: tcp, ports: 22, action: accept}
  - {name: through, chain: forward, interface: br0, action: accept}`)

const lxcNet = `nft add table inet lxc; ip link add lxcbr0 type bridge`
const docker = `nft -f - <<'EOF'
table ip filter {
  chain DOCKER-USER { }
  chain FORWARD { type filter hook forward priority filter; policy drop; }
}
EOF
ip link add docker0 type bridge`
const fail2ban = `nft -f - <<'EOF'
table inet f2b-table {
  set addr-set-sshd { type ipv4_addr; elements = { 203.0.113.9 } }
  chain f2b-chain { type filter hook input priority filter - 1; tcp dport 22 ip saddr @addr-set-sshd reject; }
}
EOF`

/** What is read where our table stands beside what a script adds. */
async function readBeside(script: string): Promise<Assessment> {
  using host = await createHost()
  const fleet = fleetOf(spec)
  const [manifest] = fleet.all('Firewall')
  const [at] = manifest === undefined ? [] : firewall.place(manifest, fleet)
  const [vital] = manifest === undefined || at === undefined ? [] : (firewall.vitals?.(manifest, at, fleet) ?? [])
  if (vital === undefined || !('text' in vital.probe)) throw new Error('no probe')
  const load = printPayload(replacement(renderTable(tableOf(spec), 'prod'))).text
  const around = `mount -t sysfs none /sys; echo 1 >/proc/sys/net/ipv4/ip_forward\n${script}`
  expect(host.run(`${around}\n{\n${load}\n} >/var/lib/t\nnft -f /var/lib/t\nnft list ruleset >/var/lib/before`)).toMatchObject({
    code: 0,
    stderr: '',
  })
  const ran = host.run(vital.probe.text)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(host.run('nft list ruleset | diff /var/lib/before -')).toMatchObject({ code: 0, stdout: '' })
  return vital.assess({ status: 'read', stdout: ran.stdout, reason: '' })
}

describe('on a real kernel a Firewall sees', () => {
  it.each([
    ['nobody', ':', true, 'Clear', 'nothing on the target works against it'],
    ["fail2ban, which is in nobody's way", fail2ban, true, 'Clear', 'nothing on the target works against it; beside it: fail2ban'],
    ['lxc-net, whose guests it cuts off', lxcNet, true, 'NeighbourCutOff', 'add coexist: [lxc], or rules for lxcbr0; beside it: lxc'],
    ['docker, which drops what it accepts', docker, false, 'ForeignDrop', 'ip filter FORWARD (forward)'],
  ] as const)('%s', async (_, script, healthy, reason, message) => {
    const found = await readBeside(script)
    expect(found).toMatchObject({ healthy, reason, message: expect.stringContaining(message) })
    expect(found.samples.filter((one) => one.labels !== undefined)).toEqual([
      { metric: 'firewall_rule_packets_total', value: 0, labels: { rule: 'out' } },
      { metric: 'firewall_rule_bytes_total', value: 0, labels: { rule: 'out' } },
    ])
  })
})
