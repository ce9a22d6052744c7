type Damage = (text: string, random: () => number) => string

const at = (text: string, random: () => number): number => Math.floor(random() * (text.length + 1))

function insert(what: string): Damage {
  return (text, random) => {
    const place = at(text, random)
    return text.slice(0, place) + what + text.slice(place)
  }
}

function onLines(edit: (lines: string[], index: number) => void): Damage {
  return (text, random) => {
    const lines = text.split('\n')
    edit(lines, Math.floor(random() * lines.length))
    return lines.join('\n')
  }
}

const damages: Readonly<Record<string, Damage>> = {
  'cut at its end': (text, random) => text.slice(0, at(text, random)),
  'cut at its begin': (text, random) => text.slice(at(text, random)),
  'a line lost': onLines((lines, index) => void lines.splice(index, 1)),
  'a line twice': onLines((lines, index) => void lines.splice(index, 0, lines[index] ?? '')),
  'two lines swapped': onLines((lines, index) => void lines.splice(index, 2, lines[index + 1] ?? '', lines[index] ?? '')),
  'a NUL': insert('\0'),
  'bytes that are not UTF-8': insert('\ufffd\ufffd'),
  'a huge number': insert('99999999999999999999999'),
  'a quote': insert('"'),
  'a line feed': insert('\n'),
  'a line of noise': insert('\nWARNING: something is wrong here: 1 2 3\n'),
  'a line without an end': insert('x'.repeat(70_000)),
  'a control sequence': insert('\u001b[31m\r'),
  'lines ended as on Windows': (text) => text.replaceAll('\n', '\r\n'),
  'half a character at its end': (text, random) => `${text.slice(0, at(text, random))}\ufffd`,
  'a letter changed': (text, random) => {
    const place = at(text, random)
    return text.slice(0, place) + String.fromCharCode(32 + Math.floor(random() * 95)) + text.slice(place + 1)
  },
}

/** So many damaged versions of a text, by turns of every sort. */
export function* mutations(
  text: string,
  random: () => number,
  count: number,
): Generator<{ readonly name: string; readonly damaged: string }> {
  const sorts = Object.entries(damages)
  for (let turn = 0; turn < count; turn++) {
    const [name, damage] = sorts[turn % sorts.length] ?? ['none', (same: string) => same]
    yield { name: `${name}, turn ${turn}`, damaged: damage(text, random) }
  }
}
