import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LxcContainerSpec } from '../../controller/primitives/lxcContainer/spec.ts'
import { type Lab, type LabHost, startLab } from '../lab/lab.ts'
import { applyOnce, converge, createCutOff, known, observe, plannedSteps, runSteps, wanted } from './lxcContainer/lab.ts'
import { web } from './lxcContainer/specs.ts'

let lab: Lab
let host: LabHost

const config = '/var/lib/lxc/web/config'
const inside = (command: string) => host.must(`timeout -k 5 30 lxc-attach -n web --clear-env -- sh -c '${command}' </dev/null`)

/** What the bridge, logicalVolume, filesystem and block primitives leave behind. */
const prepare = `
ip link add br-lxc type bridge
ip addr add 192.168.100.1/24 dev br-lxc
ip link set br-lxc up
lvcreate -qq -y -Wy -Zy -L 400M -n web --addtag reeve.id=lab/Container/web --addtag reeve.populate-pending vg_data
mkfs.ext4 -q /dev/vg_data/web
echo root:100000:65536 >>/etc/subuid; echo root:100000:65536 >>/etc/subgid
mkdir -p /srv/shared; echo seen >/srv/shared/file`

beforeAll(async () => {
  lab = await startLab()
  host = lab.machine('he1')
})
afterAll(() => lab[Symbol.asyncDispose]())

function fromArchive(...change: Parameters<typeof web>): LxcContainerSpec {
  const { pathOnHypervisor: path, sha256 } = lab.containerArchive
  return web({ template: { path, sha256 }, ...change[0] }, change[1])
}

const device = (path: string, number: string) => [
  { key: 'lxc.mount.entry', value: `${path} ${path.slice(1)} none bind,create=file,optional 0 0` },
  { key: 'lxc.cgroup2.devices.allow', value: `${number} rwm` },
  { key: 'lxc.cgroup.devices.allow', value: `${number} rwm` },
]
const shared = { key: 'lxc.mount.entry', value: '/srv/shared mnt/shared none bind,ro,create=dir 0 0' }
const idmap = ['u', 'g'].map((sort) => ({ key: 'lxc.idmap', value: `${sort} 0 100000 65536` }))

