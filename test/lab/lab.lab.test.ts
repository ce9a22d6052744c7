import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { longTest } from '../longTest.ts'
import { cachedFolder } from './cache.ts'
import { ensureImage } from './image.ts'
import { attachLab, type Lab, type Machine, startLab } from './lab.ts'
import { silent } from './progress.ts'
import { startTcpProxy } from './tcp-proxy.ts'

// The first run builds the image and boots each machine once.
const firstRunMs = 900_000
const bootMs = 400_000
vi.setConfig({ testTimeout: 60_000 })

describe('the lab', () => {
  let lab: Lab
  let he1: Machine

  beforeAll(async () => {
    lab = await startLab({ machines: 2 })
    he1 = lab.machine('he1')
  }, firstRunMs)
  afterAll(() => lab?.[Symbol.asyncDispose]())
  beforeEach(() => lab.reset(), 60_000)

  test('finds the image in the cache by the hash of its recipe', async () => {
    const startMs = performance.now()
    const image = await ensureImage(silent)
    expect(image.folder).toMatch(new RegExp(`image-${image.hash}$`))
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })

  test('gives a bare hypervisor: a volume group, blank disks, nothing else', async () => {
    expect((await he1.must('vgs --noheadings -o vg_name,pv_count,lv_count')).trim().split(/\s+/)).toEqual(['vg_data', '1', '0'])
    expect(await he1.must('blkid -p /dev/vdc || echo blank')).toBe('blank\n')
    expect(await he1.must('nft list ruleset; lxc-ls; ls -A /var/lib/lxc; command -v nginx || true')).toBe('')
    expect(await he1.must('ls /sys/class/net')).toBe('eth0\neth1\nlo\n')
    expect(await he1.must('systemctl --failed --plain --no-legend')).toBe('')
    expect(await he1.must('lsblk -dno NAME,SERIAL | tr -s " "')).toBe('sda LAB-SMART-1\nvda lab-system\nvdb lab-data\nvdc lab-blank\n')
  })

  test('reset brings back a changed file, a volume and a rule set within seconds', async () => {
    await he1.must('echo changed > /etc/motd && lvcreate -qy -L 100M -n scratch vg_data && nft add table inet scratch')
    const startMs = performance.now()
    await he1.reset()
    expect(performance.now() - startMs).toBeLessThan(20_000)
    expect(await he1.must('grep -c changed /etc/motd; lvs --noheadings; nft list ruleset; true')).toBe('0\n')
  })

  test('the clock is right after a reset', async () => {
    await he1.must('true')
    const beforeMs = Date.now()
    const hostMs = Number(await he1.must('date +%s%3N'))
    expect(hostMs).toBeGreaterThan(beforeMs - 1_500)
    expect(hostMs).toBeLessThan(Date.now() + 1_500)
  })

  test('a named snapshot is a state to come back to', async () => {
    await he1.must('echo converged > /root/state')
    await he1.snapshot('converged')
    await he1.must('rm /root/state')
    await he1.restore('converged')
    expect(await he1.must('cat /root/state')).toBe('converged\n')
    await expect(he1.restore('never-taken')).rejects.toThrow('never-taken')
    await he1.restore('converged')
  })

  test('the machines reach each other over eth1, and their names and host keys differ', async () => {
    const he2 = lab.machine('he2')
    expect(await he1.must('ping -c 1 -W 5 10.77.0.2 > /dev/null && hostname')).toBe('he1\n')
    expect(await he2.must('hostname')).toBe('he2\n')
    expect(he1.hostKey).not.toBe(he2.hostKey)
    expect(he1.eth1Address).toBe('10.77.0.1')
  })

  test('a pulled cable and a frozen machine are silent, not gone', async () => {
    await he1.must('true')
    await he1.setCable('uplink', false)
    expect((await he1.exec('true', { timeoutMs: 2_000 })).code).not.toBe(0)
    await he1.setCable('uplink', true)
    expect((await he1.exec('true')).code).toBe(0)
    await he1.freeze()
    expect((await he1.exec('true', { timeoutMs: 2_000 })).code).not.toBe(0)
    await he1.thaw()
    expect((await he1.exec('true')).code).toBe(0)
  })

  test('reset brings back a machine that is off', async () => {
    await he1.powerOff()
    expect((await he1.exec('true')).code).toBe(255)
    await he1.reset()
    expect(await he1.must('hostname')).toBe('he1\n')
  })

  test('SSH goes through a proxy that counts', async () => {
    await using proxy = await startTcpProxy(he1)
    const banner = await fetchBanner(proxy.port)
    expect(banner).toMatch(/^SSH-2\.0-OpenSSH/)
    expect(proxy.passedBytes.fromTarget).toBe(banner.length)
  })

  test('another process can attach', async () => {
    const attached = await attachLab(lab.stateFile)
    expect(await attached.machine('he1').must('hostname')).toBe('he1\n')
    expect(() => attached.machine('he9')).toThrow('it has he1, he2')
  })

  test(
    'a power cut keeps what reached the disks, loses what did not, and boots whole',
    async () => {
      await he1.must('echo flushed > /root/kept && sync && lvcreate -qy -L 100M -n kept vg_data && echo lost > /root/unflushed')
      await he1.powerCycle()
      expect(await he1.must('cat /root/kept; cat /root/unflushed 2> /dev/null; lvs --noheadings -o lv_name | tr -d " "')).toBe(
        'flushed\nkept\n',
      )
      expect(await he1.must('systemctl is-system-running')).toBe('running\n')
      await he1.reset()
      expect(await he1.must('ls /root')).toBe('')
    },
    bootMs,
  )

  longTest(
    'a power cut that takes the disk cache along keeps what was flushed',
    async () => {
      await he1.must('echo flushed > /root/kept && sync')
      await he1.powerCycle('lost')
      expect(await he1.must('cat /root/kept')).toBe('flushed\n')
    },
    bootMs,
  )

  test('a container from the template archive runs nginx on a logical volume and a bridge', async () => {
    await he1.must(containerScript(lab.containerArchive.pathOnHypervisor, lab.containerArchive.sha256))
    const attach = 'lxc-attach -n web --clear-env --'
    expect(
      await he1.must(`for try in 1 2 3 4 5 6 7 8 9 10; do ${attach} systemctl is-system-running --wait && break; sleep 1; done`),
    ).toContain('running\n')
    expect(await he1.must(`${attach} systemctl is-active nginx`)).toBe('active\n')
    expect(await he1.must('wget -qO- http://192.168.1.3/')).toContain('Welcome to nginx')
    expect(await he1.must('cat /sys/fs/cgroup/lxc.payload.web/memory.max')).toBe('325058560\n')
  }, 120_000)
})

