/** Says what the lab is doing: whole lines on stderr, so that a pipe and a terminal read the same. */
export type Progress = (text: string) => void

export const silent: Progress = () => {}

/** Lines like `lab    12 s  building the image`, counted from now. */
export function createProgress(): Progress {
  const startMs = performance.now()
  return (text) => {
    const seconds = Math.round((performance.now() - startMs) / 1000)
    process.stderr.write(`lab ${String(seconds).padStart(4)} s  ${text}\n`)
  }
}