describe('creation', () => {
  beforeEach(async () => {
    await host.reset()
    await host.must(prepare)
  })

  test('an unprivileged container has files of its own ids, its devices and mounts, and no right on the host', async () => {
    const entries = [...idmap, ...device('/dev/fuse', 'c 10:229').slice(0, 1), shared]
    const spec = fromArchive({ idmap: { base: 100_000, size: 65_536 }, entries, hostPaths: ['/dev/fuse', '/srv/shared'] })
    expect(await converge(host, spec)).toEqual({ impact: 'none' })
    expect(await host.must('stat -c "%u:%g" /proc/$(lxc-info -n web -pH)')).toBe('100000:100000\n')
    const looks =
      'stat -c %u:%g / /etc /root/.ssh/authorized_keys; id -u; echo x >/dev/null; head -c 1 /dev/urandom | wc -c; stat -c %F /dev/fuse'
    expect(await inside(looks)).toBe('0:0\n0:0\n0:0\n0\n1\ncharacter special file\n')
    expect(await inside('cat /mnt/shared/file; touch /mnt/shared/x 2>&1 || echo read only')).toMatch(/^seen\n.*Read-only.*\nread only\n$/)
    expect(await inside('systemctl is-system-running --wait || systemctl --failed --no-legend')).toMatch(/^(running|degraded)/)
    await expect(wanted(host, { ...spec, entries: entries.slice(2) })).rejects.toThrow('spec.unprivileged is immutable')
    await host.must('lxc-stop -n web -k')
    await host.must('mount -o ro /dev/vg_data/web /mnt')
    expect(await host.must('stat -c %u:%g /mnt /mnt/etc/hostname /mnt/bin/su /mnt/root/.ssh; stat -c %a /mnt/bin/su; umount /mnt')).toBe(
      '100000:100000\n100000:100000\n100000:100000\n100000:100000\n4755\n',
    )
  })

  test.each([2, 6])(
    'an unprivileged root that is cut off with kill -9 after %d seconds is filled anew, and ends whole',
    async (seconds) => {
      const spec = fromArchive({ idmap: { base: 100_000, size: 65_536 }, entries: idmap })
      await createCutOff(host, spec, seconds)
      expect(known(await observe(host, spec)).status).toBe('absent')
      expect(await converge(host, spec)).toEqual({ impact: 'none' })
      expect(await inside('stat -c %u:%g / /etc /bin/su; stat -c %a /bin/su')).toBe('0:0\n0:0\n0:0\n4755\n')
      expect(await host.must('lvs --noheadings -o lv_tags vg_data/web')).toBe('  reeve.id=lab/Container/web\n')
    },
  )

  test('a template script is run as lxc-create runs it, and what it asks of the config is kept', async () => {
    const script = `#!/bin/sh
set -eu
for argument; do case $argument in --path=*) path=\${argument#*=} ;; --rootfs=*) rootfs=\${argument#*=} ;; --name=*) name=\${argument#*=} ;; esac; done
tar -xpf ${lab.containerArchive.pathOnHypervisor} -C "$rootfs"
echo "$name $*" >"$rootfs/root/made"
printf 'lxc.signal.halt = SIGRTMIN+3\\nlxc.rootfs.path = dir:/nowhere\\nlxc.net.0.type = none\\n' >>"$path/config"
`
    await host.must('cat >/usr/share/lxc/templates/lxc-lab; chmod 755 /usr/share/lxc/templates/lxc-lab', { stdin: script })
    expect(await converge(host, web({ template: { type: 'script', name: 'lab', args: ['--flavour=x'] } }))).toEqual({ impact: 'none' })
    expect(await inside('cat /root/made; hostname')).toMatch(
      /^web --path=\S+ --name=web --rootfs=\/run\/reeve\/mnt\/web --flavour=x\nweb\n$/,
    )
    expect(await host.must(`grep -cE 'SIGRTMIN|nowhere|type = none' ${config}; ls /run/reeve/chk/web`)).toMatch(/^1\n/)
  })

  test('a script that fails says why, and nothing of it is taken for whole', async () => {
    await host.must('cat >/usr/share/lxc/templates/lxc-lab; chmod 755 /usr/share/lxc/templates/lxc-lab', {
      stdin: '#!/bin/sh\necho "no such mirror" >&2\nexit 7\n',
    })
    const { failed } = await applyOnce(host, web({ template: { type: 'script', name: 'lab', args: [] } }))
    expect(failed?.stderr).toContain('the template script lab failed; it says:\nno such mirror')
    expect(await host.must('lvs --noheadings -o lv_tags vg_data/web; ls -A /var/lib/lxc')).toMatch(/populate-pending\s*$/)
  })

  test('debootstrap is called for what is asked, and needs to be there', async () => {
    const template = {
      type: 'debootstrap',
      release: 'bookworm',
      mirror: 'http://deb.test/debian',
      arch: 'amd64',
      components: ['main'],
    } as const
    const spec = web({ template: { ...template, packages: ['openssh-server', 'dbus'] } })
    expect((await applyOnce(host, spec)).failed?.stderr).toContain('debootstrap is not installed on this host (package debootstrap')
    await host.must('cat >/usr/local/sbin/debootstrap; chmod 755 /usr/local/sbin/debootstrap', {
      stdin: `#!/bin/sh\nset -eu\necho "$*" >/root/asked\ntar -xpf ${lab.containerArchive.pathOnHypervisor} -C "$6"\n`,
    })
    expect(await converge(host, spec)).toEqual({ impact: 'none' })
    expect(await host.must('cat /root/asked')).toBe(
      '--variant=minbase --include=systemd-sysv,dbus,ifupdown,iproute2,procps,openssh-server --arch=amd64 --components=main bookworm /run/reeve/mnt/web http://deb.test/debian\n',
    )
    expect(await inside('hostname')).toBe('web\n')
  })

  test('a root that belongs to other ids is not taken', async () => {
    await host.must(
      `lvchange --deltag reeve.populate-pending vg_data/web; mount /dev/vg_data/web /mnt; mkdir -p /mnt/etc /mnt/sbin; touch /mnt/sbin/init; umount /mnt`,
    )
    const { failed } = await applyOnce(host, web({ idmap: { base: 100_000, size: 65_536 }, entries: idmap }))
    expect(failed?.stderr).toContain('belongs to user 0 and root inside will be user 100000 of the host: spec.unprivileged does not fit it')
  })
})

