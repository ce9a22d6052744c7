import { type Document, isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar, visit } from 'yaml'

export type Random = () => number

export function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T
}

/** Values that stand where others belong. */
const values: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 65_536, 4_294_967_296],
  ...[
    '',
    ' ',
    '0',
    '-1',
    'true',
    'null',
    '~',
    '..',
    '/',
    '//',
    '.',
    '*',
    '-',
    '--',
    '#',
    '"',
    "'",
    '\\',
    '%',
    '@x',
    '&x',
    '!x',
    '|',
    '>',
    '<<',
  ],
  ...[
    '$(reboot)',
    '`id`',
    '; rm -rf /',
    '${HOME}',
    'a\nb',
    'a\r\nb',
    'a\tb',
    'a\0b',
    '\u001b[2J',
    '\u202eabc',
    '\u200b',
    '\ufeff',
    '\ud800',
    'é',
    'Ａ',
    'а',
    'İ',
    'ß',
    '💥',
  ],
  ...[
    '../../etc/passwd',
    '/dev/sda',
    '/proc/self/mem',
    '192.0.2.300',
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    '0x7f.1',
    '1e3',
    '1_000',
    '0o17',
    '99999999999999999999Gi',
    '1Ki',
    '0',
    '-5Gi',
  ],
  ...[
    'a'.repeat(64),
    'a'.repeat(300),
    `${'a.'.repeat(200)}b`,
    '{{x}}',
    '<a href=x>',
    '%s%n',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
  ],
  ...[[], {}, [[]], [{}], { a: 1 }, ['a', 'a'], Array(300).fill('a'), { __proto__x: 1, constructor: 2 }, nested(45), nested(10)],
]

function nested(depth: number): unknown {
  return depth === 0 ? 'x' : depth % 2 === 0 ? [nested(depth - 1)] : { a: nested(depth - 1) }
}

const names = [
  '',
  ' ',
  'A',
  '__proto__',
  'constructor',
  'toString',
  '<<',
  'naме',
  'ѕpec',
  '$(id)',
  'a\nb',
  '\u202e',
  'x'.repeat(2000),
  '0',
  'null',
  '- a',
  '? a',
  ': a',
  'specs',
  'Spec',
]
const spice = [
  '\n',
  '\t',
  '\r',
  '---\n',
  '...\n',
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
  '!!binary ',
  '|',
  '>',
  '#',
  '%YAML 9.9\n',
  '@',
  '\0',
  '\u202e',
  '<<: ',
  ',',
  '0',
  'é',
  '\ufeff',
  '  ',
  '\u2028',
  '\u0085',
]

/** A valid manifest with one to three of its parts made wrong: its structure first, at times its bytes. */
export function spoilt(text: string, random: Random): Uint8Array {
  let bytes = Buffer.from(random() < 0.75 ? spoiltTree(text, random) : text)
  if (bytes.toString() === text || random() < 0.2) for (let turn = 0; turn <= random() * 3; turn++) bytes = spoiltBytes(bytes, random)
  return bytes
}

function spoiltTree(text: string, random: Random): string {
  const document = parseDocument(text)
  for (let turn = 0; turn <= random() * 3; turn++) spoilOne(document, random)
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function spoilOne(document: Document, random: Random): void {
  const places: ((value: unknown) => void)[] = []
  visit(document, {
    Pair(_key, pair) {
      places.push(() => changePair(pair, document, random))
    },
    Seq(_key, list) {
      if (list.items.length > 0) places.push(() => void list.items.push(list.items[0]))
      places.push(
        (value) =>
          void list.items.splice(
            Math.floor(random() * (list.items.length + 1)),
            random() < 0.5 ? 1 : 0,
            document.createNode(value) as never,
          ),
      )
    },
    Map(_key, map) {
      places.push((value) => void map.items.push(document.createPair(pick(names, random), value) as never))
      if (map.items.length > 1) places.push(() => void map.items.push(pick(map.items, random)))
    },
  })
  pick(places, random)?.(pick(values, random))
}

function changePair(pair: Pair, document: Document, random: Random): void {
  const key = pair.key as Scalar
  const draw = random()
  if (draw < 0.15 && isScalar(key)) key.value = respelt(String(key.value), random)
  else if (draw < 0.25) pair.value = document.createNode([pair.value])
  else if (draw < 0.35 && (isMap(pair.value) || isSeq(pair.value))) pair.value.items.length = 0
  else pair.value = document.createNode(pick(values, random))
}

/** Another name that looks like it, or nearly. */
function respelt(name: string, random: Random): string {
  return pick(
    [name.toUpperCase(), `${name}s`, name.slice(1), `${name} `, name.replace('e', 'е'), name.replace('a', 'а'), pick(names, random)],
    random,
  )
}

function spoiltBytes(bytes: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = Math.floor(random() * bytes.length)
  const piece = random() < 0.1 ? Buffer.from([Math.floor(random() * 256)]) : Buffer.from(pick(spice, random))
  const skip = random() < 0.5 ? 0 : Math.floor(random() * 12)
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(Math.min(bytes.length, at + skip))])
}
