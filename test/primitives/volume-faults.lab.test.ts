import { describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { type Format, filesystem } from '../../controller/primitives/filesystem/spec.ts'
import { logicalVolumePrimitive } from '../../controller/primitives/logicalVolume/index.ts'
import { logicalVolume } from '../../controller/primitives/logicalVolume/spec.ts'
import { mount } from '../../controller/primitives/mount/spec.ts'
import { entryOf } from './test-host.ts'
import { created, primitives, slowMs, useVolumeLab, wanted } from './volume-lab.ts'

const lab = useVolumeLab()
const { converge, on, footprint, expectConverged } = lab

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

  test('a power cut and a boot leave all as it was', { timeout: 600_000 }, async () => {
    await converge({ format: 'xfs', mib: 300 })
    await expectConverged({ format: 'xfs', mib: 400 }, ['logicalVolume:vg_data/data size', 'filesystem:/dev/vg_data/data size'])
    await on('echo precious > /srv/data/file && sync')
    await lab.machine.powerCycle()
    await expectConverged({ format: 'xfs', mib: 400 }, [])
    expect(await on('cat /srv/data/file')).toBe('precious\n')
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

describe('a transaction that is cut is undone', { timeout: slowMs }, () => {
  async function stepsOf(type: string) {
    const specs = wanted()
    const observed = await lab.host.observe(specs, primitives)
    const spec = specs.find((one) => one.type === type) as Spec
    const primitive = primitives.find((one) => one.type === type)
    const state = observed.get(spec.id)
    if (primitive === undefined || state === undefined || state.status === 'unknown') throw new Error(`${type} is unknown`)
    const difference = primitive.diff(spec, state, undefined)
    if (difference.status !== 'change') throw new Error(`${type} does not differ`)
    return primitive.steps(spec, difference.change, state, lab.host.context())
  }

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
    const [volume, system, mounts] = await processes(specs(many))
    expect(await processes(specs(many.slice(0, 1)))).toEqual([volume, system, mounts])
    expect({ volume, system, mounts }).toEqual({ volume: 1, system: 2, mounts: 2 })
  })
})
