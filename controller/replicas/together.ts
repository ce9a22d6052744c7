/** Sends one after the other; what comes while one is under way goes with the next. A send that fails fails for all that went with it. */
export function together<T>(send: (all: readonly T[]) => Promise<unknown>): (one: T) => Promise<void> {
  let waiting: T[] = []
  let last: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | undefined

  function sendWaiting(): Promise<unknown> {
    const all = waiting
    waiting = []
    next = undefined
    last = send(all)
    return last
  }

  return (one) => {
    waiting.push(one)
    next ??= last.then(sendWaiting, sendWaiting).then(() => {})
    return next
  }
}
