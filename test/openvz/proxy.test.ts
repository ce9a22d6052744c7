import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compileFleet } from '../../controller/engine/compile.ts'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import { kinds } from '../../controller/kinds/registry.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import type { NetworkProbe } from '../../controller/model/primitive.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { depsOf } from '../conformance/engine.ts'
import { fleetOf } from '../kinds/fleet.ts'
import { systemctl } from './guest.ts'
import { type OpenvzHost, onStandIn, startOpenvzHost } from './host.ts'

let host: OpenvzHost
let sha256: string
let memory = emptyMemory()
beforeEach(async () => {
  host = await startOpenvzHost({ ownNetwork: true, ownProcesses: true })
  host.ask = ask
  memory = emptyMemory()
  await host.write('/mnt/g/usr/bin/systemctl', systemctl)
  await host.must(`ip addr add 192.168.100.2/24 dev lo
mkdir -p /mnt/t && tar -C /mnt/t -xzf /mnt/template.tar.gz && cp -a /mnt/g/usr /mnt/t/ && chmod 0755 /mnt/t/usr/bin/systemctl && mkdir -p /mnt/t/etc/nginx/sites-enabled
tar -C /mnt/t -czf /mnt/debian-12.tar.gz .`)
  sha256 = (await host.must('sha256sum </mnt/debian-12.tar.gz')).slice(0, 64)
})
afterEach(() => host.close())

/** As the controller does over its connection: from the host, by TCP. */
async function ask(probe: NetworkProbe): Promise<{ readonly ok: boolean; readonly message: string }> {
  if (probe.type !== 'http') return { ok: true, message: '' }
  const { stdout } = await host.run(
    `curl -s -m 5 -w ' %{http_code}' -H 'Host: ${probe.hostHeader}' 'http://${probe.host}:${probe.port}${probe.path}'`,
  )
  const isExpected = probe.expectStatus.some((status) => stdout.endsWith(` ${status}`)) && stdout.includes(probe.expectBody ?? '')
  return { ok: isExpected, message: stdout.slice(0, 200) }
}

const manifests = (proxy: string) => `
apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec: {address: 192.0.2.10, hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUNN2DRQXvhRQzGTGWzrRUzXFBhMTkzvTtjWJDBVBJW"]}
---
apiVersion: reeve.dev/v1
kind: Container
metadata: {name: plpa}
spec:
  hypervisor: he1
  provider: openvz
  template: {type: archive, path: /mnt/debian-12.tar.gz, sha256: ${sha256}}
  openvz: {ctid: 101, config: basic, ips: [192.168.100.2]}
  restarts: Always
${proxy}`

const proxy = (body: string) => `---
apiVersion: reeve.dev/v1
kind: Proxy
metadata: {name: edge}
spec:
  target: {container: plpa}
  replaceDistroDefault: true
  vhosts: [{name: app, default: true, serverNames: [app.example.com], respond: {status: 200, body: "${body}"}}]
`

function cycle(yaml: string): Promise<Cycle> {
  const all = primitives.map((one) => (one.type === onStandIn.type ? onStandIn : one))
  const state = compileFleet(fleetOf(yaml), kinds, all).states.get('he1' as HypervisorName)
  if (state === undefined) throw new Error('no hypervisor')
  return reconcile(state, { ...depsOf({ host, run: host.must }, onStandIn), memory })
}

async function converge(yaml: string): Promise<string> {
  for (let turn = 0; turn < 100; turn++) {
    const { status, message, finishedJobs } = await cycle(yaml)
    const failed = finishedJobs.find(({ isDone }) => !isDone)
    if (failed !== undefined) return failed.stderr
    if (status === 'noop' || (status !== 'waiting' && status !== 'converged')) return `${status} ${message}`.trim()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return 'never came to an end'
}

const served = () => host.must('curl -s -m 5 http://192.168.100.2/')
const inside = (command: string) => host.must(`vzctl exec2 101 '${command}' </dev/null`)

describe('a Proxy in a container of OpenVZ, entered by vzctl exec2, with a real shell and a real nginx', { timeout: 120_000 }, () => {
  test('is made with the container, proven from outside, changed by a reload, put right when it drifts, and retired', async () => {
    expect(await converge(manifests(proxy('one')))).toBe('noop')
    expect(await served()).toBe('one')
    expect(await host.must("grep -c 'he1/openvz:101' /var/lib/reeve/ledger")).not.toBe('0\n')
    const master = await inside('cat /run/nginx.pid')

    expect(await converge(manifests(proxy('two')))).toBe('noop')
    expect(await served()).toBe('two')
    expect(await inside('cat /run/nginx.pid')).toBe(master)

    await inside('for f in /etc/nginx/reeve/*.conf; do sed -i s/two/evil/ $f; done; nginx -s reload')
    await expect.poll(served).toBe('evil')
    const drifted = await cycle(manifests(proxy('two')))
    expect(drifted.drift.map(({ id }) => id)).toContain('tree:/etc/nginx/reeve')
    await expect.poll(served).toBe('two')
    expect(await converge(manifests(proxy('two')))).toBe('noop')

    expect(await converge(manifests(''))).toBe('noop')
    // It did not run before Reeve came.
    expect((await host.run('curl -s -m 5 http://192.168.100.2/')).code).toBe(7)
    expect(await inside('ls /etc/nginx/reeve 2>/dev/null || echo gone')).toBe('gone\n')
    expect(await host.must('vzctl status 101')).toBe('CTID 101 exist mounted running\n')
  })

  test('is unknown and left alone while the container is down, and goes on when it runs', async () => {
    expect(await converge(manifests(proxy('one')))).toBe('noop')
    await inside('nginx -s quit; while [ -e /run/nginx.pid ]; do sleep 0.1; done')
    await host.must('vzctl stop 101 >/dev/null')
    const stopped = manifests(proxy('two')).replace('restarts: Always', 'restarts: Always\n  state: stopped')
    const seen = await cycle(stopped)
    expect(seen.plan.unknown.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['container 101 is not running']))
    expect(seen.applied.filter(({ transaction }) => transaction.target.inside !== undefined)).toEqual([])
    expect(await converge(manifests(proxy('two')))).toBe('noop')
    expect(await served()).toBe('two')
  })
})
