import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Spec } from '../../../controller/model/primitive.ts'
import type { Placement } from '../../../controller/model/target.ts'
import type { FileSpec } from '../../../controller/primitives/file/spec.ts'
import type { ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'

const golden = join(import.meta.dirname, 'golden')
const names = ['recipe', 'all', 'bare']

function compiled(name: string): readonly Spec[] {
  const fleet = fleetOf(readFileSync(join(golden, `${name}.yaml`), 'utf8'))
  const kind = kindOf('SmartCheck')
  return fleet.all('SmartCheck').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
}

const isFile = (spec: Spec): spec is FileSpec => spec.type === 'file'
const isService = (spec: Spec): spec is ServiceSpec => spec.type === 'service'

function conf(name: string): string {
  return String(compiled(name).find((spec): spec is FileSpec => isFile(spec) && spec.path === '/etc/smartd.conf')?.content)
}

interface Ended {
  readonly code: number
  readonly said: string
}

/** What smartd(8) itself says of a configuration; its state would lie beside it. */
async function smartd(text: string): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-smartd-'))
  const path = join(folder, 'smartd.conf')
  writeFileSync(path, text)
  try {
    const { stdout } = await promisify(execFile)('smartd', ['-c', path, '-s', join(folder, 'state.'), '-q', 'showtests'])
    return { code: 0, said: stdout }
  } catch (error) {
    const { code, stdout } = error as { readonly code: number; readonly stdout: string }
    return { code, said: stdout }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.each(names)('the SmartCheck %s', (name) => {
  test('has nothing against it', () => {
    expect(
      complaints(fleetOf(readFileSync(join(golden, `${name}.yaml`), 'utf8')), 'SmartCheck').filter((one) => !one.includes('mail')),
    ).toEqual([])
  })

  test('renders as it did', async () => {
    const specs = compiled(name)
    const files = specs.filter(isFile).map(({ path, content }) => `=== ${path}\n${String(content)}`)
    const check = specs.filter(isService).map(({ check, reload }) => `${reload}, judged by ${JSON.stringify(check)}`)
    const text = `${specs.map(({ id }) => id).join('\n')}\n${check.join('\n')}\n\n${files.join('\n')}`
    await expect(text).toMatchFileSnapshot(join(golden, `${name}.txt`))
  })

  test('is taken by smartd, which finds none of these disks here and goes on to the next', async () => {
    const { code, said } = await smartd(conf(name))
    expect(said).toContain('parsed.')
    expect(said).not.toContain('looks odd')
    expect(said).not.toContain('no Directive -d removable')
    // 17: none of the disks is there (smartd(8), EXIT STATUS); 2 would be an error in the file.
    expect(code).toBe(17)
    for (const device of conf(name).match(/^\/dev\/\S+/gm) ?? [])
      expect(said).toMatch(new RegExp(`${device.replaceAll('+', '\\+')}.*not available`))
  })
})

test('no line is longer than smartd takes, and no entry is', () => {
  const longest = 'a'.repeat(200)
  const yaml = readFileSync(join(golden, 'all.yaml'), 'utf8').replace('ata-Samsung_SSD_860_EVO_500GB_S3Z1NB0K123456A', longest)
  const fleet = fleetOf(yaml)
  const kind = kindOf('SmartCheck')
  const specs = fleet.all('SmartCheck').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  const text = String(specs.find(isFile)?.content)
  for (const line of text.split('\n')) expect(line.length).toBeLessThan(256)
  for (const entry of text.split(/(?<!\\)\n/)) expect(entry.length).toBeLessThan(1023)
})

describe('what smartd does with what is refused here, as the reason for it', () => {
  const line = '/dev/disk/by-id/ata-X -a'
  test.each([
    ['an unbalanced schedule stops the whole file', `${line} -d removable -s (S/../.././02\n`, 2, 'INVALID extended regular expression'],
    ['an odd type of test is only remarked upon', `${line} -d removable -s X/../.././02\n`, 17, 'looks odd'],
    ['an hour that no day has is taken in silence', `${line} -d removable -s S/../.././25\n`, 17, 'parsed.'],
    ['a disk that is gone ends it, where it is not said to be removable', `${line} -d sat\n`, 16, 'no Directive -d removable'],
    ['a program without an address stops the whole file', `${line} -M exec /bin/true\n`, 2, 'need -m ADDRESS'],
    ['a line of more than 255 octets stops the whole file', `${line} -m ${'a'.repeat(300)}@example.org\n`, 2, 'more than MAXLINELEN=256'],
  ])('%s', async (_name, text, code, said) => {
    expect(await smartd(text)).toEqual({ code, said: expect.stringContaining(said) as string })
  })
})

test.each([
  ['nothing that delivers mail is warned of', '{}', 1],
  ['a mailer of its own needs no package', '{mailer: {hub: {host: mail.example.com}, root: ops@example.com, mailCommand: true}}', 0],
  ['a mailer without mail(1) is warned of', '{mailer: {hub: {host: mail.example.com}, root: ops@example.com}}', 1],
  ['a package that delivers mail is enough', '{packages: [postfix]}', 0],
])('on a machine, %s', (_, system, warnings) => {
  const fleet = fleetOf(`---
apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec: {address: 192.0.2.1, hostKeys: ["ssh-ed25519 AAAA"], system: ${system}}
---
apiVersion: reeve.dev/v1
kind: SmartCheck
metadata: {name: disks}
spec: {target: {hypervisor: he1}, devices: [{id: ata-X}], notify: {mail: [root]}}
`)
  expect(complaints(fleet, 'SmartCheck')).toHaveLength(warnings)
})
