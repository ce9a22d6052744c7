/** Beyond so many lines in all the work would be felt: then the one is shown after the other. */
const mostLines = 1200
const context = 3
const mostShown = 400

/** The lines of a difference, `minus` before `plus`, with what is the same around them. A value that is null is not there. */
export function linesOf(before, after) {
  const one = split(before)
  const other = split(after)
  const all = one.length + other.length > mostLines ? [...one.map(minus), ...other.map(plus)] : compare(one, other)
  const near = keepNear(all)
  return near.length <= mostShown
    ? near
    : [...near.slice(0, mostShown), { sort: 'skipped', text: `… ${near.length - mostShown} more lines` }]
}

function split(value) {
  if (value === null || value === undefined) return []
  const lines = String(value).split('\n')
  return lines.length > 1 && lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

const minus = (text) => ({ sort: 'minus', text })
const plus = (text) => ({ sort: 'plus', text })

/** The longest common subsequence, from the end backwards, so that it is read off forwards. */
function compare(one, other) {
  const width = other.length + 1
  const common = new Uint16Array((one.length + 1) * width)
  for (let row = one.length - 1; row >= 0; row--)
    for (let column = other.length - 1; column >= 0; column--)
      common[row * width + column] =
        one[row] === other[column]
          ? common[(row + 1) * width + column + 1] + 1
          : Math.max(common[(row + 1) * width + column], common[row * width + column + 1])
  const lines = []
  let row = 0
  let column = 0
  while (row < one.length || column < other.length) {
    if (row < one.length && column < other.length && one[row] === other[column]) {
      lines.push({ sort: 'same', text: one[row] })
      row++
      column++
    } else if (row < one.length && (column === other.length || common[(row + 1) * width + column] >= common[row * width + column + 1])) {
      lines.push(minus(one[row++]))
    } else lines.push(plus(other[column++]))
  }
  return lines
}

/** Same lines only near others; a line says how many are left out. */
function keepNear(lines) {
  const isNear = lines.map((_line, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sort }) => sort !== 'same'),
  )
  const kept = []
  let left = 0
  lines.forEach((line, index) => {
    if (isNear[index]) {
      if (left > 0) kept.push({ sort: 'skipped', text: `… ${left} the same` })
      left = 0
      kept.push(line)
    } else left++
  })
  if (left > 0) kept.push({ sort: 'skipped', text: `… ${left} the same` })
  return kept
}