describe('the cache', () => {
  test('keeps nothing of a build that failed, and the two newest of what succeeded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-cache-'))
    const before = process.env.XDG_CACHE_HOME
    process.env.XDG_CACHE_HOME = folder
    try {
      const build = (digit: string) => cachedFolder('thing', digit.repeat(16), silent, (draft) => writeFile(join(draft, 'file'), digit))
      const fails = cachedFolder('thing', 'f'.repeat(16), silent, async () => Promise.reject(new Error('no space')))
      await expect(fails).rejects.toThrow('no space')
      const longAgo = new Date(Date.now() - 7_200_000)
      for (const digit of ['1', '2', '3']) await utimes(await build(digit), longAgo, new Date(longAgo.getTime() + Number(digit) * 1_000))
      await build('3')
      const kept = (await readdir(join(folder, 'reeve-lab'))).filter((name) => name.startsWith('thing-'))
      expect(kept.toSorted()).toEqual([`thing-${'2'.repeat(16)}`, `thing-${'3'.repeat(16)}`])
    } finally {
      if (before === undefined) delete process.env.XDG_CACHE_HOME
      else process.env.XDG_CACHE_HOME = before
      await rm(folder, { recursive: true })
    }
  })
})

function containerScript(archive: string, sha256: string): string {
  return `set -e
    echo '${sha256}  ${archive}' | sha256sum -c --quiet
    lvcreate -qy -L 1G -n web vg_data
    mkfs.ext4 -q /dev/vg_data/web
    mount /dev/vg_data/web /mnt
    tar --numeric-owner -xpf ${archive} -C /mnt
    echo web > /mnt/etc/hostname
    umount /mnt
    ip link add br0 type bridge
    ip address add 192.168.1.1/24 dev br0
    ip link set br0 up
    mkdir -p /var/lib/lxc/web
    cat > /var/lib/lxc/web/config <<'CONFIG'
lxc.include = /usr/share/lxc/config/common.conf
lxc.arch = x86_64
lxc.apparmor.profile = generated
lxc.rootfs.path = lvm:/dev/vg_data/web
lxc.uts.name = web
lxc.net.0.type = veth
lxc.net.0.link = br0
lxc.net.0.flags = up
lxc.net.0.ipv4.address = 192.168.1.3/24
lxc.net.0.ipv4.gateway = 192.168.1.1
lxc.cgroup2.memory.max = 310M
CONFIG
    lxc-start -n web`
}

async function fetchBanner(port: number): Promise<string> {
  const { createConnection } = await import('node:net')
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('error', reject).once('data', (bytes) => {
      socket.destroy()
      resolve(bytes.toString())
    })
  })
}
