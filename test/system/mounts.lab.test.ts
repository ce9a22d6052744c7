import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { mountUnit } from '../../controller/system/mounts.ts'
import { bootMachine, type Machine } from '../machine/machine.ts'
import { carryOut, contextOf, type Item, known, type Result, stepsFor } from '../machine/transaction.ts'
import { specsOf } from './place.ts'

let machine: Machine
let times = 0
beforeAll(async () => {
  machine = await bootMachine()
  await must(
    'mkdir -p /srv/real/sub; echo x >/srv/real/file; cp /etc/fstab /etc/fstab.before 2>/dev/null || : >/etc/fstab; echo "# mine" >>/etc/fstab',
  )
})
afterAll(() => machine?.[Symbol.asyncDispose]())

async function must(script: string): Promise<string> {
  const { code, stdout, stderr } = await machine.run(`set -e\n${script}`)
  if (code !== 0) throw new Error(`${script}: ${stderr}`)
  return stdout
}

function items(mounts: string): readonly Item[] {
  const primitiveOf = (type: string) => primitives.find((one) => one.type === type) ?? expect.fail(type)
  return specsOf(`{mounts: ${mounts}}`).flatMap((spec) => (spec.type === 'package' ? [] : [{ spec, primitive: primitiveOf(spec.type) }]))
}

async function apply(mounts: string): Promise<Result | 'same'> {
  const steps = await stepsFor(items(mounts), machine.run)
  return steps.length === 0 ? 'same' : carryOut(steps, `/var/lib/reeve/before-${++times}`, machine.run)
}

test.each(['/srv/a', '/srv/back-up/a.b_c', '/srv/a-b-c'])('the unit of %s has the name that systemd gives it', async (path) => {
  expect(`${mountUnit(path)}\n`).toBe(await must(`systemd-escape --path --suffix=mount ${path}`))
})

test('a folder and memory are mounted, with their options, and again by a boot; fstab stays as it is', { timeout: 60_000 }, async () => {
  const fstab = await must('sha256sum /etc/fstab')
  const mounts = (options: string, size = '8Mi') =>
    `[{path: /srv/back-up, bind: /srv/real, options: [${options}]}, {path: /srv/scratch, tmpfs: ${size}, options: [nosuid]}]`
  expect(await apply(mounts('ro'))).toMatchObject({ status: 'done' })
  expect(await must('cat /srv/back-up/file; touch /srv/back-up/new 2>&1 || :; findmnt -nro OPTIONS /srv/scratch')).toMatch(
    /^x\n.*Read-only file system\nrw,nosuid,.*size=8192k/,
  )
  expect(await apply(mounts('ro'))).toBe('same')
  await must('echo kept >/srv/scratch/kept')
  expect(await apply(mounts('ro', '16Mi'))).toMatchObject({ status: 'done' })
  expect(await must('cat /srv/scratch/kept; findmnt -nro OPTIONS /srv/scratch')).toMatch(/^kept\n.*size=16384k/)
  const units = items(mounts('ro')).flatMap(({ spec }) => (spec.type === 'service' ? [spec.id.slice('service:'.length)] : []))
  expect(units).toEqual([String.raw`srv-back\x2dup.mount`, 'srv-scratch.mount'])
  await must(
    `for unit in ${units.map((unit) => `'${unit}'`).join(' ')}; do systemctl stop "$unit"; ! systemd-analyze verify "/etc/systemd/system/$unit" 2>&1 | grep "$unit"; done; systemctl start multi-user.target`,
  )
  expect(
    await must(
      'mountpoint /srv/back-up /srv/scratch 2>&1 | grep -c "is a mountpoint" || mountpoint -q /srv/back-up && mountpoint -q /srv/scratch && echo 2',
    ),
  ).toContain('2')
  expect(await apply(mounts('ro', '16Mi'))).toBe('same')
  expect(await must('sha256sum /etc/fstab')).toBe(fstab)
})

test('one that leaves Git is unmounted, and its folder and what it showed stay', async () => {
  const mounts = '[{path: /srv/gone, bind: /srv/real}]'
  const wanted = items(mounts)
  const previous = await Promise.all(
    wanted.map(async ({ primitive, spec }) => primitive.previous?.(spec, await known(primitive, spec, machine.run))),
  )
  expect(await apply(mounts)).toMatchObject({ status: 'done' })
  for (const [index, { primitive, spec }] of [...wanted.entries()].reverse()) {
    const was = previous[index]
    const entry: LedgerEntry = {
      target: 'he1',
      id: spec.id,
      owners: [],
      files: [],
      fields: {},
      deletionPolicy: 'Delete',
      state: 'done',
      commit: '',
      ...(was === undefined ? {} : { previous: was }),
    }
    const steps = primitive.retire?.(entry, await known(primitive, spec, machine.run), contextOf())?.steps ?? []
    expect(await carryOut(steps, `/var/lib/reeve/before-${++times}`, machine.run)).toMatchObject({ status: 'done' })
  }
  expect(
    await must('mountpoint -q /srv/gone || echo no; cat /srv/real/file; ls -A /srv/gone; ls /etc/systemd/system | grep -c gone || :'),
  ).toMatch(/^no\nx\n[01]\n$/)
})

test.each([
  [
    'a folder with files',
    'mkdir -p /srv/full; touch /srv/full/x',
    '/srv/full',
    'tmpfs: 1Mi',
    '/srv/full is not empty: its files would be hidden; move them away',
  ],
  [
    'a line of fstab',
    'echo "tmpfs /srv/theirs tmpfs defaults 0 0" >>/etc/fstab',
    '/srv/theirs',
    'tmpfs: 1Mi',
    '/etc/fstab mounts tmpfs at /srv/theirs already',
  ],
  [
    'another mount',
    'mkdir -p /srv/other; mount -t tmpfs theirs /srv/other',
    '/srv/other',
    'bind: /srv/real',
    'theirs tmpfs is mounted at /srv/other: unmount it, or choose another path',
  ],
  ['a link', 'ln -sfn /srv/real /srv/link', '/srv/link', 'tmpfs: 1Mi', '/srv/link is a symbolic link: write the path that it leads to'],
  ['nothing to show', ':', '/srv/void', 'bind: /srv/nosuch', '/srv/nosuch, which is to be shown at /srv/void, is no folder'],
])('where there is %s it is refused, and nothing is left of it', async (_, before, path, source, said) => {
  await must(before)
  const mounted = await must('findmnt -rno TARGET | sort')
  expect(await apply(`[{path: ${path}, ${source}}]`)).toMatchObject({ status: 'failed', stderr: expect.stringContaining(said) })
  expect(await must('findmnt -rno TARGET | sort')).toBe(mounted)
  expect(await must(`ls /etc/systemd/system/${mountUnit(path)} 2>/dev/null || echo none`)).toBe('none\n')
})
