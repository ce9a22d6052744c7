/** One figure. `floor`: by hand, in the same run · `peer`: another tool, where one was measured · `ratio`: value by floor, or peer by value. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly floor: number | null
  readonly peer: number | null
  readonly ratio: number | null
  /** What it must not exceed, of `ratio` where there is a floor and a ratio, else of `value`; null: for information. */
  readonly bar: number | null
  readonly ok: boolean
}

/** A figure that must stay under a bar of its own. `floor`: shown beside it. */
export function figure(name: string, value: number, unit: string, bar: number | null, floor: number | null = null): Row {
  return judged({ name, value: rounded(value), unit, floor: floor === null ? null : rounded(floor), peer: null, ratio: null, bar })
}

/** A time in milliseconds that must stay under a multiple of the floor. */
export function timeByFloor(name: string, value: number, floor: number, bar: number | null): Row {
  return judged({ name, value: rounded(value), unit: 'ms', floor: rounded(floor), peer: null, ratio: rounded(value / floor), bar })
}

/** A figure beside that of another tool. The ratio says how many times more the peer takes; there is none by nothing. */
export function peerRow(name: string, value: number, peer: number, unit: string, bar: number | null): Row {
  const ratio = value > 0 ? rounded(peer / value) : null
  return judged({ name, value: rounded(value), unit, floor: null, peer: rounded(peer), ratio, bar })
}

/** What the bar is held against. */
export function heldAgainst({ value, floor, ratio }: Pick<Row, 'value' | 'floor' | 'ratio'>): number {
  return floor === null || ratio === null ? value : ratio
}

/** Judged as it is shown, so that no row contradicts itself. A figure that could not be taken is never right. */
function judged(row: Omit<Row, 'ok'>): Row {
  return { ...row, ok: Number.isFinite(row.value) && (row.bar === null || heldAgainst(row) <= row.bar) }
}

function rounded(value: number): number {
  return Number(value.toFixed(Math.abs(value) < 10 ? 2 : 0))
}
