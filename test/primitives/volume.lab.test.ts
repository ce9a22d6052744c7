import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import { definePrimitive, type Spec } from '../../controller/model/primitive.ts'
import { filesystemPrimitive } from '../../controller/primitives/filesystem/index.ts'
import { type Format, filesystem } from '../../controller/primitives/filesystem/spec.ts'
import { logicalVolumePrimitive } from '../../controller/primitives/logicalVolume/index.ts'
import { logicalVolume } from '../../controller/primitives/logicalVolume/spec.ts'
import { mountPrimitive } from '../../controller/primitives/mount/index.ts'
import { mount } from '../../controller/primitives/mount/spec.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { createTestHost, type Exec, entryOf, type TestHost } from './test-host.ts'

const primitives = [definePrimitive(logicalVolumePrimitive), definePrimitive(filesystemPrimitive), definePrimitive(mountPrimitive)]
const slowMs = 120_000

let lab: Lab
let machine: Machine
let host: TestHost

beforeAll(async () => {
  lab = await startLab()
  machine = lab.machine('he1')
}, 600_000)
afterAll(() => lab?.[Symbol.asyncDispose]())

beforeEach(async () => {
  await machine.reset()
  host = createTestHost(exec, 'lab', 'Volume/data')
}, slowMs)

const exec: Exec = (script) => machine.exec('sh -s', { stdin: script })

interface Wish {
  readonly mib?: number
  readonly format?: Format
  readonly path?: string
  readonly options?: readonly string[]
  readonly group?: string
  readonly grow?: 'Automatic' | 'Manual'
}

/** Volume vg_data/data of 40 MiB with ext4 at /srv/data, but for what the wish says; without a path where it is empty. */
function wanted({
  mib = 40,
  format = 'ext4',
  path = '/srv/data',
  options,
  group = 'vg_data',
  grow = 'Automatic',
}: Wish = {}): readonly Spec[] {
  const at = { volumeGroup: group, name: 'data' }
  return [
    logicalVolume({ ...at, sizeBytes: BigInt(mib) << 20n, growPolicy: grow }),
    filesystem({ ...at, format, growPolicy: grow }),
    ...(path === '' ? [] : [mount({ path, device: `/dev/${group}/data`, format, ...(options === undefined ? {} : { options }) })]),
  ]
}

const converge = (wish?: Wish) => host.converge(wanted(wish), primitives)
const on = (command: string) => machine.must(command)
/** All volumes with tags, and fstab: what must not move when something is refused. */
const footprint = () => on('lvs --noheadings -o lv_name,lv_size,lv_tags; cat /etc/fstab; findmnt -rn -o TARGET,SOURCE --real')
const mibOf = async (path: string) => Number(await on(`stat -f -c '%b %S' ${path} | { read -r b s; echo $((b * s / 1048576)); }`))

async function expectRefused(wish: Wish, reason: RegExp | string): Promise<void> {
  const before = await footprint()
  const result = await converge(wish)
  expect(result).toMatchObject({ status: 'refused', changes: [] })
  expect(result.reasons.join('\n')).toMatch(reason)
  expect(await footprint()).toBe(before)
}

async function expectConverged(wish: Wish, changes: readonly string[]): Promise<void> {
  expect(await converge(wish)).toEqual({ status: 'converged', reasons: [], changes })
}

