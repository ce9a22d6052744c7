// What is known to go wrong with volumes, and where it is tried: here by its test, or (faults) in volume-faults.lab.test.ts.
//   made from nothing; a second apply            is created, formatted and mounted … a second apply changes nothing
//   grow; xfs made and grown                     of %s grows with its data while mounted
//   a grow that was cut                          (faults) an interrupted grow of %s
//   a smaller size, another filesystem, swap     what is refused …: a smaller size · another filesystem · swap
//   mounted elsewhere, path taken                … a volume mounted elsewhere · a path where another device is mounted
//   group full, group missing                    … a volume larger than its group · a group that is not there
//   raw volume that is not ours                  … a raw volume that is not ours · raw data in a volume that we made
//   folder with files, then again without        … a path with files, until they are gone
//   line of fstab of the user                    … a path of the user's own line · a path with two lines
//   held by a container                          … a volume held in another mount namespace
//   held by a machine, below another device      … a filesystem that would be grown under a virtual machine; (faults) a volume that another device lies on
//   filesystem that is there, inactive volume    what is there is taken over with its data … · when it was deactivated
//   crash between lvcreate and mkfs              (faults) a volume whose mkfs never came
//   extents with an old filesystem on them       on recycled extents shows nothing of what was there before
//   sizes between extents                        rounds its size up to whole extents once and for all
//   a renamed volume, mounted under its old name also by the name of the device mapper, and after it was renamed while mounted
//   conflicting signatures                       … two signatures
//   options changed by hand                      (faults) options that someone changed, live and in the line
//   a thin pool that is full                     (faults) is told before and then, and goes on when it is made larger
//   a volume with a snapshot                     (faults) a volume with a snapshot does not grow
//   a boot whose volume is gone                  (faults) a host whose volume is gone boots, and is told of it
//   a power cut                                  (faults) a power cut and a boot leave all as it was
//   who looks at a volume for a moment           who only looks at a volume does not stop what is done to it
import { describe, expect, test } from 'vitest'
import type { Spec } from '../../controller/model/primitive.ts'
import type { Format } from '../../controller/primitives/filesystem/spec.ts'
import { logicalVolumePrimitive } from '../../controller/primitives/logicalVolume/index.ts'
import { logicalVolume } from '../../controller/primitives/logicalVolume/spec.ts'
import { volumesSettle } from '../conformance/phantom-volumes.ts'
import { sshPlace } from '../conformance/ssh-place.ts'
import { longTest } from '../longTest.ts'
import { engineOn } from './engine-lab.ts'
import { entryOf } from './test-host.ts'
import { created, primitives, slowMs, useVolumeLab, type Wish, wanted } from './volume-lab.ts'

const lab = useVolumeLab()
const { converge, on, footprint, expectRefused, expectConverged } = lab

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const mibOf = async (path: string) => Number(await on(`stat -f -c '%b %S' ${path} | { read -r b s; echo $((b * s / 1048576)); }`))

