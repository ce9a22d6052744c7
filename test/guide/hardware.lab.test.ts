import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { definePrimitive } from '../../controller/model/primitive.ts'
import { blockPrimitive } from '../../controller/primitives/block/index.ts'
import { filesystemPrimitive } from '../../controller/primitives/filesystem/index.ts'
import { logicalVolumePrimitive } from '../../controller/primitives/logicalVolume/index.ts'
import { lxcContainer } from '../../controller/primitives/lxcContainer/index.ts'
import { hardwareScenes } from '../docs/typed/hardware.ts'
import { typedText } from '../docs/typed/line.ts'
import { compiled } from '../kinds/container/fleet.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { createTestHost } from '../primitives/test-host.ts'

const primitives = [definePrimitive(logicalVolumePrimitive), definePrimitive(filesystemPrimitive), blockPrimitive, lxcContainer]
let lab: Lab

beforeAll(async () => {
  lab = await startLab()
  const machine = lab.machine('he1')
  const host = createTestHost((script) => machine.exec('sh -s', { stdin: script, timeoutMs: 400_000 }), 'prod', 'Container/plpa')
  const text = readFileSync(join(import.meta.dirname, '../kinds/container/samples/plpa.yaml'), 'utf8')
  await machine.must('ip link add br-lxc type bridge; ip addr add 192.168.100.1/24 dev br-lxc; ip link set br-lxc up')
  expect(await host.converge(compiled(text.replace('0'.repeat(64), lab.containerArchive.sha256)), primitives)).toMatchObject({
    status: 'converged',
  })
})
afterAll(() => lab[Symbol.asyncDispose]())

const run = (text: string) => lab.machine('he1').exec('bash -s', { stdin: text, timeoutMs: 300_000 })

test.each(hardwareScenes)('what pages say of $name is typed as it stands', async ({ before, lines, after }) => {
  if (before !== undefined) expect(await run(before)).toMatchObject({ code: 0 })
  const faults: string[] = []
  for (const line of lines) {
    const { code, stdout, stderr } = await run(typedText(line))
    const shown = `${line.text}: ${code}\n${stdout}${stderr}`
    if (!(line.ends ?? [0]).includes(code ?? -1) || line.says?.test(`${stdout}${stderr}`) === false) faults.push(shown)
  }
  expect(faults).toEqual([])
  if (after !== undefined) expect(await run(after)).toMatchObject({ code: 0 })
})
