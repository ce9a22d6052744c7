import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { box, converge, cycleOf, inside, root } from './engine.ts'
import { archivePath, type LxcHost, startLxcHost } from './host.ts'

let host: LxcHost
beforeEach(async () => {
  host = await startLxcHost()
})
afterEach(() => host.close())

const config = () => `/var/lib/lxc/${host.name}/config`

/** As a person made it by hand, long before Reeve: other limits, another name, lines that Reeve knows nothing of. */
const byHand = () => `# made by hand in spring
lxc.include = /usr/share/lxc/config/common.conf
lxc.rootfs.path = dir:${root}
lxc.uts.name = old
lxc.net.0.type = veth
lxc.net.0.link = br-lxc
# the limit that the accountants asked for
lxc.cgroup.memory.limit_in_bytes = 128M
lxc.environment = A=b
`

async function makeByHand(): Promise<void> {
  await host.must(`mkdir -p ${root} /var/lib/lxc/${host.name} && tar -xpf ${archivePath} -C ${root}
cat >${config()} <<'EOT'\n${byHand()}EOT
lxc-start -n ${host.name} </dev/null && echo precious >${root}/root/data`)
}

describe('a container that was there before Reeve, and is taken over as it is wanted', { timeout: 60_000 }, () => {
  const spec = (settings = {}) => {
    const { template: _none, ...rest } = box(host, { adopt: 'Replace', deletionPolicy: 'Retain' }, settings)
    return rest
  }

  test('runs on when it leaves Git, with its data, and with its config byte for byte as it was', async () => {
    await makeByHand()
    expect(await converge(host, [spec()])).toContain('taking it over has the impact restart')
    const { plan } = await cycleOf(host, [spec()])
    const approvals = new Set(plan.withheld.map(({ approval }) => approval ?? ''))
    const policy = { approvals, isWindowOpen: () => true, suspendedBecause: () => undefined }
    expect(await converge(host, [spec()], { policy })).toBe('noop')
    expect(await inside(host, 'hostname; cat /root/data')).toBe('web\nprecious\n')
    expect(await host.must(`grep -c 'reeve begin' ${config()}; grep -c '^lxc.uts.name = old' ${config()} || :`)).toBe('1\n0\n')
    const pid = await host.must(`lxc-info -n ${host.name} -pH`)
    const left = await cycleOf(host, [])
    expect(left.applied.map(({ outcome }) => outcome.status)).toEqual(['done'])
    expect(await host.must(`cat ${config()}`)).toBe(byHand())
    expect(await host.must(`lxc-info -n ${host.name} -pH; cat ${root}/root/data; ls /var/lib/reeve/retired 2>/dev/null || :`)).toBe(
      `${pid}precious\n`,
    )
    expect((await cycleOf(host, [])).status).toBe('noop')
    await host.must(`lxc-stop -n ${host.name} -t 5; lxc-start -n ${host.name} </dev/null`)
    expect(await inside(host, 'cat /root/data')).toBe('precious\n')
  })

  test('keeps what a person wrote into its config meanwhile', async () => {
    await makeByHand()
    await host.must(`lxc-stop -n ${host.name} -k`)
    const stopped = { ...spec(), state: 'stopped' as const }
    expect(await converge(host, [stopped])).toBe('noop')
    await host.must(`sed -i 's/^lxc.environment = A=b/lxc.environment = A=c/' ${config()}; echo 'lxc.environment = D=e' >>${config()}`)
    await cycleOf(host, [])
    const lines = (await host.must(`cat ${config()}`)).split('\n')
    expect(lines.filter((line) => line.startsWith('lxc.environment'))).toEqual(['lxc.environment = A=c', 'lxc.environment = D=e'])
    expect(lines).toContain('lxc.cgroup.memory.limit_in_bytes = 128M')
    expect(lines).toContain('lxc.uts.name = old')
    expect(lines.join('\n')).not.toMatch(/reeve|pids/)
  })
})
