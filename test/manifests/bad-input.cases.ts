import { machineWith } from './sample.ts'

export interface BadInput {
  readonly name: string
  readonly file: string | Uint8Array
  /** Without the good manifests beside it. */
  readonly isAlone?: true
  /** Every finding, as `reeve validate` prints it without the excerpt. */
  readonly says: readonly string[]
}

const address = 'address: 192.0.2.9'

function app(spec: string, name = 'bad'): string {
  return `apiVersion: reeve.dev/v1\nkind: App\nmetadata: {name: ${name}}\nspec: ${spec}\n`
}

function laughs(): string {
  const levels = ['a: &a [x, x, x, x, x, x, x, x, x]']
  for (const [index, name] of [...'bcdefghi'].entries()) {
    const before = `*${'abcdefgh'[index]}`
    levels.push(`${name}: &${name} [${Array(9).fill(before).join(', ')}]`)
  }
  return `${levels.join('\n')}\n`
}

const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))))

export const badFiles: readonly BadInput[] = [
  // bombs
  {
    name: 'a billion laughs',
    file: laughs(),
    says: ['bad.yaml:3:8: error: the document, with its aliases written out, holds more than 100 aliases; split it into several manifests'],
  },
  {
    name: 'an alias inside its own anchor',
    file: machineWith(`${address}\nlabelsOf: &x {a: *x}`),
    says: ['bad.yaml:6:20: error: spec.labelsOf.a.a: the alias *x stands inside the value that it means; write the value out'],
  },
  {
    name: 'a million brackets',
    file: '['.repeat(1_000_000),
    says: ['bad.yaml:1:91: error: the document is nested more than 40 deep; no manifest needs that'],
  },
  {
    name: 'braces within braces',
    file: `a: ${'{a: '.repeat(60)}1${'}'.repeat(60)}\n`,
    says: ['bad.yaml:1:164: error: the document is nested more than 40 deep; split it into several manifests'],
  },
  {
    name: 'a file over two mebibytes',
    file: `# ${'x'.repeat(2 << 20)}\n`,
    says: ['bad.yaml: error: the file has 2097155 bytes; 2097152 are allowed; split it into several files'],
  },
  {
    name: 'more documents than anyone means',
    file: '---\na: 1\n'.repeat(600),
    says: ['bad.yaml:1001:4: error: the file holds more than 500 documents; split it into several files'],
  },
  {
    name: 'more values than anyone means',
    file: `a: [${'1,'.repeat(210_000)}]\n`,
    says: ['bad.yaml:1:400001: error: the document holds more than 200000 values; split it into several manifests'],
  },
  {
    name: 'a huge scalar',
    file: machineWith(`address: ${'a'.repeat(100_000)}`),
    says: [
      'bad.yaml:5:12: error: spec.address: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is too long: at most 60 characters, 100000 are written',
    ],
  },
  // bytes
  {
    name: 'a byte that is not UTF-8',
    file: bytes('apiVersion: reeve.dev/v1\nkind: Ma', 0xff, 'chine\n'),
    says: ['bad.yaml:2:9: error: the file is not UTF-8; save the file as UTF-8'],
  },
  {
    name: 'UTF-16',
    file: Buffer.from('\ufeffkind: Machine\n', 'utf16le'),
    says: ['bad.yaml:1:1: error: the file is not UTF-8; this is UTF-16; save the file as UTF-8'],
  },
  {
    name: 'a NUL byte',
    file: machineWith('address: a\0b'),
    says: ['bad.yaml:5:13: error: control character U+0000 is not allowed; delete it'],
  },
  {
    name: 'an escape sequence for the terminal',
    file: machineWith('address: \u001b[2J'),
    says: ['bad.yaml:5:12: error: control character U+001B is not allowed; delete it'],
  },
  {
    name: 'an escaped bell',
    file: machineWith('address: "a\\u0007b"'),
    says: ['bad.yaml:5:12: error: spec.address: control character U+0007 is not allowed; delete it'],
  },
  {
    name: 'text that runs backwards',
    file: machineWith(`${address}\nnote: ab\u202edc`),
    says: ['bad.yaml:6:11: error: invisible character U+202E is not allowed: it makes text read differently from what it says; delete it'],
  },
  {
    name: 'half a character',
    file: machineWith(`${address}\nnote: "\\ud800x"`),
    says: ['bad.yaml:6:9: error: spec.note: half a character (a lone surrogate) is not allowed; delete it'],
  },
  {
    name: 'a control character in a name',
    file: machineWith(`${address}\n"no\\u0001te": x`),
    says: ["bad.yaml:6:3: error: spec: in a field's name, control character U+0001 is not allowed; delete it"],
  },
  // syntax
  {
    name: 'a tab for indentation',
    file: 'kind: Machine\nmetadata:\n\tname: bad\n',
    says: ['bad.yaml:3:1: error: a tab cannot indent YAML; use spaces'],
  },
  {
    name: 'a bracket that never closes',
    file: machineWith(`${address}\nports: [1, 2`),
    says: ['bad.yaml:7:1: error: the closing ] is missing, or stands too far to the left; it was opened in line 6'],
  },
  {
    name: 'a brace that never closes',
    file: 'kind: {a: 1',
    says: ['bad.yaml:1:12: error: the closing } is missing, or stands too far to the left; it was opened in line 1'],
  },
  {
    name: 'a double quote that never closes',
    file: machineWith('address: "x'),
    says: ['bad.yaml:6:1: error: the closing " is missing; it was opened in line 5'],
  },
  {
    name: 'a single quote that never closes',
    file: machineWith("address: 'x"),
    says: ["bad.yaml:6:1: error: the closing ' is missing; it was opened in line 5"],
  },
  {
    name: 'two colons in one line',
    file: machineWith('address: a: b'),
    says: ['bad.yaml:5:12: error: a second ": " in one line; put the value in quotes, or the field on a line of its own'],
  },
  {
    name: 'a field that is out of line',
    file: 'a:\n    b: 1\n  c: 2\n',
    says: ['bad.yaml:3:1: error: the indentation does not fit what stands above; line it up with its siblings'],
  },
  {
    name: 'a field without a colon',
    file: 'kind: Machine\nmetadata\n',
    says: ['bad.yaml:2:1: error: a field needs a colon and a space after its name; write it as name: value'],
  },
  {
    name: 'a list on the line of its field',
    file: 'ports: - 1\n',
    says: ['bad.yaml:1:8: error: a list cannot begin on the line of its field; begin it on the next line'],
  },
  {
    name: 'a value that begins with @',
    file: machineWith('address: @home'),
    says: ['bad.yaml:5:12: error: a value cannot begin with "@"; put it in quotes'],
  },
  {
    name: 'an unknown escape',
    file: machineWith('address: "\\q"'),
    says: ['bad.yaml:5:13: error: this escape sequence is not known in double quotes; write \\\\ for a backslash, or use single quotes'],
  },
  {
    name: 'a tag that would make an object',
    file: machineWith('address: !!js/function "return 1"'),
    says: ['bad.yaml:5:12: error: the tag tag:yaml.org,2002:js/function is not known; delete it; values need no tags here'],
  },
  {
    name: 'a tag of a private sort',
    file: machineWith('address: !Ref x'),
    says: ['bad.yaml:5:12: error: the tag !Ref is not known; delete it; values need no tags here'],
  },
  {
    name: 'a binary tag',
    file: machineWith('address: !!binary aGVsbG8='),
    says: ['bad.yaml:5:12: error: the tag tag:yaml.org,2002:binary is not known; delete it; values need no tags here'],
  },
  {
    name: 'a YAML version that does not exist',
    file: '%YAML 3.0\n---\na: 1\n',
    says: ['bad.yaml:1:7: error: YAML version 3.0 is not supported; delete the %YAML line'],
  },
  { name: 'a closing brace too many', file: '}\n', says: ['bad.yaml:1:1: error: "}" is not expected here'] },
  {
    name: 'an alias without an anchor',
    file: machineWith('address: *nowhere'),
    says: ['bad.yaml:5:12: error: spec.address: the alias *nowhere names no anchor before it; write &nowhere at the value that it means'],
  },
  {
    name: 'two anchors on one value',
    file: machineWith('address: &a &b x'),
    says: ['bad.yaml:5:15: error: a value can have one anchor only'],
  },
  // fields
  {
    name: 'a field that is written twice',
    file: machineWith(`${address}\ncpus: 2\naddress: 192.0.2.10`),
    says: ['bad.yaml:7:3: error: spec.address: the field "address" is written twice; first in line 5; delete one of them'],
  },
  {
    name: 'a merge key',
    file: machineWith(`${address}\n<<: {cpus: 2}`),
    says: [
      'bad.yaml:6:3: error: spec: merge keys (<<) are not part of YAML 1.2; write the fields out, or use an alias for the whole value',
    ],
  },
  {
    name: 'a list as a field’s name',
    file: machineWith(`${address}\n? [a, b]\n: 1`),
    says: ["bad.yaml:6:5: error: spec: a field's name must be plain text, not a list or a mapping"],
  },
  {
    name: 'a prototype as a field',
    file: machineWith(`${address}\n__proto__: {cpus: 3}`),
    says: ['bad.yaml:6:3: error: spec: "__proto__" cannot be a field\'s name'],
  },
  {
    name: 'an unknown field that is nearly right',
    file: machineWith(`${address}\ncpu: 2`),
    says: ['bad.yaml:6:3: error: spec.cpu: unknown field "cpu"; did you mean "cpus"?'],
  },
  {
    name: 'an unknown field that is like nothing',
    file: machineWith(`${address}\nfrobnicate: 2`),
    says: ['bad.yaml:6:3: error: spec.frobnicate: unknown field "frobnicate"; see the documentation of this kind'],
  },
  {
    name: 'an unknown field deep inside',
    file: app('{machine: he1, servers: [{name: a}, {name: b, nmae: c}]}'),
    says: ['bad.yaml:4:53: error: spec.servers[1].nmae: unknown field "nmae"; did you mean "name"?'],
  },
  {
    name: 'an unknown field at the top',
    file: `${machineWith(address)}status: {}\n`,
    says: ['bad.yaml:6:1: error: status: unknown field "status"; the fields here are apiVersion, kind, metadata, spec'],
  },
  {
    name: 'an unknown field of metadata',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad, label: {}}\nspec: {address: a}\n',
    says: ['bad.yaml:3:23: error: metadata.label: unknown field "label"; did you mean "labels"?'],
  },
  // envelope
  {
    name: 'a list instead of a manifest',
    file: '- a\n- b\n',
    says: ['bad.yaml:1:1: error: this is not a manifest; a manifest has the fields apiVersion, kind, metadata and spec'],
  },
  {
    name: 'an apiVersion of another program',
    file: 'apiVersion: v1\nkind: Machine\nmetadata: {name: bad}\nspec: {address: a}\n',
    says: ['bad.yaml:1:13: error: apiVersion: "v1" is not an API version of Reeve; write reeve.dev/v1'],
  },
  {
    name: 'no apiVersion',
    file: 'kind: Machine\nmetadata: {name: bad}\nspec: {address: a}\n',
    says: ['bad.yaml:1:1: error: apiVersion: the field "apiVersion" is missing; write apiVersion: reeve.dev/v1'],
  },
  {
    name: 'an unknown kind that is nearly right',
    file: 'apiVersion: reeve.dev/v1\nkind: Machin\nmetadata: {name: bad}\nspec: {}\n',
    says: ['bad.yaml:2:7: error: kind: unknown kind "Machin"; did you mean "Machine"?'],
  },
  {
    name: 'an unknown kind that is like nothing',
    file: 'apiVersion: reeve.dev/v1\nkind: Deployment\nmetadata: {name: bad}\nspec: {}\n',
    says: ['bad.yaml:2:7: error: kind: unknown kind "Deployment"; the kinds are App, Machine'],
  },
  {
    name: 'a kind that is a number',
    file: 'apiVersion: reeve.dev/v1\nkind: 7\nmetadata: {name: bad}\nspec: {}\n',
    says: ['bad.yaml:2:7: error: kind: must be text, not 7; the kinds are App, Machine'],
  },
  {
    name: 'no kind',
    file: 'apiVersion: reeve.dev/v1\nmetadata: {name: bad}\nspec: {}\n',
    says: ['bad.yaml:1:1: error: kind: the field "kind" is missing; the kinds are App, Machine'],
  },
  {
    name: 'no metadata',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nspec: {address: a}\n',
    says: ['bad.yaml:1:1: error: metadata: the field "metadata" is missing; write metadata: {name: NAME}'],
  },
  {
    name: 'metadata that is text',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: bad\nspec: {address: a}\n',
    says: ['bad.yaml:3:11: error: metadata: must be fields (name: value); write metadata: {name: NAME}'],
  },
  {
    name: 'no name',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {labels: {a: b}}\nspec: {address: a}\n',
    says: [
      'bad.yaml:3:11: error: metadata.name: the field "name" is missing; a name has 1 to 63 characters of a-z, 0-9 and -, and begins and ends with a letter or digit',
    ],
  },
  {
    name: 'a name in capitals',
    file: machineWith(address, 'Web'),
    says: [
      'bad.yaml:3:18: error: metadata.name: "Web" is not a name; a name has 1 to 63 characters of a-z, 0-9 and -, and begins and ends with a letter or digit',
    ],
  },
  {
    name: 'a name that YAML reads as a number',
    file: machineWith(address, '12'),
    says: ['bad.yaml:3:18: error: metadata.name: must be text, not 12; write it in quotes: "12"'],
  },
  {
    name: 'a label’s value with a space',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad, labels: {site: a b}}\nspec: {address: a}\n',
    says: ['bad.yaml:3:38: error: metadata.labels.site: "a b" is not the value of a label (letters, digits, - _ ., at most 63)'],
  },
  {
    name: 'a label’s name with a quote',
    file: "apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad, labels: {'a\"b': c}}\nspec: {address: a}\n",
    says: ['bad.yaml:3:39: error: metadata.labels["a\\"b"]: "a\\"b" is not the name of a label (letters, digits, - _ ., at most 63)'],
  },
  {
    name: 'a label that is a number',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata:\n  name: bad\n  labels:\n    example.org/rack: 7\nspec: {address: a}\n',
    says: ['bad.yaml:6:23: error: metadata.labels["example.org/rack"]: must be text, not 7; write it in quotes: "7"'],
  },
  {
    name: 'an annotation that is true',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad, annotations: {a: true}}\nspec: {address: a}\n',
    says: ['bad.yaml:3:40: error: metadata.annotations.a: must be text, not true; write it in quotes: "true"'],
  },
  {
    name: 'labels as a list',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad, labels: [a]}\nspec: {address: a}\n',
    says: ['bad.yaml:3:31: error: metadata.labels: must be fields (name: value)'],
  },
  {
    name: 'a huge annotation',
    file: `apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad, annotations: {a: ${'x'.repeat(20_000)}}}\nspec: {address: a}\n`,
    says: ['bad.yaml:3:40: error: metadata.annotations.a: the annotation is too long: 16384 characters are allowed, 20000 are written'],
  },
  {
    name: 'no spec',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad}\n',
    says: ['bad.yaml:1:1: error: spec: the field "spec" is missing'],
  },
  {
    name: 'a spec that is a list',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad}\nspec: [a]\n',
    says: ['bad.yaml:4:7: error: spec: must be fields (name: value), not ["a"]'],
  },
  // types
  {
    name: 'a number in quotes',
    file: machineWith(`${address}\ncpus: "2"`),
    says: ['bad.yaml:6:9: error: spec.cpus: must be a whole number, not the text "2"; write it without quotes'],
  },
  {
    name: 'a word for a number',
    file: machineWith(`${address}\ncpus: two`),
    says: ['bad.yaml:6:9: error: spec.cpus: must be a whole number, not the text "two"'],
  },
  {
    name: 'a fraction for a whole number',
    file: machineWith(`${address}\ncpus: 1.5`),
    says: ['bad.yaml:6:9: error: spec.cpus: must be a whole number, not 1.5'],
  },
  {
    name: 'a number for text',
    file: machineWith('address: 7'),
    says: ['bad.yaml:5:12: error: spec.address: must be text, not 7; write it in quotes: "7"'],
  },
  {
    name: 'yes for true',
    file: machineWith(`${address}\nisActive: yes`),
    says: ['bad.yaml:6:13: error: spec.isActive: must be true or false, not the text "yes"; YAML 1.2 reads yes, no, on and off as text'],
  },
  {
    name: 'text for a list',
    file: machineWith(`${address}\nports: 22`),
    says: ['bad.yaml:6:10: error: spec.ports: must be a list, not 22; write a list: [22]'],
  },
  { name: 'a list for text', file: machineWith('address: [a]'), says: ['bad.yaml:5:12: error: spec.address: must be text, not a list'] },
  { name: 'fields for text', file: machineWith('address: {a: b}'), says: ['bad.yaml:5:12: error: spec.address: must be text, not fields'] },
  { name: 'nothing for text', file: machineWith('address:'), says: ['bad.yaml:5:3: error: spec.address: must be text, not empty'] },
  {
    name: 'nothing of two sorts',
    file: machineWith(`${address}\nsize: [1]`),
    says: ['bad.yaml:6:9: error: spec.size: must be a whole number or text, not a list'],
  },
  {
    name: 'infinity',
    file: machineWith(`${address}\ncpus: .inf`),
    says: ['bad.yaml:6:9: error: spec.cpus: .inf is not a number that can be used; write a finite number'],
  },
  {
    name: 'a number that no double holds',
    file: machineWith(`${address}\ncpus: 99999999999999999999`),
    says: ['bad.yaml:6:9: error: spec.cpus: 99999999999999999999 is too large to be read exactly; write it in quotes if it is text'],
  },
  {
    name: 'a number with a leading zero',
    file: machineWith(`${address}\ncpus: 010`),
    says: [
      'bad.yaml:6:9: error: spec.cpus: 010 has a leading zero, which YAML 1.2 reads as decimal and others as octal; write "010" in quotes',
    ],
  },
  // ranges and grammars
  { name: 'too few CPUs', file: machineWith(`${address}\ncpus: 0`), says: ['bad.yaml:6:9: error: spec.cpus: 0 is too small: at least 1'] },
  {
    name: 'too many CPUs',
    file: machineWith(`${address}\ncpus: 65`),
    says: ['bad.yaml:6:9: error: spec.cpus: 65 is too large: at most 64'],
  },
  {
    name: 'a share of nothing',
    file: machineWith(`${address}\nshare: 0`),
    says: ['bad.yaml:6:10: error: spec.share: 0 is too small: it must be more than 0'],
  },
  {
    name: 'a share of more than all',
    file: machineWith(`${address}\nshare: 1`),
    says: ['bad.yaml:6:10: error: spec.share: 1 is too large: it must be less than 1'],
  },
  {
    name: 'a step between the steps',
    file: machineWith(`${address}\nstep: 6`),
    says: ['bad.yaml:6:9: error: spec.step: 6 is not a multiple of 4'],
  },
  {
    name: 'a size without its i',
    file: machineWith(`${address}\nmemory: 10G`),
    says: ['bad.yaml:6:11: error: spec.memory: "10G" is not allowed here; a size such as 512Mi or 10Gi'],
  },
  {
    name: 'a command as an address',
    file: machineWith("address: 'a; rm -rf /'"),
    says: ['bad.yaml:5:12: error: spec.address: "a; rm -rf /" is not allowed here; DNS name or IP address of the machine'],
  },
  {
    name: 'a mode that is nearly right',
    file: machineWith(`${address}\nmode: correct`),
    says: ['bad.yaml:6:9: error: spec.mode: must be one of Correct, Report, not the text "correct"; did you mean "Correct"?'],
  },
  {
    name: 'a mode that is like nothing',
    file: machineWith(`${address}\nmode: Purge`),
    says: ['bad.yaml:6:9: error: spec.mode: must be one of Correct, Report, not the text "Purge"'],
  },
  {
    name: 'a date without a time',
    file: machineWith(`${address}\nuntil: 2026-12-31`),
    says: ['bad.yaml:6:10: error: spec.until: "2026-12-31" is not a time such as 2026-12-31T18:00:00Z'],
  },
  {
    name: 'a note too short',
    file: machineWith(`${address}\nnote: x`),
    says: ['bad.yaml:6:9: error: spec.note: "x" is too short: at least 2 characters'],
  },
  {
    name: 'a note too long',
    file: machineWith(`${address}\nnote: ${'é'.repeat(21)}`),
    says: ['bad.yaml:6:9: error: spec.note: "ééééééééééééééééééééé" is too long: at most 20 characters, 21 are written'],
  },
  {
    name: 'no item',
    file: machineWith(`${address}\nports: []`),
    says: ['bad.yaml:6:10: error: spec.ports: the list is too short: at least 1 item'],
  },
  {
    name: 'too many items',
    file: machineWith(`${address}\nports: [1, 2, 3, 4]`),
    says: ['bad.yaml:6:10: error: spec.ports: the list is too long: at most 3 items, 4 are written'],
  },
  {
    name: 'an item twice',
    file: machineWith(`${address}\nports: [22, 80, 22]`),
    says: ['bad.yaml:6:10: error: spec.ports: items 0 and 2 of the list are the same; delete one of them'],
  },
  {
    name: 'an item out of range',
    file: machineWith(`${address}\nports:\n  - 22\n  - 70000`),
    says: ['bad.yaml:8:7: error: spec.ports[1]: 70000 is too large: at most 65535'],
  },
  {
    name: 'too many fields',
    file: machineWith(`${address}\nlabelsOf: {a: x, b: y, c: z}`),
    says: ['bad.yaml:6:13: error: spec.labelsOf: too many fields: at most 2 fields, 3 are written'],
  },
  {
    name: 'neither of two',
    file: machineWith(`${address}\nroot: {}`),
    says: ['bad.yaml:6:9: error: spec.root: one of path, volume is missing; write exactly one of them'],
  },
  {
    name: 'a target of two sorts',
    file: machineWith(`${address}\ntarget: {a: x, b: y}`),
    says: ['bad.yaml:6:11: error: spec.target: a and b exclude each other; write only one of a, b'],
  },
  {
    name: 'a target of no sort',
    file: machineWith(`${address}\ntarget: {}`),
    says: ['bad.yaml:6:11: error: spec.target: one of a, b is missing'],
  },
  {
    name: 'fields where one or many is asked',
    file: machineWith(`${address}\nopen: {a: b}`),
    says: ['bad.yaml:6:9: error: spec.open: must be a whole number or text or a list, not fields'],
  },
  {
    name: 'a command where one or many is asked',
    file: machineWith(`${address}\nopen: "a;b"`),
    says: ['bad.yaml:6:9: error: spec.open: "a;b" is not allowed here; A service'],
  },
  {
    name: 'a command among many',
    file: machineWith(`${address}\nopen: [7, "a;b"]`),
    says: ['bad.yaml:6:13: error: spec.open[1]: "a;b" is not allowed here; A service'],
  },
  {
    name: 'a number out of range where one or many is asked',
    file: machineWith(`${address}\nopen: 10`),
    says: ['bad.yaml:6:9: error: spec.open: 10 is too large: at most 9'],
  },
  {
    name: 'both of two',
    file: machineWith(`${address}\nroot: {path: /srv, volume: v}`),
    says: ['bad.yaml:6:9: error: spec.root: path and volume exclude each other; write exactly one of path, volume'],
  },
  {
    name: 'a required field that is missing',
    file: machineWith('cpus: 2'),
    says: ['bad.yaml:4:1: error: spec: the field "address" is missing; DNS name or IP address of the machine'],
  },
  {
    name: 'many errors at once',
    file: machineWith('adress: a\ncpus: 0\nmode: x\nports: [0, 99999]'),
    says: [
      'bad.yaml:4:1: error: spec: the field "address" is missing; DNS name or IP address of the machine',
      'bad.yaml:5:3: error: spec.adress: unknown field "adress"; did you mean "address"?',
      'bad.yaml:6:9: error: spec.cpus: 0 is too small: at least 1',
      'bad.yaml:7:9: error: spec.mode: must be one of Correct, Report, not the text "x"',
      'bad.yaml:8:11: error: spec.ports[0]: 0 is too small: at least 1',
      'bad.yaml:8:14: error: spec.ports[1]: 99999 is too large: at most 65535',
    ],
  },
  // references
  {
    name: 'a reference with a typo',
    file: app('{machine: he11}'),
    says: ['bad.yaml:4:17: error: spec.machine: there is no Machine "he11"; did you mean "he1"?'],
  },
  {
    name: 'a reference to nothing like it',
    file: app('{machine: frankfurt}'),
    says: ['bad.yaml:4:17: error: spec.machine: there is no Machine "frankfurt"; there is he1'],
  },
  {
    name: 'a reference to another kind',
    file: app('{machine: shop}'),
    says: ['bad.yaml:4:17: error: spec.machine: there is no Machine "shop"; App/shop is of another kind'],
  },
  {
    name: 'a reference to itself',
    file: machineWith(`${address}\njump: bad`),
    says: ['bad.yaml:6:9: error: spec.jump: references go in a circle: Machine/bad → Machine/bad; take out one of them'],
  },
  {
    name: 'a circle of references',
    file: ['a', 'b', 'c'].map((name, index) => machineWith(`${address}\njump: ${'bca'[index]}`, name)).join('---\n'),
    says: [
      'bad.yaml:6:9: error: spec.jump: references go in a circle: Machine/a → Machine/b → Machine/c → Machine/a; take out one of them',
      'bad.yaml:13:9: error: spec.jump: references go in a circle: Machine/a → Machine/b → Machine/c → Machine/a; take out one of them',
      'bad.yaml:20:9: error: spec.jump: references go in a circle: Machine/a → Machine/b → Machine/c → Machine/a; take out one of them',
    ],
  },
  {
    name: 'a reference to what is broken',
    file: `${machineWith(`${address}\ncpus: 0`)}---\n${app('{machine: bad}', 'leaning')}`,
    says: [
      'bad.yaml:6:9: error: spec.cpus: 0 is too small: at least 1',
      'bad.yaml:11:17: warning: spec.machine: left out, because Machine "bad" has errors',
    ],
  },
  {
    name: 'a port that is taken',
    file: app('{machine: he1, port: 80}'),
    says: [
      'bad.yaml:4:28: error: spec.port: "80" is already taken by App/shop (good.yaml:9:28); it must be unique: port on he1',
      'good.yaml:9:28: error: spec.port: "80" is already taken by App/bad (bad.yaml:4:28); it must be unique: port on he1',
    ],
  },
  {
    name: 'what only the kind knows',
    file: app('{machine: he1, port: 0}'),
    says: ['bad.yaml:4:28: error: spec.port: port 0 is nobody’s; choose another'],
  },
  {
    name: 'a kind that is surprised',
    file: app('{machine: he1, port: 666}'),
    says: [
      'bad.yaml:4:7: error: spec: Reeve could not read this App: a port of the beast; this is a bug in Reeve; please report it with the manifest',
    ],
  },
  {
    name: 'a name that stands twice',
    file: `${machineWith(address, 'he7')}---\n${machineWith(address, 'he7')}`,
    says: [
      'bad.yaml:1:1: error: metadata.name: Machine "he7" is written twice; also at bad.yaml:7:1; delete or rename one of them',
      'bad.yaml:7:1: error: metadata.name: Machine "he7" is written twice; also at bad.yaml:1:1; delete or rename one of them',
    ],
  },
]

