import type { Duplex } from 'node:stream'
import type { NetworkProbe } from '../model/primitive.ts'
import type { Jump } from './connect.ts'
import type { ProbeAnswer } from './probe.ts'

type DnsProbe = Extract<NetworkProbe, { readonly type: 'dns' }>

const id = 0x7265
const soa = 6
/** An answer by TCP is at most this long (RFC 1035 4.2.2). */
const longest = 65_537

/** Asks once over a forwarded channel, which is destroyed when the deadline passes. Rejects with what went wrong. */
export async function probeDns(through: Jump, probe: DnsProbe, deadlineMs: number): Promise<ProbeAnswer> {
  const started = performance.now()
  const channel = await through.forward(probe.host, probe.port, deadlineMs)
  const leftMs = Math.max(1, deadlineMs - (performance.now() - started))
  const timer = setTimeout(() => channel.destroy(new Error(`no answer within ${deadlineMs} ms`)), leftMs)
  try {
    channel.write(question(probe.zone))
    return judge(probe, await readAnswer(channel))
  } finally {
    clearTimeout(timer)
    channel.destroy()
  }
}

/** RFC 1035 4.1, after its length: one question, no recursion wanted. */
function question(zone: string): Buffer {
  const labels = zone.split('.').filter((label) => label !== '')
  const name = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  const message = Buffer.concat([words([id, 0, 1, 0, 0, 0]), ...name, Buffer.from([0]), words([soa, 1])])
  return Buffer.concat([words([message.length]), message])
}

function words(numbers: readonly number[]): Buffer {
  return Buffer.from(numbers.flatMap((number) => [number >> 8, number & 255]))
}

function readAnswer(channel: Duplex): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0)
    channel.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk])
      const isWhole = read.length >= 2 && read.length >= 2 + read.readUInt16BE(0)
      if (isWhole || read.length > longest) resolve(read.subarray(2))
    })
    channel.once('error', reject)
    channel.once('close', () => reject(new Error('the connection was closed before an answer came')))
  })
}

const rcodes: Readonly<Record<number, string>> = { 0: 'NOERROR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 5: 'REFUSED' }

function judge({ host, port, zone }: DnsProbe, answer: Buffer): ProbeAnswer {
  const where = `${zone} SOA at ${host}:${port}`
  if (answer.length < 12 || answer.readUInt16BE(0) !== id) return { ok: false, message: `${where} is answered with something else` }
  const flags = answer.readUInt16BE(2)
  const rcode = rcodes[flags & 15] ?? `rcode ${flags & 15}`
  const isAuthoritative = (flags & 0x0400) !== 0
  if ((flags & 15) === 0 && isAuthoritative && answer.readUInt16BE(6) > 0)
    return { ok: true, message: `${where} is answered with authority` }
  return { ok: false, message: `${where} is answered with ${rcode}${isAuthoritative ? '' : ' and without authority'}` }
}
