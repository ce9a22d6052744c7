/** Colours for a terminal, or none (ECMA-48 SGR). */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
}

/** `isColoured` is for the caller to know: a terminal, and NO_COLOR unset (no-color.org). */
export function createPaint(isColoured: boolean): Paint {
  const sgr = (code: number) => (text: string) => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text)
  return { bold: sgr(1), dim: sgr(2), red: sgr(31), green: sgr(32), yellow: sgr(33) }
}
