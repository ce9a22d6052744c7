/** What expressions go round and round on: each alone, many times. */
const pieces = [
  ' ',
  '\n',
  '\t',
  'a',
  '0',
  '.',
  '-',
  '/',
  '\\',
  '"',
  "'",
  '{',
  '[',
  '(',
  '=',
  ':',
  '#',
  ',',
  'a ',
  'a\n',
  ' \n',
  'a=',
  'a: ',
  '- ',
  'aA1',
  '\0',
  'é',
  '\r\n',
]

const mostCharacters = 1 << 18
const worthMeasuringMs = 60

/** How much longer it takes to read twice as much, for the piece of text that is worst: 2 where time grows with the size, 4 where it grows with its square. */
export function worstGrowth(
  read: (text: string) => unknown,
  ownPieces: readonly string[] = [],
): { readonly piece: string; readonly growth: number } {
  const all = [...pieces, ...ownPieces.filter((piece) => piece !== '')].map((piece) => ({ piece, growth: steadyGrowthOf(read, piece) }))
  return all.reduce((worst, one) => (one.growth > worst.growth ? one : worst))
}

/** What looks bad is looked at again: the machine may have been busy, a square stays one. */
function steadyGrowthOf(read: (text: string) => unknown, piece: string): number {
  let growth = growthOf(read, piece)
  for (let look = 0; look < 3 && growth > 2.8; look++) growth = Math.min(growth, growthOf(read, piece))
  return growth
}

/** 1 where even the largest text is read too fast to be measured. The processor's time counts, and of several looks the least: others are at work on this machine. */
function growthOf(read: (text: string) => unknown, piece: string): number {
  let before = 0
  for (let size = 1 << 12; size <= mostCharacters; size *= 2) {
    const text = piece.repeat(Math.ceil(size / piece.length))
    let ms = cpuMs(() => read(text))
    if (ms < worthMeasuringMs) {
      before = ms
      continue
    }
    const half = text.slice(0, text.length / 2)
    for (let look = 0; look < 4; look++) {
      ms = Math.min(
        ms,
        cpuMs(() => read(text)),
      )
      before = Math.max(
        Math.min(
          before,
          cpuMs(() => read(half)),
        ),
        1,
      )
    }
    return ms < worthMeasuringMs ? 1 : ms / before
  }
  return 1
}

function cpuMs(work: () => unknown): number {
  const start = process.cpuUsage()
  try {
    work()
  } catch {
    // What it thinks of the text is another test's affair.
  }
  return process.cpuUsage(start).user / 1000
}
