import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Spec } from '../../../controller/model/primitive.ts'
import { targetKey } from '../../../controller/model/target.ts'
import type { FileSpec } from '../../../controller/primitives/file/spec.ts'
import type { ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'

const golden = join(import.meta.dirname, 'golden')
const names = ['recipe', 'all']

interface Placed {
  readonly on: string
  readonly specs: readonly Spec[]
}

function compiled(name: string): readonly Placed[] {
  const fleet = fleetOf(readFileSync(join(golden, `${name}.yaml`), 'utf8'))
  const kind = kindOf('SyslogSink')
  return fleet
    .all('SyslogSink')
    .flatMap((one) =>
      kind.place(one, fleet).map((at) => ({ on: `${targetKey(at.target)} as ${at.role}`, specs: kind.compile(one, at, fleet) })),
    )
}

const isFile = (spec: Spec): spec is FileSpec => spec.type === 'file'
const isService = (spec: Spec): spec is ServiceSpec => spec.type === 'service'
const filesOf = (specs: readonly Spec[], folder: string) => specs.filter(isFile).filter(({ path }) => path.startsWith(folder))

interface Ended {
  readonly code: number
  readonly said: string
}

/** What a program says of a configuration in a folder of its own. */
async function judge(text: string, argv: (path: string) => readonly [string, ...string[]]): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-rsyslog-'))
  const path = join(folder, 'test.conf')
  writeFileSync(path, text, { mode: 0o644 })
  const [command, ...words] = argv(path)
  try {
    const { stdout, stderr } = await promisify(execFile)(command, words)
    return { code: 0, said: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { readonly code: number; readonly stdout: string; readonly stderr: string }
    return { code, said: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const rsyslogd = (text: string) => judge(text, (path) => ['rsyslogd', '-N1', '-f', path])
const logrotate = (text: string) => judge(text, (path) => ['logrotate', '--debug', '--state', '/dev/null', path])
/** The modules that the host's own configuration loads already, where a manifest says so. */
const elsewhere = (name: string) => (name === 'all' ? 'module(load="imudp")\n' : '')

describe.each(names)('the SyslogSink %s', (name) => {
  test('has nothing against it', () => {
    expect(complaints(fleetOf(readFileSync(join(golden, `${name}.yaml`), 'utf8')), 'SyslogSink')).toEqual([])
  })

  test('renders as it did', async () => {
    const text = compiled(name).map(({ on, specs }) => {
      const files = specs.filter(isFile).map(({ path, content }) => `=== ${path}\n${String(content)}`)
      const units = specs
        .filter(isService)
        .map(({ check, reload, prove }) => `${reload}, judged by ${JSON.stringify(check)}, proven by ${JSON.stringify(prove)}`)
      return `##### ${on}\n${specs.map(({ id }) => id).join('\n')}\n${units.join('\n')}\n\n${files.join('\n')}`
    })
    await expect(text.join('\n')).toMatchFileSnapshot(join(golden, `${name}.txt`))
  })

  test('is taken by rsyslogd and logrotate', async () => {
    for (const { on, specs } of compiled(name)) {
      const conf = filesOf(specs, '/etc/rsyslog.d/').map(({ content }) => String(content))
      const judged = await rsyslogd(`${on.endsWith('sink') ? elsewhere(name) : ''}${conf.join('')}`)
      expect(judged, on).toEqual({ code: 0, said: expect.not.stringMatching(/error|warning/i) as string })
      for (const { content } of filesOf(specs, '/etc/logrotate.d/'))
        expect(await logrotate(String(content))).toEqual({ code: 0, said: expect.not.stringMatching(/^error/m) as string })
    }
  })
})

describe('what rsyslogd says of what is refused here, as the reason for it', () => {
  const to = (more: string) => `action(type="omfwd" target="127.0.0.1" ${more})`
  test.each([
    ['a selector that lets nothing through', `*.none ${to('port="514"')}\n`, 0],
    ['a port that there is not', `*.* ${to('port="99999"')}\n`, 0],
    ['a host that does not resolve', `*.* ${to('').replace('127.0.0.1', 'nowhere.invalid')}\n`, 0],
    [
      'certificates that are not there',
      `module(load="imtcp")\ninput(type="imtcp" port="1" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.CAFile="/nowhere/a" streamDriver.certFile="/nowhere/b" streamDriver.keyFile="/nowhere/c")\n*.* /dev/null\n`,
      0,
    ],
    ['a severity that there is not', `*.crti ${to('port="514"')}\n`, 1],
    ['a module that is loaded twice', 'module(load="imudp")\nmodule(load="imudp")\n', 1],
  ])('%s', async (_name, text, code) => {
    expect((await rsyslogd(text)).code).toBe(code)
  })
})
