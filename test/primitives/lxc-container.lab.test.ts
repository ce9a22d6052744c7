import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { retire } from '../../controller/primitives/lxcContainer/retire.ts'
import type { LxcContainerSpec } from '../../controller/primitives/lxcContainer/spec.ts'
import { type Lab, type LabHost, startLab } from '../lab/lab.ts'
import {
  applyOnce,
  context,
  converge,
  createCutOff,
  known,
  ledgerEntry,
  observe,
  plannedSteps,
  runScript,
  runSteps,
  undoStep,
  wanted,
} from './lxcContainer/lab.ts'
import { web } from './lxcContainer/specs.ts'

let lab: Lab
let host: LabHost

const inside = (command: string) => host.must(`timeout -k 5 30 lxc-attach -n web --clear-env -- sh -c '${command}' </dev/null`)
const config = '/var/lib/lxc/web/config'

/** What the bridge, logicalVolume and filesystem primitives leave behind. */
const prepare = `
ip link add br-lxc type bridge
ip addr add 192.168.100.1/24 dev br-lxc
ip link set br-lxc up
lvcreate -qq -y -Wy -Zy -L 400M -n web --addtag reeve.id=lab/Container/web --addtag reeve.populate-pending vg_data
mkfs.ext4 -q /dev/vg_data/web`

beforeAll(async () => {
  lab = await startLab()
  host = lab.machine('he1')
})
afterAll(() => lab[Symbol.asyncDispose]())

function fromArchive(...change: Parameters<typeof web>): LxcContainerSpec {
  const { pathOnHypervisor: path, sha256 } = lab.containerArchive
  return web({ template: { path, sha256 }, ...change[0] }, change[1])
}

async function waitForNginx(address: string): Promise<string> {
  return host.must(`for i in $(seq 60); do wget -T 5 -qO- http://${address}/ && exit 0; sleep 1; done; exit 1`)
}

