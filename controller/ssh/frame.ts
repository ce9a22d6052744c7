import type { Script } from '../shell/sh.ts'

/**
 * A message as it goes into the kept-open shell. All of it is one `if` command, so that a shell whose input ends in the middle
 * runs none of it. The nonce makes the markers unguessable for what the message prints.
 */
export function frameExchange(message: Script, nonce: string): string {
  return [
    'if :; then set +eu',
    `printf 'REEVE-BEGIN-%s %d\\n' ${nonce} $$`,
    '{',
    message.text || ':',
    '} </dev/null',
    `printf '\\nREEVE-END-%s %d\\n' ${nonce} $?; fi`,
    '',
  ].join('\n')
}

/** A message whose answer nobody waits for. Its output goes nowhere, so it cannot stand in another answer. */
export function frameTell(message: Script): string {
  return ['if :; then set +eu', '{', message.text || ':', '} </dev/null >/dev/null 2>&1; fi', ''].join('\n')
}

export type Framed =
  | { readonly status: 'incomplete' }
  /** It ends without having begun, or without a status. Whoever says so has read our message: nothing right can follow, and each try to read it costs all that came. */
  | { readonly status: 'garbled' }
  | { readonly status: 'tooLarge' }
  | { readonly status: 'complete'; readonly stdout: string; readonly exitCode: number }

/** Digits and newline. */
const maxPidLength = 12

/** Collects one framed answer from the chunks of the shell's stdout. */
export interface FrameReader {
  push(chunk: Uint8Array): Framed
  /** What came so far, for an error message. */
  seen(): string
  /** Process id of the shell, once the answer has begun. */
  pid(): number | undefined
}

/** Reads the answer to the message of this nonce. What stands before its begin marker (a login banner, late output) is dropped. A host that sends it byte by byte, or ends what it never began, costs no more than another. */
export function createFrameReader(nonce: string, maxBytes: number): FrameReader {
  const begin = Buffer.from(`REEVE-BEGIN-${nonce} `)
  const end = Buffer.from(`\nREEVE-END-${nonce} `)
  const room = maxBytes + begin.length + maxPidLength + end.length + 8
  let bytes = Buffer.alloc(4096)
  let size = 0
  let endsAt = -1
  let verdict: Framed | undefined

  function push(chunk: Uint8Array): Framed {
    // Whatever comes after its end, an answer stays what it was, and what was none stays none.
    if (verdict !== undefined) return verdict
    const before = size
    size += chunk.length
    if (size > bytes.length) bytes = Buffer.concat([bytes.subarray(0, before)], Math.max(size, 2 * bytes.length))
    bytes.set(chunk, before)
    const all = bytes.subarray(0, size)
    if (endsAt === -1) endsAt = all.indexOf(end, Math.max(0, before - end.length))
    if (endsAt !== -1 && all.indexOf(10, endsAt + end.length) !== -1) verdict = cut(all, begin, end, maxBytes)
    return verdict ?? (size > room ? { status: 'tooLarge' } : { status: 'incomplete' })
  }
  function pid(): number | undefined {
    const all = bytes.subarray(0, size)
    const from = all.indexOf(begin)
    const digits =
      from === -1 ? undefined : /^(\d+)\n/.exec(all.toString('latin1', from + begin.length, from + begin.length + maxPidLength))
    return digits?.[1] === undefined ? undefined : Number(digits[1])
  }
  return { push, pid, seen: () => bytes.toString('utf8', 0, size) }
}

function cut(all: Buffer, begin: Buffer, end: Buffer, maxBytes: number): Framed {
  const to = all.indexOf(end)
  const from = all.indexOf(begin)
  const status = /^\d+/.exec(all.toString('latin1', to + end.length, to + end.length + 4))?.[0]
  const start = from === -1 ? -1 : all.indexOf(10, from + begin.length) + 1
  if (start <= 0 || start > to + 1 || status === undefined) return { status: 'garbled' }
  if (to - start > maxBytes) return { status: 'tooLarge' }
  return { status: 'complete', stdout: all.toString('utf8', start, Math.max(start, to)), exitCode: Number(status) }
}
