/** Resolves after this time, or with the signal. */
export function pauseFor(ms: number, after: (delayMs: number, run: () => void) => () => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = after(ms, end)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
