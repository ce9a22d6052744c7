import type { BadInput } from './bad-input.cases.ts'
import { machineWith } from './sample.ts'

const address = 'address: 192.0.2.9'
const machine = (fields: string): string => machineWith(`${address}\n${fields}`)
const app = (name: string, on: string): string => `apiVersion: reeve.dev/v1\nkind: App\nmetadata: {name: ${name}}\nspec: {machine: ${on}}\n`
const machines = Array.from({ length: 9 }, (_, index) => `---\n${machineWith(address, `m${index}`)}`).join('')

/** What YAML itself refuses, and every word of the schema language that a CRD may use. */
export const syntaxFiles: readonly BadInput[] = [
  {
    name: 'an alias without a name',
    file: machine('note: *'),
    says: ['bad.yaml:6:9: error: this alias cannot be read; an alias is * and the name of an anchor'],
  },
  {
    name: 'an alias with an anchor of its own',
    file: machine('labelsOf: {a: &x y, b: &z *x}'),
    says: ['bad.yaml:6:29: error: an alias can have no anchor or tag of its own'],
  },
  {
    name: "a field's name on two lines",
    file: machine('"no\n  te": abc'),
    says: ["bad.yaml:6:3: error: a field's name must stand on one line with its colon; write it as name: value"],
  },
  {
    name: 'a list of dashes in brackets',
    file: machine('ports: [\n  - 22\n  ]'),
    says: ['bad.yaml:7:5: error: indented fields cannot stand inside [ ] or { }'],
  },
  { name: 'two tags', file: machine('note: !!str !!int abc'), says: ['bad.yaml:6:15: error: a value can have one tag only'] },
  {
    name: 'a name of 1100 characters',
    file: machine(`${'x'.repeat(1100)}: 1`),
    says: ["bad.yaml:6:3: error: a field's name is longer than 1024 characters"],
  },
  {
    name: 'an anchor before a dash',
    file: machine('ports:\n  &a - 22'),
    says: ["bad.yaml:7:5: error: an anchor or tag cannot stand before the first - of a list; write it behind the field's name"],
  },
  {
    name: 'an anchor before a question mark',
    file: machine('labelsOf: {&a ? b : c}'),
    says: ['bad.yaml:6:17: error: the anchor or tag stands on the wrong side of an indicator; write it directly before its value'],
  },
  {
    name: 'a field where there is none',
    file: machine('nothing: {a: 1}'),
    says: ['bad.yaml:6:13: error: spec.nothing.a: unknown field "a"; no field is known here'],
  },
  {
    name: 'a text of a pattern that nobody describes',
    file: machine('code: abc'),
    says: ['bad.yaml:6:9: error: spec.code: "abc" is not allowed here; it must match ^[A-Z]+$'],
  },
  {
    name: 'a value that must not be',
    file: machine('odd: 4'),
    says: ['bad.yaml:6:8: error: spec.odd: 4 is not allowed here; An odd number'],
  },
  {
    name: 'a text of another format',
    file: machine('mail: nobody'),
    says: ['bad.yaml:6:9: error: spec.mail: "nobody" is not of the format email; A mail address'],
  },
  { name: 'one field of two', file: machine('pair: {a: 1}'), says: ['bad.yaml:6:9: error: spec.pair: too few fields: at least 2 fields'] },
  { name: 'a value that is two things', file: machine('twice: 5'), says: ['bad.yaml:6:10: error: spec.twice: 5 can be read in two ways'] },
  {
    name: 'none of some',
    file: machine('some: {}'),
    says: ['bad.yaml:6:9: error: spec.some: one of a, b is missing; write at least one of them'],
  },
  {
    name: 'half of a pair',
    file: machine('lucky: {a: 1}'),
    says: ['bad.yaml:6:10: error: spec.lucky: {"a":1} is not allowed here (dependencies); A pair'],
  },
  {
    name: 'text where fields are',
    file: machine('root: /srv'),
    says: ['bad.yaml:6:9: error: spec.root: must be fields (name: value), not the text "/srv"'],
  },
  {
    name: 'an annotation of a strange name',
    file: machineWith(address).replace('{name: bad}', '{name: bad, annotations: {"a b": c}}'),
    says: [
      'bad.yaml:3:44: error: metadata.annotations["a b"]: "a b" is not the name of an annotation (letters, digits, - _ ., at most 63)',
    ],
  },
  {
    name: 'a machine among many',
    file: `${app('bad', 'nosuch-at-all')}${machines}`,
    says: ['bad.yaml:4:17: error: spec.machine: there is no Machine "nosuch-at-all"; write its manifest, or correct the name'],
  },
  {
    name: 'a machine of a fleet without any',
    file: app('bad', 'he1'),
    isAlone: true,
    says: ['bad.yaml:4:17: error: spec.machine: there is no Machine "he1"; there is no Machine at all'],
  },
  {
    name: 'a machine that may stand in a file that cannot be read',
    file: `${app('bad', 'he3')}---\nkind: [he3\n`,
    says: [
      'bad.yaml:4:17: warning: spec.machine: left out, because bad.yaml, where Machine "he3" may stand, cannot be read',
      'bad.yaml:7:1: error: the closing ] is missing, or stands too far to the left; it was opened in line 6',
    ],
  },
  {
    name: 'a field that looks like another',
    file: machine('modе: Report'),
    says: ['bad.yaml:6:3: error: spec["modе"]: unknown field "modе" (with U+0435); did you mean "mode"?'],
  },
  {
    name: 'a kind that looks like another',
    file: machineWith(address).replace('kind: Machine', 'kind: Mасhine'),
    says: ['bad.yaml:2:7: error: kind: unknown kind "Mасhine" (with U+0430); did you mean "Machine"?'],
  },
  {
    name: 'a name that looks like another',
    file: machineWith(address, 'bаd'),
    says: [
      'bad.yaml:3:18: error: metadata.name: "bаd" (with U+0430) is not a name; a name has 1 to 63 characters of a-z, 0-9 and -, and begins and ends with a letter or digit',
    ],
  },
  {
    name: 'a size with a blank that does not break',
    file: machine('memory: "512\u00a0Mi"'),
    says: ['bad.yaml:6:11: error: spec.memory: "512 Mi" (with U+00A0) is not allowed here; a size such as 512Mi or 10Gi'],
  },
  {
    name: 'a file of an old Mac',
    file: machineWith(address).replaceAll('\n', '\r'),
    says: ['bad.yaml:1:25: error: U+000D looks like the end of a line, and is none in YAML; save the file with line feeds'],
  },
  {
    name: 'more mistakes than anybody reads',
    file: machine(Array.from({ length: 60 }, (_, index) => `_${10 + index}: 1`).join('\n')),
    says: [
      'bad.yaml:1:1: error: 10 more findings of this manifest are not shown; correct these first',
      ...Array.from(
        { length: 50 },
        (_, index) =>
          `bad.yaml:${6 + index}:3: error: spec._${10 + index}: unknown field "_${10 + index}"; see the documentation of this kind`,
      ),
    ],
  },
]
