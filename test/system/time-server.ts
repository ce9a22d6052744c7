import { createSocket } from 'node:dgram'

/** Answers as a time server of stratum 1 whose clock is this machine's (RFC 5905 §7.3). */
export async function startTimeServer(): Promise<AsyncDisposable> {
  const socket = createSocket('udp4')
  socket.on('message', (asked, from) => {
    const answer = Buffer.alloc(48)
    // No warning, version 4, mode 4 (server); stratum 1; a poll of 64 s; precision about a microsecond.
    answer.set([0b00_100_100, 1, 6, 236])
    answer.write('LOCL', 12, 'latin1')
    asked.copy(answer, 24, 40, 48)
    for (const at of [16, 32, 40]) answer.writeBigUInt64BE(ntpNow(), at)
    socket.send(answer, from.port, from.address)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('error', reject)
  socket.bind(123, '127.0.0.1', resolve)
  await promise
  return {
    [Symbol.asyncDispose]: () => new Promise<void>((done) => socket.close(() => done())),
  }
}

/** Seconds since 1900 in 32 bits, and 2^-32ths of one. */
function ntpNow(): bigint {
  const ms = Date.now()
  return (BigInt(Math.floor(ms / 1000) + 2_208_988_800) << 32n) | BigInt(Math.floor(((ms % 1000) / 1000) * 2 ** 32))
}