describe('creation', () => {
  beforeEach(async () => {
    await host.reset()
    await host.must(prepare)
  })

  test('a container is made from an archive, runs, answers, and a second look finds nothing to do', async () => {
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
    expect(await waitForNginx('192.168.100.10')).toContain('nginx')
    expect(await inside('hostname; systemctl is-failed networking || :')).toBe('web\nactive\n')
    expect(await host.must('lvs --noheadings -o lv_tags vg_data/web')).toBe('  reeve.id=lab/Container/web\n')
    expect(await applyOnce(host, fromArchive())).toEqual({ impact: 'same' })
  })

  test('an archive with another checksum is not unpacked, and nothing is left', async () => {
    const bad = web({ template: { path: lab.containerArchive.pathOnHypervisor, sha256: '0'.repeat(64) } })
    const { failed } = await applyOnce(host, bad)
    expect(failed?.stderr).toContain('put the right archive there, or correct spec.template.sha256')
    expect(await host.must('ls -A /var/lib/lxc; grep -c reeve/mnt /proc/mounts || :')).toBe('0\n')
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
  })

  test.each([1, 2, 3, 5, 8])('cut off with kill -9 after %d seconds, it is redone and ends whole', async (seconds) => {
    const spec = fromArchive()
    await createCutOff(host, spec, seconds)
    expect(known(await observe(host, spec)).status).toBe('absent')
    expect(await converge(host, spec)).toEqual({ impact: 'none' })
    expect(await waitForNginx('192.168.100.10')).toContain('nginx')
    expect(await host.must('lvs --noheadings -o lv_tags vg_data/web')).toBe('  reeve.id=lab/Container/web\n')
  })

  test('after a power cut in the middle it is redone', async () => {
    const spec = fromArchive()
    const [populate] = await plannedSteps(host, spec)
    if (populate === undefined) throw new Error('no steps')
    const unpacking = runScript(host, populate.run).catch(() => undefined)
    await host.must('while ! [ -e /run/reeve/mnt/web/.reeve-half-filled ]; do sleep 0.1; done; sleep 0.5')
    await lab.machine('he1').powerCycle()
    await unpacking
    await host.must('ip link add br-lxc type bridge; ip addr add 192.168.100.1/24 dev br-lxc; ip link set br-lxc up')
    expect(await converge(host, spec)).toEqual({ impact: 'none' })
    expect(await waitForNginx('192.168.100.10')).toContain('nginx')
  })

  test('a volume that is not ours to fill is left as it is', async () => {
    await host.must(
      'lvchange --deltag reeve.populate-pending vg_data/web; mount /dev/vg_data/web /mnt; echo precious >/mnt/data; umount /mnt',
    )
    const { failed } = await applyOnce(host, fromArchive())
    expect(failed?.stderr).toContain('/dev/vg_data/web holds no root file system')
    expect(await host.must('mount /dev/vg_data/web /mnt; cat /mnt/data; umount /mnt; ls -A /var/lib/lxc')).toBe('precious\n')
  })

  test('a volume that someone has mounted is not touched, even while it is ours to fill', async () => {
    await host.must('mount /dev/vg_data/web /mnt; echo precious >/mnt/data')
    expect((await applyOnce(host, fromArchive())).failed?.stderr).toContain('/dev/vg_data/web is in use')
    expect(await host.must('cat /mnt/data')).toBe('precious\n')
  })

  test('without its bridge nothing is begun', async () => {
    await host.must('ip link del br-lxc')
    expect((await applyOnce(host, fromArchive())).failed?.stderr).toContain('bridge br-lxc does not exist on this host')
  })

  test('a root whose first start failed is filled from the corrected template', async () => {
    await host.must(
      `mkdir -p /root/bad/etc /root/bad/sbin; printf '#!/bin/nosuch\\n' >/root/bad/sbin/init; chmod 755 /root/bad/sbin/init; tar -C /root/bad -cf /root/bad.tar .`,
    )
    const sha256 = (await host.must('sha256sum </root/bad.tar')).slice(0, 64)
    const { failed } = await applyOnce(host, web({ template: { path: '/root/bad.tar', sha256 }, guestFiles: [] }))
    expect(failed?.stderr).toContain('web did not start; LXC says:')
    expect(await host.must('lvs --noheadings -o lv_tags vg_data/web')).toContain(`reeve.unstarted.${sha256.slice(0, 16)}`)
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
    expect(await waitForNginx('192.168.100.10')).toContain('nginx')
  })

  test('symbolic links in an archive do not lead to files of the hypervisor', async () => {
    await host.must(
      'mkdir -p /root/evil/sbin /root/outside; ln -s /root/outside /root/evil/etc; touch /root/evil/sbin/init; tar -C /root/evil -cf /root/evil.tar .',
    )
    const sha256 = (await host.must('sha256sum </root/evil.tar')).slice(0, 64)
    const { failed } = await applyOnce(host, web({ template: { path: '/root/evil.tar', sha256 } }))
    expect(failed?.stderr).toContain('/etc inside is a symbolic link')
    expect(await host.must('ls -A /root/outside')).toBe('')
  })
})

