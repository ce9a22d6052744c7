import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileFleet } from '../../controller/engine/compile.ts'
import { kinds } from '../../controller/kinds/registry.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { fleetOf } from './fleet.ts'

const example = join(import.meta.dirname, '../../manifests-example')
const files = readdirSync(example, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'))
const fleet = fleetOf(files.map((name) => readFileSync(join(example, name), 'utf8')).join('\n---\n'))
const vitals = [...compileFleet(fleet, kinds, primitives).states.values()].flatMap((state) => state.vitals)
const shellState = `printf '%s\\n' "$PWD" "$-" "\${IFS-unset}" "$*"; umask; trap`

test.each(vitals.flatMap(({ owner, id, probe }) => ('text' in probe ? [[`${owner} ${id}`, probe.text] as const] : [])))(
  'the probe of %s leaves the shell that runs it as it was',
  (_name, text) => {
    const script = `unset IFS\nset -- b x\nprobe() {\n${text}\n}\n${shellState}\necho SPLIT\nprobe "$@" </dev/null >/dev/null 2>&1\n${shellState}\n`
    const [before, after] = execFileSync('sh', { input: script, encoding: 'utf8' }).split('SPLIT\n')
    expect(after).toBe(before)
  },
)
