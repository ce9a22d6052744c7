import { expect, it } from 'vitest'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'
import { randomFrom } from '../random.ts'
import { good, loadSample, machineWith } from './sample.ts'

const spice = [
  '\n',
  '\t',
  '---\n',
  '- ',
  ': ',
  '? ',
  '[',
  '{',
  '}',
  ']',
  '"',
  "'",
  '&a ',
  '*a',
  '!x ',
  '|',
  '>',
  '#',
  '%',
  '@',
  '\0',
  '\u202e',
  '<<: ',
  ',',
  '0',
  'é',
]

/** A good file with bytes and pieces of YAML thrown in, taken out and doubled. */
function spoil(text: string, random: () => number): Uint8Array {
  let bytes = Buffer.from(text)
  for (let turn = 0; turn <= random() * 4; turn++) {
    const at = Math.floor(random() * bytes.length)
    const piece = Buffer.from(spice[Math.floor(random() * spice.length)] ?? '')
    const skip = random() < 0.5 ? 0 : Math.floor(random() * 12)
    const noise = random() < 0.1 ? Buffer.from([Math.floor(random() * 256)]) : piece
    bytes = Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(Math.min(bytes.length, at + skip))])
  }
  return bytes
}

it('a spoilt file never throws, never harms its neighbour, and is told with a place or is valid', () => {
  const random = randomFrom(7)
  const original = machineWith('address: a\nports: [22, 80]\nlabelsOf: {a: &x y, b: *x}\nroot:\n  path: |\n    /srv', 'victim')
  for (let round = 0; round < 1500; round++) {
    const bytes = spoil(original, random)
    const result = loadSample({ 'good.yaml': good, 'bad.yaml': bytes })
    expect(result.fleet.get('Machine' as never, 'he1'), bytes.toString()).toBeDefined()
    const isSilent = result.diagnostics.length === 0
    expect(isSilent && result.invalid.size > 0, bytes.toString()).toBe(false)
    for (const { at } of result.diagnostics) expect(at.line, bytes.toString()).toBeGreaterThan(0)
    formatDiagnostics(result.diagnostics, { format: 'text', textOf: result.textOf })
  }
})
