import { describe, expect, test } from 'vitest'
import { volume as volumeKind } from '../../controller/kinds/volume/index.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { type Format, filesystem } from '../../controller/primitives/filesystem/spec.ts'
import { logicalVolumePrimitive } from '../../controller/primitives/logicalVolume/index.ts'
import { logicalVolume } from '../../controller/primitives/logicalVolume/spec.ts'
import { mount } from '../../controller/primitives/mount/spec.ts'
import type { Script } from '../../controller/shell/sh.ts'
import { entryOf } from './test-host.ts'
import { created, primitives, slowMs, useVolumeLab, type Wish, wanted } from './volume-lab.ts'

const lab = useVolumeLab()
const { converge, on, footprint, expectConverged } = lab

describe('what a person or a crash left half is made whole', { timeout: slowMs }, () => {
  test.each<[Format, number]>([
    ['ext2', 40],
    ['ext3', 40],
    ['ext4', 40],
    ['xfs', 300],
    ['btrfs', 256],
  ])('an interrupted grow of %s', async (format, mib) => {
    await converge({ format, mib })
    await on(`lvextend -qq -L ${mib + 40}M vg_data/data`)
    await expectConverged({ format, mib: mib + 40 }, ['filesystem:/dev/vg_data/data size'])
    await on('umount /srv/data && sleep 1 && mount /srv/data')
    await expectConverged({ format, mib: mib + 40 }, [])
  })

  test('an interrupted grow of swap, while what is swapped out fits into memory', async () => {
    await converge({ format: 'swap' })
    await on('lvextend -qq -L 80M vg_data/data')
    await expectConverged({ format: 'swap', mib: 80 }, ['filesystem:/dev/vg_data/data size'])
    expect(await on("sed -n 's/.*partition\t//p' /proc/swaps")).toMatch(/^81916\t/)
  })

  test('a swap area that was taken out of use, and whose line was given another option', async () => {
    await converge({ format: 'swap' })
    await on(`swapoff -a; sed -i 's/ sw,/ sw,pri=5,/' /etc/fstab`)
    await expectConverged({ format: 'swap' }, ['swap:/dev/vg_data/data on,fstab'])
    expect(await on('grep -c pri /etc/fstab || :')).toBe('0\n')
  })

  test('a label that somebody changed, also while it is mounted', async () => {
    await converge({ format: 'btrfs', mib: 256, label: 'first' })
    await on('btrfs filesystem label /srv/data other')
    await expectConverged({ format: 'btrfs', mib: 256, label: 'first' }, ['filesystem:/dev/vg_data/data label'])
    expect(await on('btrfs filesystem label /srv/data; ls -A /run/reeve/mnt')).toBe('first\n')
  })

  test.each<[Format, number]>([
    ['ext4', 40],
    ['xfs', 300],
    ['btrfs', 256],
  ])('a %s that is mounted only inside a container grows there', async (format, mib) => {
    await converge({ format, mib, path: '' })
    await on(
      'setsid unshare -m --propagation private sh -c "mount /dev/vg_data/data /mnt; echo precious > /mnt/file; exec sleep 100" </dev/null >/dev/null 2>&1 & sleep 3',
    )
    const changes = ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data size']
    await expectConverged({ format, mib: mib + 120, path: '' }, changes)
    const inside = await on('nsenter -m -t $(pgrep -xo sleep) sh -c \'stat -f -c "%b %S" /mnt; cat /mnt/file\'; ls -A /run/reeve/mnt')
    const [, blocks, size] = /^(\d+) (\d+)\nprecious\n$/.exec(inside) ?? []
    expect(Number(blocks) * Number(size)).toBeGreaterThan((mib + 10) * 2 ** 20)
    await expectConverged({ format, mib: mib + 120, path: '' }, [])
  })

  test('a power cut and a boot leave all as it was', { timeout: 600_000 }, async () => {
    await converge({ format: 'xfs', mib: 300 })
    await expectConverged({ format: 'xfs', mib: 400 }, ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data size'])
    await on('echo precious > /srv/data/file && sync')
    await lab.machine.powerCycle()
    await expectConverged({ format: 'xfs', mib: 400 }, [])
    expect(await on('cat /srv/data/file')).toBe('precious\n')
  })

  test('a host whose volume is gone boots, and is told of it', { timeout: 600_000 }, async () => {
    await converge({})
    await on('umount /srv/data && lvremove -qqf vg_data/data && sync')
    await lab.machine.powerCycle()
    expect(await on('grep -c nofail /etc/fstab')).toBe('1\n')
    const observed = await lab.host.observe(wanted(), primitives)
    const [volume] = wanted() as readonly [Spec]
    const state = observed.get(volume.id) as never
    expect(logicalVolumePrimitive.diff(volume, state, lab.host.ledger.get(volume.id))).toMatchObject({ change: { impact: 'dataLoss' } })
  })

  test('a volume with a snapshot does not grow', async () => {
    await converge({ path: '' })
    await on('modprobe dm-snapshot; lvcreate -qq -s -L 20M -n snap vg_data/data')
    await lab.expectRefused({ path: '', mib: 80 }, 'has a snapshot and cannot grow until that is removed or merged')
  })

  test('a volume that another device lies on is left alone', async () => {
    await on(
      'lvcreate -qq -L 40M -n data vg_data && mkfs.ext4 -q /dev/vg_data/data && echo "0 8192 linear /dev/vg_data/data 0" | dmsetup create above',
    )
    await lab.expectRefused({}, 'is in use but not mounted here')
  })

  test('a volume whose mkfs never came', async () => {
    await on('lvcreate -qq -y -Wy -Zy -L 40M -n data --addtag reeve.id=lab/Volume/data --addtag reeve.mkfs-pending vg_data')
    await expectConverged({}, created.slice(1))
  })

  test('a volume of another fleet that never had its mkfs is left to it', async () => {
    await on('lvcreate -qq -y -Wy -Zy -L 40M -n data --addtag reeve.id=other/Volume/data --addtag reeve.mkfs-pending vg_data')
    const result = await converge({})
    expect(result.reasons.join()).toContain('does not carry the tag of fleet lab')
  })

  test('options that someone changed, live and in the line', async () => {
    await converge({ options: ['nosuid', 'noatime'] })
    await on('mount -o remount,suid,atime,relatime /dev/vg_data/data /srv/data && sed -i s/noatime/relatime/ /etc/fstab')
    await expectConverged({ options: ['nosuid', 'noatime'] }, ['mount:/srv/data options,fstab'])
    await expectConverged({}, ['mount:/srv/data options,fstab'])
    expect(await on('findmnt -rno OPTIONS /srv/data')).toBe('rw,relatime\n')
  })

  test('a volume that was there and is gone is not made anew without a word', async () => {
    await converge({})
    await on('umount /srv/data && lvremove -qqf vg_data/data')
    const specs = wanted()
    const observed = await lab.host.observe(specs, primitives)
    const state = observed.get(specs[0]?.id as never)
    const difference = logicalVolumePrimitive.diff(specs[0] as never, state as never, lab.host.ledger.get(specs[0]?.id as never))
    expect(difference).toMatchObject({ status: 'change', change: { action: 'create', impact: 'dataLoss' } })
  })
})

describe('a filesystem of each type that a person made is taken over with its data', { timeout: slowMs }, () => {
  test.each<[Format, number]>([
    ['ext2', 40],
    ['ext3', 40],
    ['xfs', 300],
    ['btrfs', 256],
  ])('%s', async (format, mib) => {
    await on(
      `lvcreate -qq -L ${mib}M -n data vg_data && mkfs.${format} -q /dev/vg_data/data >/dev/null && mkdir /srv/data && echo "LABEL=nobody /mnt auto noauto 0 0" >> /etc/fstab && mount /dev/vg_data/data /srv/data && echo precious > /srv/data/file`,
    )
    await expectConverged({ format, mib }, ['mount:/srv/data fstab', 'logicalVolume:vg_data/data mark'])
    expect(await on('cat /srv/data/file; tail -n 2 /etc/fstab | head -n 1')).toBe('precious\nLABEL=nobody /mnt auto noauto 0 0\n')
    await expectConverged({ format, mib }, [])
  })

  test('swap, by a line with its UUID', async () => {
    await on(
      'lvcreate -qq -L 40M -n data vg_data && mkswap -q /dev/vg_data/data && udevadm settle && echo "UUID=$(blkid -o value -s UUID /dev/vg_data/data) swap swap defaults 0 0" >> /etc/fstab && swapon -a',
    )
    await expectConverged({ format: 'swap' }, ['logicalVolume:vg_data/data mark', 'swap:/dev/vg_data/data mark'])
    expect(await on('tail -n 1 /etc/fstab')).toBe('/dev/vg_data/data none swap sw,nofail,x-reeve.id=lab/Volume/data 0 0\n')
  })

  test('but never made swap of, whatever it holds', async () => {
    for (const make of ['mkfs.ext4 -q', 'mkfs.xfs -q -f', "printf 'LUKS\\272\\276\\000\\001' >", 'echo raw >']) {
      await on(`lvcreate -qq -y -Wy -L 300M -n data vg_data && ${make} /dev/vg_data/data`)
      await lab.expectRefused({ format: 'swap', mib: 300 }, /already holds|may hold raw data/)
      await on('lvremove -qq -f vg_data/data')
    }
  })
})

describe('a volume over several devices', { timeout: slowMs }, () => {
  const prepare = 'truncate -s 200M /a /b; vgcreate -qq vg_two $(losetup -f --show /a) $(losetup -f --show /b)'

  test('is striped, grows so, and is not made where the devices are too few', async () => {
    await on(prepare)
    const two = { group: 'vg_two', stripes: 2 }
    const changes = created.map((change) => change.replace('vg_data', 'vg_two'))
    await expectConverged(two, changes)
    await expectConverged({ ...two, mib: 84 }, ['logicalVolume:vg_two/data size', 'filesystem:/dev/vg_two/data size'])
    expect((await on('lvs --noheadings -o stripes,lv_size --units m vg_two/data')).trim()).toBe('2 88.00m')
    await expectConverged({ ...two, mib: 84 }, [])
    await lab.expectRefused({ ...two, stripes: 3 }, 'is spread over 2 device(s); spec asks 3')
    await on('umount /srv/data; sed -i /srv/d /etc/fstab; lvremove -qq -f vg_two/data')
    lab.host.ledger.clear()
    await lab.expectRefused({ ...two, stripes: 3 }, 'cannot spread 48 MiB over 3 devices')
  })
})

describe('a volume group is made of nothing that may hold data', { timeout: slowMs }, () => {
  const blank = '/dev/disk/by-id/virtio-lab-blank'
  const group = { group: 'vg_new', devices: [blank] }

  test.each<[string, string, RegExp | string]>([
    ['a filesystem', 'mkfs.ext4 -q /dev/vdc', 'holds ext4'],
    ['swap', 'mkswap -q /dev/vdc', 'holds swap'],
    [
      'a partition table',
      String.raw`printf '\203\000\000\000\000\010\000\000\000\020\000\000' | dd of=/dev/vdc bs=1 seek=450 status=none; printf '\125\252' | dd of=/dev/vdc bs=1 seek=510 status=none; blockdev --rereadpt /dev/vdc; udevadm settle`,
      /is used by vdc1|holds dos/,
    ],
    ['another group', 'vgcreate -qq vg_other /dev/vdc', 'holds LVM2_member'],
    [
      'the mark of an array',
      String.raw`printf '\374\116\053\251' | dd of=/dev/vdc bs=1 seek=4096 status=none`,
      /holds|does not begin with zeros/,
    ],
    ['raw data at its beginning', 'echo raw | dd of=/dev/vdc bs=4k seek=100 status=none', 'does not begin with zeros'],
    [
      'raw data at its end',
      'echo raw | dd of=/dev/vdc bs=512 seek=$(($(cat /sys/block/vdc/size) - 1)) status=none',
      'does not end with zeros',
    ],
    ['a mount of the whole disk', 'mkfs.xfs -q /dev/vdc && mount /dev/vdc /mnt', /is mounted|holds xfs/],
    ['a device mapper above it', `echo "0 8192 linear /dev/vdc 0" | dmsetup create above`, 'is used by dm-'],
  ])('%s', async (_, prepare, reason) => {
    await on(`export LC_ALL=C; ${prepare}`)
    await lab.expectRefused(group, reason)
  })

  test('a disk that is not there, one by two names, and one that somebody wrote to after it was looked at', async () => {
    await lab.expectRefused({ ...group, devices: ['/dev/disk/by-id/nope'] }, 'is not there, or is no block device')
    await lab.expectRefused({ ...group, devices: [blank, '/dev/disk/by-path/virtio-pci-0000:00:05.0'] }, 'is the same disk as another')
    const [spec] = wanted(group)
    const observed = await lab.host.observe(wanted(group), primitives)
    const primitive = primitives.find(({ type }) => type === 'volumeGroup')
    const steps = primitive?.steps(
      spec as Spec,
      { action: 'create', impact: 'none', fields: [] },
      observed.get(spec?.id as never) as never,
      lab.host.context(),
    )
    await on('mkfs.ext4 -q /dev/vdc')
    expect(await lab.host.run(steps ?? [])).toMatchObject({ status: 'refused', stderr: expect.stringContaining('holds ext4') })
    expect(await on('blkid -p -o value -s TYPE /dev/vdc')).toBe('ext4\n')
  })
})

describe('a thin pool that is full', { timeout: slowMs }, () => {
  test('is told before and then, and goes on when it is made larger', async () => {
    await converge({ pool: 64, mib: 100 })
    const manifest = {
      id: 'Volume/pool',
      name: 'pool',
      spec: { hypervisor: 'he1', lvm: { volumeGroup: 'vg_data', name: 'pool', size: '64Mi', type: 'ThinPool' } },
    }
    const [vital] =
      volumeKind.vitals?.(manifest as never, { target: { hypervisor: 'he1' as never }, role: 'host' }, { all: () => [] } as never) ?? []
    const assess = async () =>
      vital?.assess({ status: 'read', stdout: await lab.machine.must('sh -s', { stdin: (vital.probe as Script).text }), reason: '' })
    expect(await assess()).toMatchObject({ healthy: true, alarms: [] })
    await on('dd if=/dev/urandom of=/srv/data/a bs=1M count=46 conv=fsync status=none')
    expect(await assess()).toMatchObject({ alarms: [{ condition: 'ThinPoolFilling', items: ['data'] }] })
    await on('{ dd if=/dev/urandom of=/srv/data/b bs=1M count=30 conv=fsync status=none & } >/dev/null 2>&1; sleep 5')
    expect(await assess()).toMatchObject({ healthy: false, alarms: [{ condition: 'ThinPoolFull', items: ['out_of_data'] }] })
    await expectConverged({ pool: 128, mib: 100 }, ['logicalVolume:vg_data/pool size'])
    await on('sync -f /srv/data')
    expect(await assess()).toMatchObject({ healthy: true })
  })
})

describe('a transaction that is cut is undone', { timeout: slowMs }, () => {
  const stepsOf = (type: string) => lab.host.steps(wanted().find((one) => one.type === type) as Spec, primitives)

  test('a volume that never held data goes again', async () => {
    const before = await footprint()
    expect(await lab.host.run(await stepsOf('logicalVolume'), { cutBefore: 0, thenUndo: true })).toMatchObject({ status: 'failed' })
    expect(await footprint()).toBe(before)
    await expectConverged({}, created)
  })

  test('a volume that was formatted in the meantime stays', async () => {
    const steps = await stepsOf('logicalVolume')
    const formatting = {
      title: 'format',
      run: { text: 'mkfs.ext4 -q /dev/vg_data/data; lvchange -qq --deltag reeve.mkfs-pending vg_data/data; false' },
    }
    expect(await lab.host.run([...steps, formatting])).toMatchObject({ status: 'failed', step: 'format' })
    expect(await on('blkid -p -o value -s TYPE /dev/vg_data/data')).toBe('ext4\n')
  })

  test('a volume that someone else made in the meantime stays', async () => {
    const steps = await stepsOf('logicalVolume')
    await on('lvcreate -qq -L 40M -n data --addtag reeve.id=lab/Volume/data --addtag reeve.mkfs-pending vg_data')
    expect(await lab.host.run(steps)).toMatchObject({ status: 'refused' })
    expect(await on('lvs --noheadings -o lv_name vg_data')).toBe('  data\n')
  })

  test('a filesystem that was never used is wiped and made again; one that is mounted stays', async () => {
    await lab.host.run(await stepsOf('logicalVolume'))
    const steps = await stepsOf('filesystem')
    await lab.host.run(steps, { cutBefore: 0, thenUndo: true })
    expect(await on('wipefs /dev/vg_data/data')).toBe('')
    const using = { title: 'use', run: { text: 'mount /dev/vg_data/data /mnt; false' } }
    await lab.host.run([...steps.slice(0, 1), using])
    expect(await on('findmnt -rno FSTYPE /mnt')).toBe('ext4\n')
  })

  test.each([0, 1])('a mount and its line go again, with the directories that were made for it (cut at step %i)', async (cutBefore) => {
    await lab.host.converge(wanted().slice(0, 2), primitives)
    const before = await footprint()
    await lab.host.run(await stepsOf('mount'), { cutBefore, thenUndo: true })
    expect(await footprint()).toBe(before)
    expect(await on('ls /srv')).toBe('')
  })

  test("an edit of fstab in between is the user's and stays", async () => {
    await lab.host.converge(wanted().slice(0, 2), primitives)
    const steps = await stepsOf('mount')
    const editing = { title: 'edit', run: { text: 'echo "# edited" >>/etc/fstab; false' } }
    const result = await lab.host.run([...steps, editing])
    expect(result.stderr).toContain('edited in the meantime')
    expect(await on('tail -n 1 /etc/fstab')).toBe('# edited\n')
  })
})

describe('a transaction for swap, a pool or a group that is cut is undone', { timeout: slowMs }, () => {
  test.each<[string, Wish, number]>([
    ['swap in use', { format: 'swap' }, 2],
    ['a thin pool', { pool: 64 }, 0],
    ['a volume group', { group: 'vg_new', devices: ['/dev/disk/by-id/virtio-lab-blank'] }, 0],
  ])('%s', async (_, wish, at) => {
    await lab.host.converge(wanted(wish).slice(0, at), primitives)
    const before = await footprint()
    const steps = await lab.host.steps(wanted(wish)[at] as Spec, primitives)
    for (const cutBefore of steps.keys()) {
      expect(await lab.host.run(steps, { cutBefore, thenUndo: true })).toMatchObject({ status: 'failed' })
      expect(await footprint()).toBe(before)
    }
    expect(await on('blkid -p /dev/vdc || :; head -c 2M /dev/vdc | tr -d "\\0" | wc -c')).toBe('0\n')
    expect(await lab.host.run(steps)).toMatchObject({ status: 'done' })
  })
})

describe('what nobody asks for any more', { timeout: slowMs }, () => {
  async function retireAll(deletionPolicy: LedgerEntry['deletionPolicy'], previous?: string): Promise<readonly string[]> {
    const specs = wanted().toReversed()
    const observed = await lab.host.observe(specs, primitives)
    const results: string[] = []
    for (const spec of specs) {
      const state = observed.get(spec.id)
      if (state === undefined || state.status === 'unknown') throw new Error(`${spec.id} is unknown`)
      const entry = { ...entryOf(spec, previous), deletionPolicy }
      const steps = primitives.find(({ type }) => type === spec.type)?.retire?.(entry, state, lab.host.context())?.steps ?? []
      const result = await lab.host.run(steps)
      results.push(`${spec.type} ${result.status} ${result.stderr.trim()}`.trim())
    }
    return results
  }

  const done = ['mount done', 'filesystem done', 'logicalVolume done']

  test('stays with Retain: mounted, in fstab, without our marks', async () => {
    await converge({})
    expect(await retireAll('Retain')).toEqual(done)
    expect(await on('tail -n 1 /etc/fstab; lvs --noheadings --separator : -o lv_name,lv_tags vg_data; findmnt -rno TARGET /srv/data')).toBe(
      '/dev/vg_data/data /srv/data ext4 defaults,nofail 0 2\n  data:\n/srv/data\n',
    )
  })

  test("is unmounted with Unmount, and the user's line comes back", async () => {
    await converge({})
    expect(await retireAll('Unmount', '/dev/vg_data/data /srv/data ext4 noauto 0 0')).toEqual(done)
    expect(await on('tail -n 1 /etc/fstab; lvs --noheadings -o lv_name vg_data; findmnt -rno TARGET /srv/data || :')).toBe(
      '/dev/vg_data/data /srv/data ext4 noauto 0 0\n  data\n',
    )
  })

  test('is put aside with Delete, with its data and owner', async () => {
    await converge({})
    await on('echo precious > /srv/data/file')
    expect(await retireAll('Delete')).toEqual(done)
    expect(await on('lvs --noheadings -o lv_name,lv_tags vg_data')).toMatch(
      /^ {2}reeve-trash-data-\w{6} (?=\S*reeve\.trash=lab\/Volume\/data(,|\n))\S*reeve\.trash-due=\d{10}\S*\n$/,
    )
    await on('lvchange -ay vg_data && mount /dev/vg_data/reeve-trash-data-* /mnt && cat /mnt/file')
    expect(await on('cat /etc/fstab')).not.toContain('/srv/data')
  })

  test('is left alone while it is in use', async () => {
    await converge({})
    await on('{ setsid sh -c "cd /srv/data; exec sleep 100" >/dev/null 2>&1 & } && sleep 1')
    const results = await retireAll('Delete')
    expect(results[0]).toMatch(/^mount failed .*busy/)
    expect(results[2]).toMatch(/^logicalVolume refused .*in use/)
    await expectConverged({}, [])
  })
})

describe('the probes', { timeout: slowMs }, () => {
  test('cost the same processes for one volume as for many', async () => {
    const many = Array.from({ length: 4 }, (_, n) => ({ volumeGroup: 'vg_data', name: `v-${n}` }))
    const specs = (names: typeof many): readonly Spec[] =>
      names.flatMap((at) => [
        logicalVolume({ ...at, sizeBytes: 1n << 24n }),
        filesystem({ ...at, format: 'ext4' }),
        mount({ path: `/srv/${at.name}`, device: `/dev/vg_data/${at.name}`, format: 'ext4' }),
      ])
    await lab.host.converge(specs(many), primitives)
    const processes = async (asked: readonly Spec[]) => {
      const counts = primitives.map(async (primitive) => {
        const subjects = asked.filter(({ type }) => type === primitive.type).map((spec) => ({ id: spec.id, spec }))
        const script = `( ${primitive.probe(subjects, 'lab').text}\n) >/dev/null 2>&1 </dev/null\nsh -c 'echo $$'`
        // In a fresh namespace of process ids the next one tells how many there were: the shell, its subshell, and the shell that prints.
        return Number(await lab.machine.must('unshare --fork --pid --mount-proc sh -s', { stdin: script })) - 3
      })
      return Promise.all(counts)
    }
    const [groups, volume, system, mounts, swaps] = await processes(specs(many))
    expect(await processes(specs(many.slice(0, 1)))).toEqual([groups, volume, system, mounts, swaps])
    expect({ groups, volume, system, mounts, swaps }).toEqual({ groups: 0, volume: 1, system: 2, mounts: 2, swaps: 0 })
  })
})