describe('a container that runs', () => {
  beforeAll(async () => {
    await host.reset()
    await host.must(prepare)
    await converge(host, fromArchive())
    await host.must('for i in $(seq 60); do wget -T 5 -qO- http://192.168.100.10/ && exit 0; sleep 1; done; exit 1')
    await lab.snapshot('running')
  })
  beforeEach(() => lab.restore('running'))

  test('devices, mounts, capabilities, a second network and IPv6 come with one restart, and go again', async () => {
    const entries = [...device('/dev/net/tun', 'c 10:200'), shared, { key: 'lxc.cap.drop', value: 'sys_nice' }]
    const more = {
      'lxc.net.0.veth.pair': 'web0',
      'lxc.net.0.ipv6.address': '2001:DB8:0::3/64',
      'lxc.net.1.type': 'veth',
      'lxc.net.1.link': 'br-lxc',
      'lxc.net.1.flags': 'up',
      'lxc.net.1.name': 'eth1',
      'lxc.net.1.mtu': '1400',
      'lxc.net.1.ipv4.address': '192.168.101.3/24 192.168.101.255',
    }
    expect(await converge(host, fromArchive({ entries, hostPaths: ['/dev/net/tun', '/srv/shared'] }, more))).toEqual({ impact: 'restart' })
    expect(await host.must('cat /sys/class/net/web0/master/uevent')).toContain('INTERFACE=br-lxc')
    expect(
      await inside(
        'stat -c %F /dev/net/tun; cat /mnt/shared/file; ip -br -4 a show eth1; ip -6 a show eth0 | grep -c 2001:db8::3/64; cat /sys/class/net/eth1/mtu',
      ),
    ).toMatch(/^character special file\nseen\neth1\S+ +UP +192\.168\.101\.3\/24 \n1\n1400\n$/)
    const bounding = BigInt(`0x${(await inside('grep CapBnd /proc/self/status | cut -f 2')).trim()}`)
    expect(bounding & (1n << 23n)).toBe(0n)
    expect(await host.must(`grep -c '^lxc.mount.entry' ${config}`)).toBe('2\n')
  })

  test('after a reboot of the host all comes back as it was, and there is nothing to do', async () => {
    const bridge = 'auto br-lxc\niface br-lxc inet static\n  address 192.168.100.1/24\n  bridge_ports none\n'
    await host.must('cat >/etc/network/interfaces.d/br-lxc', { stdin: bridge })
    const entries = [...device('/dev/net/tun', 'c 10:200'), shared]
    const spec = fromArchive({ entries, hostPaths: ['/dev/net/tun', '/srv/shared'] }, { 'lxc.net.0.veth.pair': 'web0' })
    await converge(host, spec)
    await lab.machine('he1').powerCycle()
    await host.must('for i in $(seq 60); do wget -T 5 -qO- http://192.168.100.10/ && exit 0; sleep 1; done; exit 1')
    expect(await applyOnce(host, spec)).toEqual({ impact: 'same' })
    expect(await inside('cat /mnt/shared/file; stat -c %F /dev/net/tun')).toBe('seen\ncharacter special file\n')
    expect(await host.must('cd /sys/fs/cgroup/lxc.payload.web; cat memory.max pids.max')).toBe('268435456\n500\n')
  })

  test('without what is to be mounted, nothing is stopped', async () => {
    const pid = await host.must('lxc-info -n web -pH')
    const spec = fromArchive({
      entries: [{ key: 'lxc.mount.entry', value: '/srv/no no none bind,create=dir 0 0' }],
      hostPaths: ['/srv/no'],
    })
    expect((await applyOnce(host, spec)).failed?.stderr).toContain('/srv/no does not exist on this host, and web is to have it inside')
    expect(await host.must('lxc-info -n web -pH')).toBe(pid)
  })

  test('frozen as asked, it stays so over a change, and goes on when asked', async () => {
    expect(await converge(host, fromArchive({ state: 'frozen' }))).toEqual({ impact: 'outage' })
    expect(await host.must('lxc-info -n web -sH')).toBe('FROZEN\n')
    expect(await converge(host, fromArchive({ state: 'frozen' }, { 'lxc.cgroup2.pids.max': '600' }))).toEqual({ impact: 'none' })
    expect(known(await observe(host, fromArchive()))).toMatchObject({ state: { running: 'frozen' } })
    expect(await converge(host, fromArchive({}, { 'lxc.cgroup2.pids.max': '600' }))).toEqual({ impact: 'none' })
    expect(await inside('echo here')).toBe('here\n')
  })

  test('memory full of copies of files is given back before the limit is lowered, and nothing is killed', async () => {
    await inside('head -c 150000000 /dev/zero >/root/big; sync; cat /root/big >/dev/null')
    const current = Number(await host.must('cat /sys/fs/cgroup/lxc.payload.web/memory.current'))
    expect(current).toBeGreaterThan(128 << 20)
    expect(await converge(host, fromArchive({}, { 'lxc.cgroup2.memory.max': String(96 << 20) }))).toEqual({ impact: 'none' })
    expect(await host.must('cd /sys/fs/cgroup/lxc.payload.web; cat memory.max memory.high; grep oom_kill memory.events')).toMatch(
      /^100663296\nmax\noom_kill 0\n/,
    )
  })

  test('memory that grew since it was looked at is not cut: the write is refused, and what was before is back', async () => {
    const spec = fromArchive({}, { 'lxc.cgroup2.memory.max': String(80 << 20) })
    const planned = await plannedSteps(host, spec)
    await inside('dd if=/dev/zero of=/dev/shm/fill bs=1M count=90 2>/dev/null')
    const failed = await runSteps(host, planned)
    expect(failed?.stderr).toMatch(/web needs \d+ bytes now: a limit of 83886080 would kill inside it; it needs a restart/)
    expect(await host.must(`cd /sys/fs/cgroup/lxc.payload.web; cat memory.max memory.high; grep -c 268435456 ${config}`)).toMatch(
      /^268435456\nmax\n/,
    )
    expect(await inside('stat -c %s /dev/shm/fill')).toBe('94371840\n')
  })

  test('a guest that does not stop is killed after its time, and that stays on record', async () => {
    await host.must('kill -s STOP $(lxc-info -n web -pH)')
    expect(await converge(host, fromArchive({ state: 'stopped', stop: { timeoutSeconds: 3, force: true } }))).toEqual({ impact: 'outage' })
    expect(await host.must('cat /run/reeve/lxc/web.kills')).toMatch(/^\d{10} 3\n$/)
  })

  test('a guest that must not be killed runs on, and the stop fails', async () => {
    await host.must('kill -s STOP $(lxc-info -n web -pH)')
    const { failed } = await applyOnce(host, fromArchive({ state: 'stopped', stop: { timeoutSeconds: 2, force: false } }))
    expect(failed?.stderr).toContain('web did not stop by itself within 2 s, and stop.force is false')
    expect(await host.must('kill -s CONT $(lxc-info -n web -pH); lxc-info -n web -sH')).toBe('RUNNING\n')
  })

  test('one that does not start is tried three times, then left alone with what LXC says, until it is repaired', async () => {
    await converge(host, fromArchive({ state: 'stopped' }))
    await host.must('mount /dev/vg_data/web /mnt; mv /mnt/sbin/init /mnt/sbin/init.away; umount /mnt')
    for (let turn = 0; turn < 3; turn++)
      expect((await applyOnce(host, fromArchive())).failed?.stderr).toContain('web did not start; LXC says:')
    await expect(wanted(host, fromArchive())).rejects.toThrow(/web does not start, and is left alone for now\. LXC says: .*sbin\/init/)
    await host.must('mount /dev/vg_data/web /mnt; mv /mnt/sbin/init.away /mnt/sbin/init; umount /mnt; rm /run/reeve/lxc/web.starts')
    expect(await converge(host, fromArchive())).toEqual({ impact: 'none' })
  })
})