describe('a new volume', { timeout: slowMs }, () => {
  test('is created, formatted and mounted, its line appended to fstab, and a second apply changes nothing', async () => {
    await on(`printf '# mine\\n/dev/vda\\t/  ext4 errors=remount-ro 0 1\\n# no newline at the end' > /etc/fstab`)
    await expectConverged({}, created)
    expect(await on('lvs --noheadings -o lv_tags,lv_size --units m vg_data/data')).toBe('  reeve.id=lab/Volume/data 40.00m\n')
    const line = '/dev/vg_data/data /srv/data ext4 defaults,nofail,x-reeve.id=lab/Volume/data 0 2'
    expect(await on('cat /etc/fstab')).toBe(`# mine\n/dev/vda\t/  ext4 errors=remount-ro 0 1\n# no newline at the end\n${line}\n`)
    await expectConverged({}, [])
  })

  test('takes a path that a shell, an awk program and fstab would each read in their own way', async () => {
    const path = `/srv/it's $(touch /oops) "q" #1`
    await expectConverged({ path }, [...created.slice(0, 2), `mount:${path} mounted,fstab`])
    expect(await on('umount /srv/it*/* && mount -a && findmnt -rn -S /dev/vg_data/data -o FSTYPE; ls /oops || :')).toBe('ext4\n')
    await expectConverged({ path }, [])
  })

  test('rounds its size up to whole extents once and for all', async () => {
    await expectConverged({ mib: 38 }, created)
    await expectConverged({ mib: 37 }, [])
  })

  test('on recycled extents shows nothing of what was there before', async () => {
    await on('lvcreate -qq -L 40M -n old vg_data && mkfs.ext4 -q -L secret /dev/vg_data/old && lvremove -qqf vg_data/old')
    await expectConverged({}, created)
    expect(await on('ls -A /srv/data; blkid -p -o value -s LABEL /dev/vg_data/data || :')).toBe('lost+found\n')
  })

  // The two that ext4's tools make as well: in the long run.
  const rarer: readonly [Format, number, number][] = [
    ['ext2', 16, 36],
    ['ext3', 32, 48],
    ['btrfs', 256, 300],
  ]
  test.each<[Format, number, number]>([...(isLong ? rarer : []), ['ext4', 40, 300], ['xfs', 300, 400]])(
    'of %s grows with its data while mounted',
    async (format, before, after) => {
      await expectConverged({ format, mib: before }, created)
      await on('echo precious > /srv/data/file')
      await expectConverged({ format, mib: after }, ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data size'])
      expect(await mibOf('/srv/data')).toBeGreaterThan(before)
      expect(await on('cat /srv/data/file')).toBe('precious\n')
      await expectConverged({ format, mib: after }, [])
    },
  )

  test('of swap is in use, now and at boot, and grows with its volume', async () => {
    const changes = [...created.slice(0, 2), 'swap:/dev/vg_data/data on,fstab']
    await on(`printf '# mine\n' >> /etc/fstab`)
    await expectConverged({ format: 'swap', label: 'first' }, changes)
    expect(await on("tail -n 2 /etc/fstab; sed -n 's/.*partition\t//p' /proc/swaps")).toMatch(
      /^# mine\n\/dev\/vg_data\/data none swap sw,nofail,x-reeve.id=lab\/Volume\/data 0 0\n40956\t/,
    )
    await expectConverged({ format: 'swap', label: 'first' }, [])
    const grown = { format: 'swap', mib: 80, label: 'second' } as const
    await expectConverged(grown, ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data label'])
    expect(await on("sed -n 's/.*partition\t//p' /proc/swaps; swaplabel /dev/vg_data/data")).toMatch(/^81916\t[\s\S]*LABEL: second/)
    await on('swapoff -a && swapon -a')
    await expectConverged(grown, [])
  })

  longTest('lies in a thin pool that is made for it, and grows beyond what the pool has', async () => {
    const pool = 'logicalVolume:vg_data/pool size'
    await expectConverged({ pool: 64 }, [pool, ...created])
    expect(await on('lvs --noheadings --separator : -o lv_layout,pool_lv,lv_tags vg_data/data vg_data/pool')).toBe(
      '  thin,sparse:pool:reeve.id=lab/Volume/data\n  thin,pool::reeve.id=lab/Volume/data\n',
    )
    const changes = ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data size']
    await expectConverged({ pool: 64, mib: 100 }, changes)
    await expectConverged({ pool: 100, mib: 100 }, [pool])
    await expectConverged({ pool: 100, mib: 100 }, [])
  })

  test('lies in a volume group that is made for it, on a disk that is proven blank', async () => {
    const group = { group: 'vg_new', devices: ['/dev/disk/by-id/virtio-lab-blank'] }
    const changes = created.map((change) => change.replace('vg_data', 'vg_new'))
    await expectConverged(group, ['volumeGroup:vg_new devices', ...changes])
    expect(await on('vgs --noheadings --separator : -o vg_name,pv_name,vg_tags vg_new')).toBe(
      '  vg_new:/dev/vdc:reeve.id=lab/Volume/data\n',
    )
    await expectConverged(group, [])
  })

  longTest('one extent at a time, over the end of a block group, never asks for what its tools will not do', async () => {
    await expectConverged({ mib: 124 }, created)
    for (const mib of [128, 132, 136]) {
      expect(await converge({ mib })).toMatchObject({ status: 'converged' })
      await expectConverged({ mib }, [])
    }
  })
})

describe('who only looks at a volume does not stop what is done to it', { timeout: slowMs }, () => {
  const volume = logicalVolume({ volumeGroup: 'vg_data', name: 'data', sizeBytes: 40n << 20n })

  test('udev, which has a new volume open for as long as its rules take', async () => {
    await using place = engineOn(lab.machine)
    expect(await place.reconcile([volume])).toBe('converged')
    // As on a machine that is busy: a program of a rule reads the device.
    await on(
      `mkdir -p /run/udev/rules.d; cat >/run/udev/rules.d/99-slow.rules <<'END'
SUBSYSTEM=="block", ENV{DM_NAME}=="vg_data-data", PROGRAM="/bin/sh -c 'exec 3<$devnode; : >/run/looks; sleep 3'"
END
udevadm control --reload
udevadm trigger -c change /dev/vg_data/data
until [ -e /run/looks ]; do sleep 0.1; done`,
    )
    expect(await place.reconcile([volume])).toBe('converged')
    expect(await on('lvs --noheadings -o lv_device_open,lv_tags vg_data/data')).toContain(' reeve.id=conform/Kind/one,reeve.mkfs-pending')
    expect(await place.reconcile([volume])).toBe('noop')
    expect(await place.reconcile(wanted())).toBe('converged')
    expect(await place.reconcile(wanted())).toBe('noop')
  })

  longTest('a program that has it open for a moment, before each step', async () => {
    await lab.host.converge([volume], [logicalVolumePrimitive])
    const hold =
      ': >/run/held; { setsid sh -c "exec 3</dev/vg_data/data; while [ -e /run/held ]; do sleep 0.1; done; sleep 1" >/dev/null 2>&1 & }; until [ -n "$(lvs --noheadings -o lv_device_open vg_data/data | tr -d " ")" ]; do sleep 0.1; done'
    const letGo = { title: 'let go', run: { text: 'rm /run/held' } }
    const [, files, place] = wanted() as readonly [Spec, Spec, Spec]
    const steps = async (spec: Spec) => lab.host.steps(spec, primitives)

    await on(hold)
    expect(await lab.host.run([letGo, ...(await steps(volume))])).toMatchObject({ status: 'done' })
    for (const spec of [files, place]) {
      const planned = await steps(spec)
      await on(hold)
      expect(await lab.host.run([letGo, ...planned]), spec.id).toMatchObject({ status: 'done' })
    }
    await on(`umount /srv/data; ${hold}`)
    const state = (await lab.host.observe([volume], [logicalVolumePrimitive])).get(volume.id) as never
    const retired = logicalVolumePrimitive.retire?.({ ...entryOf(volume), deletionPolicy: 'Delete' }, state, lab.host.context())
    expect(await lab.host.run([letGo, ...(retired?.steps ?? [])])).toMatchObject({ status: 'done' })
    expect(await on('lvs --noheadings -o lv_name vg_data')).toMatch(/^ {2}reeve-trash-data-/)
  })
})

describe('a volume whose manifest went away under Delete', { timeout: slowMs }, () => {
  test('waits in the trash, comes back with its manifest and its data, and goes when its days are over, never before', async () => {
    await using place = engineOn(lab.machine)
    const specs = wanted().map((spec) => ({ ...spec, deletionPolicy: 'Delete' as const }))
    expect(await place.reconcile(specs)).toBe('converged')
    await on('echo precious > /srv/data/file')
    expect(await place.reconcile([])).toBe('converged')
    const trash = (await on('lvs --noheadings -o lv_name vg_data')).trim()
    expect(trash).toMatch(/^reeve-trash-data-\w{6}$/)
    expect(await place.reconcile([])).toBe('noop')
    expect(place.orphans()).toEqual([`logicalVolume:vg_data/${trash} its manifest is gone; kept because it is in the trash until`])

    expect(await place.reconcile(specs)).toBe('converged')
    expect(await on('cat /srv/data/file; lvs --noheadings -o lv_name,lv_tags vg_data')).toBe('precious\n  data reeve.id=conform/Kind/one\n')
    expect(await place.reconcile(specs)).toBe('noop')

    expect(await place.reconcile([])).toBe('converged')
    const due = (await on(`lvs --noheadings -o lv_tags vg_data/${trash}`)).match(/reeve.trash-due=(\d+)/)?.[1] ?? ''
    expect(Number(due) - Number(await on('date +%s'))).toBeGreaterThan(7 * 86_400 - 3600)
    await on(
      `lvchange -qq --deltag reeve.trash-due=${due} --addtag reeve.trash-due=1 vg_data/${trash}; lvchange -ay vg_data/${trash}; mount /dev/vg_data/${trash} /mnt`,
    )
    expect(await place.reconcile([])).toBe('noop')
    expect(place.orphans().join()).toContain('it is in the trash and in use')
    await on('umount /mnt')
    expect(await place.reconcile([])).toBe('converged')
    expect(await on('lvs --noheadings vg_data')).toBe('')
    expect(await place.reconcile([])).toBe('noop')
  })
})

describe('a volume that a person made, and whose manifest came and went,', { timeout: slowMs }, () => {
  const line = '/dev/vg_data/data /srv/data ext4 nosuid 0 2'
  const prepare = `lvcreate -qq -L 40M -n data --addtag mine vg_data && mkfs.ext4 -q /dev/vg_data/data && mkdir /srv/data && echo '${line}' >> /etc/fstab && udevadm settle && mount /srv/data && echo precious > /srv/data/file`
  const ours = (options: string) => `/dev/vg_data/data /srv/data ext4 ${options},nofail 0 2`
  const left =
    "tail -n 1 /etc/fstab; findmnt -rno TARGET /srv/data; lvs --noheadings --separator : -o lv_name,lv_tags vg_data | sed 's/[0-9]\\{10\\}/DUE/; s/data-....../data-ID/'"
  type Case = readonly [adopt: 'IfEqual' | 'Replace', policy: 'Retain' | 'Unmount' | 'Delete', left: string]
  const trashed = '  reeve-trash-data-ID:mine,reeve.trash-due=DUE,reeve.trash=conform/Kind/one'
  const cases: readonly Case[] = [
    ['Replace', 'Unmount', `${line}\n  data:mine`],
    ['Replace', 'Retain', `${ours('noexec')}\n/srv/data\n  data:mine`],
    ['Replace', 'Delete', `# the end\n${trashed}`],
    ['IfEqual', 'Unmount', `${line}\n  data:mine`],
    ['IfEqual', 'Retain', `${ours('nosuid')}\n/srv/data\n  data:mine`],
    ['IfEqual', 'Delete', `# the end\n${trashed}`],
  ]
  test.each(isLong ? cases : cases.slice(0, 1))(
    'is left as its policy says (adopt: %s, deletionPolicy: %s)',
    async (adopt, policy, then) => {
      await using place = engineOn(lab.machine)
      await on(`echo '# the end' >> /etc/fstab; ${prepare}`)
      const options = [adopt === 'Replace' ? 'noexec' : 'nosuid']
      const specs = wanted({ options }).map((spec) => ({ ...spec, adopt, deletionPolicy: policy }))
      for (let turn = 0; turn < 3; turn++) await place.reconcile(specs)
      expect(await place.reconcile(specs)).toBe('noop')
      expect(await on('tail -n 1 /etc/fstab; lvs --noheadings -o lv_tags vg_data/data')).toBe(
        `${ours(options[0] ?? '').replace('nofail', 'nofail,x-reeve.id=conform/Kind/one')}\n  mine,reeve.id=conform/Kind/one\n`,
      )
      expect(await place.reconcile([])).toBe('converged')
      expect((await on(left)).trimEnd()).toBe(then)
      expect(await place.reconcile([])).toBe('noop')
      expect(
        await on('mountpoint -q /srv/data || { vgchange -qq -ay vg_data; mount /dev/vg_data/*data* /srv/data; }; cat /srv/data/file'),
      ).toBe('precious\n')
    },
  )
})

describe('random volumes', { timeout: isLong ? 3_600_000 : 600_000 }, () => {
  const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  // As many as the group holds in one apply: with those that change in later turns 16 times make a thousand volumes, and as many groups.
  const amounts = isLong ? { count: 25, groupCount: 63, turns: 4 } : { count: 2, groupCount: 0, turns: 2 }
  test.each(Array.from({ length: isLong ? 16 : 1 }, (_, turn) => [seed + 1000 * turn]))(
    'by the seed %i are made and changed in few applies, and read back as they were wanted',
    async (start = 0) => {
      const place = sshPlace(lab.machine)
      try {
        expect(await volumesSettle(place, start, amounts)).toBe(isLong ? 63 : 3)
      } finally {
        await place.host[Symbol.asyncDispose]()
      }
    },
  )
})

describe('what is refused is refused before anything is touched', { timeout: slowMs }, () => {
  test.each<[string, string, Wish, RegExp | string]>([
    ['a volume larger than its group', ':', { mib: 9000 }, /vg_data has 4\.0 GiB free, 8\.8 GiB needed \(short by 4\.8 GiB\)/],
    ['a group that is not there', ':', { group: 'vg_nope' }, 'volume group vg_nope does not exist on this host (there: vg_data)'],
    [
      'a smaller size',
      'lvcreate -qq -L 80M -n data vg_data && mkfs.ext4 -q /dev/vg_data/data',
      {},
      'data is 80 MiB; spec asks 40 MiB. Volumes are never shrunk',
    ],
    [
      'another filesystem',
      'lvcreate -qq -L 40M -n data vg_data && mkfs.ext3 -q /dev/vg_data/data',
      {},
      'already holds ext3; spec asks ext4',
    ],
    ['swap', 'lvcreate -qq -L 40M -n data vg_data && mkswap -q /dev/vg_data/data', {}, 'already holds swap'],
    [
      'an encrypted volume',
      `lvcreate -qq -L 40M -n data vg_data && printf 'LUKS\\272\\276\\000\\001' > /dev/vg_data/data`,
      {},
      'already holds crypto_LUKS',
    ],
    ['a raw volume that is not ours', 'lvcreate -qq -L 40M -n data vg_data', {}, 'may hold raw data'],
    [
      'raw data in a volume that we made',
      'lvcreate -qq -L 40M -n data --addtag reeve.id=lab/Volume/data --addtag reeve.mkfs-pending vg_data && echo raw > /dev/vg_data/data',
      {},
      'something without a signature has been written to it',
    ],
    [
      'two signatures',
      'lvcreate -qq -L 40M -n data vg_data && mkfs.ext4 -q /dev/vg_data/data && truncate -s 120M /b && mkfs.btrfs -q /b && dd if=/b of=/dev/vg_data/data bs=64k skip=1 seek=1 count=1 conv=notrunc status=none',
      {},
      'several conflicting signatures',
    ],
    [
      'a volume mounted elsewhere',
      'lvcreate -qq -L 40M -n data vg_data && mkfs.ext4 -q /dev/vg_data/data && mount /dev/vg_data/data /mnt',
      {},
      'is mounted at /mnt, spec asks /srv/data',
    ],
    [
      'a path where another device is mounted',
      'mkdir /srv/data && mount -t tmpfs mine /srv/data',
      {},
      '/srv/data is already the mount point of mine',
    ],
    ['a path with files', 'mkdir /srv/data && touch /srv/data/.hidden', {}, '/srv/data is not empty'],
    ['a path that is a file', 'touch /srv/data', {}, 'is not a directory'],
    ['a path that is a link', 'ln -s /mnt /srv/data', {}, 'is a symbolic link'],
    [
      "a path of the user's own line",
      'echo "/dev/sdz1 /srv/data ext4 defaults 0 0" >> /etc/fstab',
      {},
      '/etc/fstab:2 already mounts another device at /srv/data',
    ],
    [
      'a path with two lines',
      'for n in 1 2; do echo "/dev/vg_data/data /srv/data ext4 defaults 0 0" >> /etc/fstab; done',
      {},
      '/etc/fstab:2, /etc/fstab:3',
    ],
    [
      'a volume held in another mount namespace',
      'lvcreate -qq -L 40M -n data vg_data && mkfs.ext4 -q /dev/vg_data/data && { setsid unshare -m --propagation private sh -c "mount /dev/vg_data/data /mnt; exec sleep 100" </dev/null >/dev/null 2>&1 & } && sleep 3',
      {},
      'is in use but not mounted here',
    ],
    [
      'a group with a missing device',
      'truncate -s 200M /a /b; vgcreate -qq vg_two $(losetup -f --show /a) $(losetup -f --show /b); lvcreate -qq -L 100M -n one vg_two /dev/loop1; vgchange -qq -an vg_two; losetup -d /dev/loop0; rm -rf /etc/lvm/devices',
      { group: 'vg_two' },
      'volume group vg_two misses 1 of its devices',
    ],
  ])('%s', async (_, prepare, wish, reason) => {
    await on(prepare)
    await expectRefused(wish, reason)
  })

  test('a path with files, until they are gone', async () => {
    await on('mkdir /srv/data && touch /srv/data/file')
    await expectRefused({}, 'not empty')
    await on('rm /srv/data/file')
    await expectConverged({}, created)
  })

  test('growth where growPolicy is Manual', async () => {
    await converge({})
    await expectRefused({ mib: 80, grow: 'Manual' }, 'growPolicy is Manual')
  })

  test('a filesystem that would be grown under a virtual machine', async () => {
    await converge({ path: '' })
    await on('lvextend -qq -L 80M vg_data/data && { setsid sh -c "exec sleep 100 <>/dev/vg_data/data" >/dev/null 2>&1 & } && sleep 1')
    const before = await footprint()
    const result = await converge({ path: '', mib: 80 })
    expect(result).toMatchObject({ status: 'refused', changes: [] })
    expect(result.reasons.join()).toContain('open but not mounted by this kernel (a virtual machine?)')
    expect(await footprint()).toBe(before)
  })
})

describe('what is there is taken over', { timeout: slowMs }, () => {
  test("with its data, and marked; the user's line by another name becomes ours in its place", async () => {
    await on(
      'lvcreate -qq -L 40M -n data vg_data && mkfs.ext4 -q /dev/vg_data/data && mkdir /srv/data && echo "UUID=$(blkid -o value -s UUID /dev/vg_data/data)  /srv/data\text4 defaults 0 2" >> /etc/fstab && echo "# last" >> /etc/fstab && udevadm settle && mount /srv/data && echo precious > /srv/data/file',
    )
    await expectConverged({}, ['logicalVolume:vg_data/data mark', 'mount:/srv/data mark'])
    expect(await on('tail -n 2 /etc/fstab; cat /srv/data/file')).toBe(
      '/dev/vg_data/data /srv/data ext4 defaults,nofail,x-reeve.id=lab/Volume/data 0 2\n# last\nprecious\n',
    )
    expect(await on('lvs --noheadings -o lv_tags vg_data/data')).toBe('  reeve.id=lab/Volume/data\n')
  })

  test('also by the name of the device mapper, and after it was renamed while mounted', async () => {
    await on(
      'lvcreate -qq -L 40M -n other vg_data && mkfs.ext4 -q /dev/vg_data/other && mkdir /srv/data && mount /dev/mapper/vg_data-other /srv/data && lvrename -qq vg_data other data',
    )
    await expectConverged({}, ['mount:/srv/data fstab', 'logicalVolume:vg_data/data mark'])
  })

  test('when it was deactivated', async () => {
    await converge({})
    await on('umount /srv/data && lvchange -an vg_data/data')
    await expectConverged({}, ['logicalVolume:vg_data/data active', 'mount:/srv/data mounted'])
  })
})
