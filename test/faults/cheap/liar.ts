import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** What a mail server does that is none: `mute` says nothing, `nonsense` no SMTP, `forgets` takes a whole mail and cuts the line before its 250, `endless` greets for ever. */
export type Lie = 'mute' | 'nonsense' | 'forgets' | 'endless'

/** Listens on this port of the loopback until it is disposed of. */
export async function startLiar(port: number, lie: Lie): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    behave(socket, lie)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function behave(socket: Socket, lie: Lie): void {
  if (lie === 'mute') return
  if (lie === 'nonsense') return void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  if (lie === 'endless') {
    const greet = (): void => {
      while (!socket.destroyed && socket.write('220-hello\r\n'.repeat(1000)));
    }
    socket.on('drain', greet)
    greet()
    return
  }
  let isData = false
  socket.write('220 liar ESMTP\r\n')
  socket.setEncoding('utf8').on('data', (text: string) => {
    if (isData) return text.includes('\r\n.\r\n') ? void socket.destroy() : undefined
    isData = text.startsWith('DATA')
    socket.write(isData ? '354 go on\r\n' : '250 yes\r\n')
  })
}
