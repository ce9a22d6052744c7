import { connect } from 'node:net'
import type { FuzzCase } from './cases.ts'

/** Writes a case to a connection of its own; answers every status that came back, and closes where the server does not. */
export function send(port: number, { pieces, isSilent }: FuzzCase): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let said = ''
    const end = () => {
      socket.destroy()
      resolve([...said.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((match) => Number(match[1])))
    }
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      said += text
    })
    socket.once('error', end)
    socket.once('close', end)
    socket.once('connect', () => {
      for (const piece of pieces) socket.write(piece)
      // What the server does not answer is closed by its own time limit; a sender that ends closes its side at once.
      if (!isSilent) socket.end()
    })
  })
}

/** Runs cases, so many at a time; senders that stay silent are not waited for until the end. */
export async function sendAll(
  count: number,
  width: number,
  one: (n: number) => { readonly isSilent: boolean; readonly done: Promise<void> },
) {
  const silent: Promise<void>[] = []
  let next = 0
  async function lane(): Promise<void> {
    while (next < count) {
      next += 1
      const { isSilent, done } = one(next - 1)
      if (!isSilent) await done
      else if (silent.push(done) % 32 === 0) await Promise.all(silent.splice(0))
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  await Promise.all(silent)
}
