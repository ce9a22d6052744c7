/** Largest message that is taken, as Postfix's message_size_limit. */
export const maxMessageBytes = 10_240_000

/** All of a stream; to the first line with a dot alone where those count. Undefined where it is too large. */
export async function readStdin(stream: AsyncIterable<Buffer>, ignoresDots: boolean): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  let tail = '\n'
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxMessageBytes) return undefined
    if (ignoresDots) continue
    const text = tail + chunk.toString('latin1')
    if (/\n\.\r?\n/.test(text)) break
    tail = text.slice(-3)
  }
  const all = Buffer.concat(chunks)
  return ignoresDots ? all : beforeDot(all)
}

function beforeDot(all: Buffer): Buffer {
  const match = /(^|\n)\.\r?(\n|$)/.exec(all.toString('latin1'))
  return match === null ? all : all.subarray(0, match.index + (match[1] ?? '').length)
}
