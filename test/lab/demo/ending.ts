import type { View } from './view.ts'

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** A person who asks twice does not want to wait; npm passes each Ctrl-C on a second time at once. */
const impatientAfterMs = 500

/**
 * On a signal everything is ended in order, wherever we are; what is only being built goes by the `exit` handlers of those who build it.
 * Answers whether that has begun: what fails from then on is no news.
 */
export function endInOrder(stack: AsyncDisposableStack, view: View): () => boolean {
  let sinceMs: number | undefined
  for (const [signal, code] of Object.entries(signals)) {
    process.on(signal, () => {
      if (sinceMs !== undefined) return void (performance.now() - sinceMs > impatientAfterMs && process.exit(code))
      sinceMs = performance.now()
      view.wait(undefined)
      view.line('ending: controller, mail server, hypervisor')
      void stack.disposeAsync().finally(() => process.exit(code))
    })
  }
  return () => sinceMs !== undefined
}
