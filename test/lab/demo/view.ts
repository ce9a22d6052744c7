import { createPaint, type Paint } from '../../../controller/report/paint.ts'

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'dim'

/** The demo's words on the screen: lines with their time. On a terminal also colours and one live line at the bottom. */
export interface View {
  readonly paint: Paint
  /** A line with the seconds since the start. */
  line(text: string, tone?: Tone): void
  /** Lines without time, as they are. */
  block(lines: readonly string[]): void
  /** The live line: what is being waited for. A pipe does not show it. */
  wait(text: string | undefined): void
  /** Seconds since the demo began. */
  seconds(): number
}

export interface ViewSettings {
  readonly stream: { readonly isTTY?: boolean; write(text: string): unknown }
  readonly isColoured: boolean
  nowMs(): number
}

const clearLine = '\r\x1b[K'

export function createView({ stream, isColoured, nowMs }: ViewSettings): View {
  const paint = createPaint(isColoured)
  const startMs = nowMs()
  const isTerminal = stream.isTTY === true
  let waiting: string | undefined
  const seconds = () => (nowMs() - startMs) / 1000
  const redraw = () => isTerminal && waiting !== undefined && stream.write(`${clearLine}${paint.dim(`${stamp(seconds())} … ${waiting}`)}`)
  const print = (text: string) => {
    stream.write(`${isTerminal && waiting !== undefined ? clearLine : ''}${text}\n`)
    redraw()
  }
  return {
    paint,
    seconds,
    line: (text, tone = 'plain') => print(`${paint.dim(stamp(seconds()))} ${painted(paint, tone, text)}`),
    block: (lines) => print(lines.join('\n')),
    wait(text) {
      if (text === undefined && waiting !== undefined && isTerminal) stream.write(clearLine)
      waiting = text
      redraw()
    },
  }
}

function stamp(seconds: number): string {
  return `${seconds.toFixed(1).padStart(6)} s `
}

function painted(paint: Paint, tone: Tone, text: string): string {
  if (tone === 'good') return paint.green(text)
  if (tone === 'warn') return paint.yellow(text)
  if (tone === 'bad') return paint.red(text)
  return tone === 'dim' ? paint.dim(text) : text
}