const created = ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data format', 'mount:/srv/data mounted,fstab']

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
    expect(await on('umount /srv/it* && mount -a && findmnt -rn -S /dev/vg_data/data -o FSTYPE; ls /oops || :')).toBe('ext4\n')
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

  test.each<[Format, number, number]>([
    ['ext2', 16, 36],
    ['ext3', 32, 48],
    ['ext4', 40, 300],
    ['xfs', 300, 400],
  ])('of %s grows with its data while mounted', async (format, before, after) => {
    await expectConverged({ format, mib: before }, created)
    await on('echo precious > /srv/data/file')
    await expectConverged({ format, mib: after }, ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data size'])
    expect(await mibOf('/srv/data')).toBeGreaterThan(before)
    expect(await on('cat /srv/data/file')).toBe('precious\n')
    await expectConverged({ format, mib: after }, [])
  })

  test('one extent at a time, over the end of a block group, never asks for what its tools will not do', async () => {
    await expectConverged({ mib: 124 }, created)
    for (const mib of [128, 132, 136]) {
      expect(await converge({ mib })).toMatchObject({ status: 'converged' })
      await expectConverged({ mib }, [])
    }
  })
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
    await machine.must(prepare)
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

describe('what a person or a crash left half is made whole', { timeout: slowMs }, () => {
  test.each<[Format, number]>([
    ['ext4', 40],
    ['xfs', 300],
  ])('an interrupted grow of %s', async (format, mib) => {
    await converge({ format, mib })
    await on(`lvextend -qq -L ${mib + 40}M vg_data/data`)
    await expectConverged({ format, mib: mib + 40 }, ['filesystem:/dev/vg_data/data size'])
    await on('umount /srv/data && sleep 1 && mount /srv/data')
    await expectConverged({ format, mib: mib + 40 }, [])
  })

  test.each<[Format, number]>([
    ['ext4', 40],
    ['xfs', 300],
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
    const observed = await host.observe(specs, primitives)
    const state = observed.get(specs[0]?.id as never)
    const difference = logicalVolumePrimitive.diff(specs[0] as never, state as never, host.ledger.get(specs[0]?.id as never))
    expect(difference).toMatchObject({ status: 'change', change: { action: 'create', impact: 'dataLoss' } })
  })
})

describe('a transaction that is cut is undone', { timeout: slowMs }, () => {
  async function stepsOf(type: string) {
    const specs = wanted()
    const observed = await host.observe(specs, primitives)
    const spec = specs.find((one) => one.type === type) as Spec
    const primitive = primitives.find((one) => one.type === type)
    const state = observed.get(spec.id)
    if (primitive === undefined || state === undefined || state.status === 'unknown') throw new Error(`${type} is unknown`)
    const difference = primitive.diff(spec, state, undefined)
    if (difference.status !== 'change') throw new Error(`${type} does not differ`)
    return primitive.steps(spec, difference.change, state, host.context())
  }

  test('a volume that never held data goes again', async () => {
    const before = await footprint()
    expect(await host.run(await stepsOf('logicalVolume'), { cutBefore: 0, thenUndo: true })).toMatchObject({ status: 'failed' })
    expect(await footprint()).toBe(before)
    await expectConverged({}, created)
  })

  test('a volume that was formatted in the meantime stays', async () => {
    const steps = await stepsOf('logicalVolume')
    const formatting = {
      title: 'format',
      run: { text: 'mkfs.ext4 -q /dev/vg_data/data; lvchange -qq --deltag reeve.mkfs-pending vg_data/data; false' },
    }
    expect(await host.run([...steps, formatting])).toMatchObject({ status: 'failed', step: 'format' })
    expect(await on('blkid -p -o value -s TYPE /dev/vg_data/data')).toBe('ext4\n')
  })

  test('a volume that someone else made in the meantime stays', async () => {
    const steps = await stepsOf('logicalVolume')
    await on('lvcreate -qq -L 40M -n data --addtag reeve.id=lab/Volume/data --addtag reeve.mkfs-pending vg_data')
    expect(await host.run(steps)).toMatchObject({ status: 'refused' })
    expect(await on('lvs --noheadings -o lv_name vg_data')).toBe('  data\n')
  })

  test('a filesystem that was never used is wiped and made again; one that is mounted stays', async () => {
    await host.run(await stepsOf('logicalVolume'))
    const steps = await stepsOf('filesystem')
    await host.run(steps, { cutBefore: 0, thenUndo: true })
    expect(await on('wipefs /dev/vg_data/data')).toBe('')
    const using = { title: 'use', run: { text: 'mount /dev/vg_data/data /mnt; false' } }
    await host.run([...steps.slice(0, 1), using])
    expect(await on('findmnt -rno FSTYPE /mnt')).toBe('ext4\n')
  })

  test.each([0, 1])('a mount and its line go again, with the directories that were made for it (cut at step %i)', async (cutBefore) => {
    await host.converge(wanted().slice(0, 2), primitives)
    const before = await footprint()
    await host.run(await stepsOf('mount'), { cutBefore, thenUndo: true })
    expect(await footprint()).toBe(before)
    expect(await on('ls /srv')).toBe('')
  })

  test("an edit of fstab in between is the user's and stays", async () => {
    await host.converge(wanted().slice(0, 2), primitives)
    const steps = await stepsOf('mount')
    const editing = { title: 'edit', run: { text: 'echo "# edited" >>/etc/fstab; false' } }
    const result = await host.run([...steps, editing])
    expect(result.stderr).toContain('edited in the meantime')
    expect(await on('tail -n 1 /etc/fstab')).toBe('# edited\n')
  })
})

describe('what nobody asks for any more', { timeout: slowMs }, () => {
  async function retireAll(deletionPolicy: LedgerEntry['deletionPolicy'], previous?: string): Promise<readonly string[]> {
    const specs = wanted().toReversed()
    const observed = await host.observe(specs, primitives)
    const results: string[] = []
    for (const spec of specs) {
      const state = observed.get(spec.id)
      if (state === undefined || state.status === 'unknown') throw new Error(`${spec.id} is unknown`)
      const entry = { ...entryOf(spec, previous), deletionPolicy }
      const steps = primitives.find(({ type }) => type === spec.type)?.retire?.(entry, state, host.context())?.steps ?? []
      const result = await host.run(steps)
      results.push(`${spec.type} ${result.status} ${result.stderr.trim()}`.trim())
    }
    return results
  }

  const done = ['mount done', 'filesystem done', 'logicalVolume done']

  test('stays with Retain: mounted, in fstab, without our marks', async () => {
    await converge({})
    expect(await retireAll('Retain')).toEqual(done)
    expect(await on('tail -n 1 /etc/fstab; lvs --noheadings -o lv_name,lv_tags vg_data; findmnt -rno TARGET /srv/data')).toBe(
      '/dev/vg_data/data /srv/data ext4 defaults,nofail 0 2\n  data     \n/srv/data\n',
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
      /^ {2}reeve-trash-data-\d{14} reeve\.trash=lab\/Volume\/data\n$/,
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
    const many = Array.from({ length: 12 }, (_, n) => ({ volumeGroup: 'vg_data', name: `v-${n}` }))
    const specs = (names: typeof many): readonly Spec[] =>
      names.flatMap((at) => [
        logicalVolume({ ...at, sizeBytes: 1n << 24n }),
        filesystem({ ...at, format: 'ext4' }),
        mount({ path: `/srv/${at.name}`, device: `/dev/vg_data/${at.name}`, format: 'ext4' }),
      ])
    await host.converge(specs(many), primitives)
    const processes = async (asked: readonly Spec[]) => {
      const counts = primitives.map(async (primitive) => {
        const subjects = asked.filter(({ type }) => type === primitive.type).map((spec) => ({ id: spec.id, spec }))
        const script = `( ${primitive.probe(subjects, 'lab').text}\n) >/dev/null 2>&1 </dev/null\nsh -c 'echo $$'`
        // In a fresh namespace of process ids the next one tells how many there were: the shell, its subshell, and the shell that prints.
        return Number(await machine.must('unshare --fork --pid --mount-proc sh -s', { stdin: script })) - 3
      })
      return Promise.all(counts)
    }
    const [volume, system, mounts] = await processes(specs(many))
    expect(await processes(specs(many.slice(0, 1)))).toEqual([volume, system, mounts])
    expect({ volume, system, mounts }).toEqual({ volume: 1, system: 2, mounts: 2 })
  })
})