describe('a container that runs', () => {
  beforeAll(async () => {
    await host.reset()
    await host.must(prepare)
    await converge(host, fromArchive())
    await waitForNginx('192.168.100.10')
    await lab.snapshot('running')
  })
  beforeEach(() => lab.restore('running'))

  test('limits are changed in the running container, and in its config', async () => {
    const pid = await host.must('lxc-info -n web -pH')
    const spec = fromArchive(
      {},
      { 'lxc.cgroup2.memory.max': '201326592', 'lxc.cgroup2.cpu.max': '50000 100000', 'lxc.cgroup2.cpuset.cpus': '0' },
    )
    expect(await converge(host, spec)).toEqual({ impact: 'none' })
    expect(await host.must('cd /sys/fs/cgroup/lxc.payload.web; cat memory.max cpu.max cpuset.cpus')).toBe('201326592\n50000 100000\n0\n')
    expect(await host.must('lxc-info -n web -pH')).toBe(pid)
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
    expect(await host.must('cd /sys/fs/cgroup/lxc.payload.web; cat memory.max cpu.max')).toBe('268435456\nmax 100000\n')
  })

  test('a limit changed by hand in the kernel is found and put right', async () => {
    await host.must('echo 123 >/sys/fs/cgroup/lxc.payload.web/pids.max')
    expect((await wanted(host, fromArchive()))?.fields).toEqual([{ field: 'lxc.cgroup2.pids.max', before: '123 (in force)', after: '500' }])
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
    expect(await host.must('cat /sys/fs/cgroup/lxc.payload.web/pids.max')).toBe('500\n')
  })

  test('memory below what is used is a restart, never a live write', async () => {
    await inside('dd if=/dev/zero of=/dev/shm/fill bs=1M count=60 2>/dev/null')
    expect((await wanted(host, fromArchive({}, { 'lxc.cgroup2.memory.max': '50331648' })))?.impact).toBe('restart')
  })

  test('stopped and started again, it answers; its state is known without LXC', async () => {
    const stopped = fromArchive({ state: 'stopped' })
    expect(await converge(host, stopped)).toEqual({ impact: 'outage' })
    expect(await host.must('lxc-info -n web -sH')).toBe('STOPPED\n')
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
    expect(await waitForNginx('192.168.100.10')).toContain('nginx')
  })

  test('a new address and host name restart it, and the guest files follow', async () => {
    const moved = fromArchive({}, { 'lxc.net.0.ipv4.address': '192.168.100.11/24 192.168.100.255', 'lxc.uts.name': 'www' })
    expect(await converge(host, moved)).toEqual({ impact: 'restart' })
    expect(await waitForNginx('192.168.100.11')).toContain('nginx')
    expect(await inside('hostname; systemctl is-active networking; ip -br a show eth0')).toMatch(
      /^www\nactive\neth0\S+ +UP +192\.168\.100\.11\/24 fe80/,
    )
  })

  test('a change that fails at its start is undone, and the old container runs again', async () => {
    await host.must('ip link add br-bad type dummy; ip link set br-bad up')
    const { failed } = await applyOnce(host, fromArchive({}, { 'lxc.net.0.link': 'br-bad', 'lxc.uts.name': 'www' }))
    expect(failed?.stderr).toContain('web did not start; LXC says:')
    expect(await applyOnce(host, fromArchive())).toEqual({ impact: 'same' })
    expect(await waitForNginx('192.168.100.10')).toContain('nginx')
    expect(await inside('hostname')).toBe('web\n')
  })

  test('a config that LXC cannot load is never installed', async () => {
    const before = await host.must(`cat ${config}`)
    const bad = fromArchive({}, { 'lxc.net.0.ipv4.gateway': 'nonsense' })
    const { failed } = await applyOnce(host, bad)
    expect(failed?.stderr).toContain('LXC cannot load the new config of web, the old one stays')
    expect(await host.must(`cat ${config}; ls /var/lib/lxc/web`)).toBe(`${before}config\n`)
    expect(await host.must('lxc-info -n web -sH')).toBe('RUNNING\n')
  })

  test('a bad line of the user hides the container from LXC, not from us; it is named, and stopping works all the same', async () => {
    await host.must(`echo 'lxc.network.type = veth' >>${config}`)
    expect((await host.exec('lxc-stop -n web -t 1')).code).not.toBe(0)
    expect(known(await observe(host, fromArchive()))).toMatchObject({ status: 'present', state: { running: 'running' } })
    await expect(wanted(host, fromArchive({}, { 'lxc.uts.name': 'www' }))).rejects.toThrow(
      'lxc.network.type was removed in LXC 3; use lxc.net.0.*',
    )
    const observed = known(await observe(host, fromArchive()))
    expect(await runSteps(host, retire(ledgerEntry(fromArchive()), observed).steps)).toBeUndefined()
    expect((await observe(host, fromArchive())).status).toBe('absent')
  })

  test('a user line survives each of our changes', async () => {
    await host.must(`sed -i '1i # mine\\nlxc.environment = A=b' ${config}`)
    await converge(host, fromArchive({}, { 'lxc.cgroup2.pids.max': '600' }))
    expect(await host.must(`head -n 3 ${config}`)).toBe('# mine\nlxc.environment = A=b\nlxc.include = /usr/share/lxc/config/common.conf\n')
  })

  test('a key changed by hand in the file alone is put right without a restart', async () => {
    const pid = await host.must('lxc-info -n web -pH')
    await host.must(`sed -i 's/^lxc.uts.name = web/lxc.uts.name = other/' ${config}`)
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
    expect(await host.must('lxc-info -n web -pH')).toBe(pid)
  })

  test('retired it stops and its folder is set aside; asked for again it comes back with its data and its user lines', async () => {
    await inside('echo precious >/root/data; sync')
    await host.must(`echo 'lxc.environment = A=b' >>${config}`)
    const observed = known(await observe(host, fromArchive()))
    const retired = retire(ledgerEntry(fromArchive()), observed)
    expect(retired.impact).toBe('outage')
    expect(await runSteps(host, retired.steps)).toBeUndefined()
    expect(await host.must('ls /var/lib/lxc; ls /var/lib/reeve/retired; lvs --noheadings -o lv_name vg_data')).toMatch(
      /^web-\d{8}T\d{6}Z\n +web *\n$/,
    )
    const undone = retired.steps.map((step) => step.title)
    expect(undone).toEqual(['stop container web', 'move /var/lib/lxc/web to /var/lib/reeve/retired'])
    await applyOnce(host, fromArchive())
    await converge(host, fromArchive())
    expect(await inside('cat /root/data; echo $A')).toBe('precious\nb\n')
    expect(await host.must(`grep -c 'lxc.environment = A=b' ${config}; ls /var/lib/reeve/retired`)).toBe('1\n')
  })

  test('the undo of a retirement brings it back running', async () => {
    const observed = known(await observe(host, fromArchive()))
    const { steps } = retire(ledgerEntry(fromArchive()), observed)
    await runSteps(host, steps)
    for (const step of [...steps].reverse()) await undoStep(host, step)
    expect(await applyOnce(host, fromArchive())).toEqual({ impact: 'same' })
    expect(await waitForNginx('192.168.100.10')).toContain('nginx')
  })

  test('a frozen container is found within the time limit, and goes on', async () => {
    await host.must('lxc-freeze -n web')
    expect((await host.exec('timeout -k 2 5 lxc-attach -n web --clear-env -- true </dev/null')).code).toBe(124)
    expect(known(await observe(host, fromArchive()))).toMatchObject({ state: { running: 'frozen' } })
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
    expect(await inside('echo here')).toBe('here\n')
  })

  test('a container that LXC made is taken over as it is, without a step', async () => {
    await host.must(
      `sed -i '/^# reeve/d;/^# What stands/d;s/ 192.168.100.255$//;s/^lxc.cgroup2.memory.max = .*/lxc.cgroup2.memory.max = 256M/' ${config}; rm /run/reeve/lxc/web.started`,
    )
    expect(await wanted(host, fromArchive())).toBeUndefined()
    expect(known(await observe(host, fromArchive()))).not.toHaveProperty('mark')
    expect(await converge(host, fromArchive({}, { 'lxc.cgroup2.pids.max': '600' }))).toEqual({ impact: 'none' })
    expect(known(await observe(host, fromArchive()))).toMatchObject({ mark: { fleet: context.fleet, owner: 'Container/web' } })
  })

  test('the whole observation costs the same few processes, whatever the number of containers', async () => {
    const count = (text: string) => Number(/processes (\d+)/.exec(text)?.[1])
    const forks = async () => {
      const before = count(await host.must('grep processes /proc/stat'))
      await observe(host, fromArchive())
      return count(await host.must('grep processes /proc/stat')) - before
    }
    const few = await forks()
    await host.must(`for i in 1 2 3 4 5 6 7 8 9; do mkdir -p /var/lib/lxc/c$i; cp ${config} /var/lib/lxc/c$i/config; done`)
    expect(Math.abs((await forks()) - few)).toBeLessThan(3)
  })
})