/** Other spellings of mistakes that have a row above: said in the same words, found at the same place of the code. */
export const sameMistakes: readonly BadInput[] = [
  {
    name: 'a name with a path in it',
    file: machineWith(address, '../../etc/passwd'),
    says: [
      'bad.yaml:3:18: error: metadata.name: "../../etc/passwd" is not a name; a name has 1 to 63 characters of a-z, 0-9 and -, and begins and ends with a letter or digit',
    ],
  },
  {
    name: 'a name with a command in it',
    file: machineWith(address, '"$(reboot)"'),
    says: [
      'bad.yaml:3:18: error: metadata.name: "$(reboot)" is not a name; a name has 1 to 63 characters of a-z, 0-9 and -, and begins and ends with a letter or digit',
    ],
  },
  {
    name: 'a name of 64 characters',
    file: machineWith(address, 'a'.repeat(64)),
    says: [
      'bad.yaml:3:18: error: metadata.name: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is not a name; a name has 1 to 63 characters of a-z, 0-9 and -, and begins and ends with a letter or digit',
    ],
  },
  {
    name: 'many aliases of one value',
    file: `a: &a x\nb: [${Array(101).fill('*a').join(', ')}]\n`,
    says: [
      'bad.yaml:2:405: error: the document, with its aliases written out, holds more than 100 aliases; split it into several manifests',
    ],
  },
  {
    name: 'a thousand dashes',
    file: `${'- '.repeat(1000)}x\n`,
    says: ['bad.yaml:1:180: error: the document is nested more than 40 deep; no manifest needs that'],
  },
  {
    name: 'a thousand question marks',
    file: `${'? '.repeat(1000)}x\n`,
    says: ['bad.yaml:1:180: error: the document is nested more than 40 deep; no manifest needs that'],
  },
  {
    name: 'an overlong form of a slash',
    file: bytes('a: b\nc: ', 0xc0, 0xaf, '\n'),
    says: ['bad.yaml:2:4: error: the file is not UTF-8; save the file as UTF-8'],
  },
  {
    name: 'an escaped NUL',
    file: machineWith('address: "a\\0b"'),
    says: ['bad.yaml:5:12: error: spec.address: control character U+0000 is not allowed; delete it'],
  },
  {
    name: 'a value that begins with %',
    file: machineWith('address: %x'),
    says: ['bad.yaml:5:12: error: a value cannot begin with "%"; put it in quotes'],
  },
  {
    name: 'one word instead of a manifest',
    file: 'hello\n',
    says: ['bad.yaml:1:1: error: this is not a manifest; a manifest has the fields apiVersion, kind, metadata and spec'],
  },
  {
    name: 'an empty spec',
    file: 'apiVersion: reeve.dev/v1\nkind: Machine\nmetadata: {name: bad}\nspec:\n',
    says: ['bad.yaml:4:1: error: spec: the field "address" is missing; DNS name or IP address of the machine'],
  },
  {
    name: 'a newline in an address',
    file: machineWith('address: "a\\nb"'),
    says: ['bad.yaml:5:12: error: spec.address: "a\\nb" is not allowed here; DNS name or IP address of the machine'],
  },
]
