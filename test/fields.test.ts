import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type FieldSchema, fieldsOf, fieldTable, sentencesOf } from './fields.ts'

const root = join(import.meta.dirname, '..')
const crds = readdirSync(join(root, 'crds')).sort()

function specOf(file: string): FieldSchema {
  const crd = parse(readFileSync(join(root, 'crds', file), 'utf8'))
  return crd.spec.versions[0].schema.openAPIV3Schema.properties.spec
}

describe('the table of fields', () => {
  it.each([
    ['How long. Default 60s. Impact: none.', { meaning: 'How long.', fallback: '60s', impact: 'none' }],
    ['CPUs; 0.5 is half of one.', { meaning: 'CPUs; 0.5 is half of one.', fallback: undefined, impact: undefined }],
    ['Default: 1.5, as sshd has it. More.', { meaning: 'More.', fallback: '1.5, as sshd has it', impact: undefined }],
    ['A. Impact: reload, connections live on; more.', { meaning: 'A.', fallback: undefined, impact: 'reload, connections live on; more' }],
  ])('takes default and impact out of: %s', (description, said) => {
    expect(sentencesOf(description)).toMatchObject(said)
  })

  it('says of each field what it accepts, what is without it, what a change costs, and what a bad value gets', () => {
    const spec: FieldSchema = {
      description: 'All. Impact: reload.',
      required: ['port'],
      properties: {
        port: { description: 'Where | it listens. Impact: restart.', type: 'integer', minimum: 1, maximum: 65535 },
        names: { description: 'Names.', type: 'array', maxItems: 3, items: { type: 'string', maxLength: 9, pattern: '^[a-z]+$' } },
        sets: {
          description: 'By name.',
          additionalProperties: { properties: { isOpen: { description: 'Open.', type: 'boolean', default: false } } },
        },
      },
    }
    expect(fieldTable(spec).split('\n').slice(2)).toEqual([
      '| `port` | 1–65535 | required | restart | Where \\| it listens. | 65536 is too large: at most 65535 |',
      '| `names` | list of text ≤ 9, at most 3 |  | reload | Names. | "$(reboot)" is not allowed here |',
      '| `sets` | names with fields |  | reload | By name. |  |',
      '| `sets{}.isOpen` | `true`, `false` | `false` | reload | Open. | must be true or false, not the text "yes" |',
    ])
  })

  it.each(crds)('every field of %s says what it means, what a change of it costs, and refuses something', (file) => {
    const fields = fieldsOf(specOf(file))
    expect(fields.filter(({ impact }) => impact === undefined).map(({ path }) => path)).toEqual([])
    expect(fields.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([])
    expect(fields.filter(({ accepts, badValue }) => badValue === '' && !/fields/.test(accepts)).map(({ path }) => path)).toEqual([])
  })
})
