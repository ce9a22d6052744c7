import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ZoneText } from '../../../controller/kinds/zone/render.ts'

/** What BIND made of a zone file: the answer of named-compilezone(1), its records as it writes them. */
export interface CompiledZone {
  readonly isGood: boolean
  readonly said: string
  /** `owner ttl type rdata`, without the SOA. */
  readonly records: readonly string[]
}

export function fileOf({ before, after }: ZoneText, serial = 1): string {
  return `; made for a test\n${before}${serial}\n${after}`
}

/** The strict flags that the primitive uses. */
export const strict = ['-i', 'full', '-k', 'fail', '-m', 'fail', '-M', 'fail', '-n', 'fail', '-S', 'fail', '-r', 'fail']

export function compileZone(zone: string, text: string, flags: readonly string[] = []): CompiledZone {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-zone-'))
  writeFileSync(join(folder, 'db'), text)
  const words = [...flags, '-o', '-', zone, join(folder, 'db')]
  const { status, stdout, stderr } = spawnSync('named-compilezone', words, { encoding: 'utf8', maxBuffer: 1 << 26 })
  rmSync(folder, { recursive: true })
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'))
  const records = lines
    .map((line) => line.replace(/^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+/, '$1 $2 $3 '))
    .filter((line) => !/^\S+ \d+ SOA /.test(line))
  return { isGood: status === 0, said: stdout.slice(0, 2000) + stderr, records }
}

/** The octets of quoted strings as BIND prints them. */
export function octetsOf(presentation: string): Buffer {
  const strings = [...presentation.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, inner = '']) => inner)
  const octets = strings
    .join('')
    .replaceAll(/\\(\d{3}|.)/gs, (_, code: string) => (code.length === 3 ? String.fromCharCode(Number(code)) : code))
  return Buffer.from(octets, 'latin1')
}
