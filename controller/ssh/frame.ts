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

/** Reads the answer to the message of this nonce. What stands before its begin marker (a login banner, late output) is dropped. */
export function createFrameReader(nonce: string, maxBytes: number): FrameReader {
  const begin = Buffer.from(`REEVE-BEGIN-${nonce} `)
  const end = Buffer.from(`\nREEVE-END-${nonce} `)
  const overlap = end.length + 8
  const chunks: Buffer[] = []
  let size = 0
  let tail: Buffer = Buffer.alloc(0)

  function push(chunk: Uint8Array): Framed {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    size += bytes.length
    const window = Buffer.concat([tail, bytes])
    tail = window.subarray(Math.max(0, window.length - overlap))
    const at = window.indexOf(end)
    if (at !== -1 && window.indexOf(10, at + end.length) !== -1) return cut(Buffer.concat(chunks), begin, end, maxBytes)
    return size > maxBytes + begin.length + maxPidLength + overlap ? { status: 'tooLarge' } : { status: 'incomplete' }
  }
  function pid(): number | undefined {
    const all = Buffer.concat(chunks)
    const from = all.indexOf(begin)
    const digits =
      from === -1 ? undefined : /^(\d+)\n/.exec(all.toString('latin1', from + begin.length, from + begin.length + maxPidLength))
    return digits?.[1] === undefined ? undefined : Number(digits[1])
  }
  return { push, pid, seen: () => Buffer.concat(chunks).toString() }
}

function cut(all: Buffer, begin: Buffer, end: Buffer, maxBytes: number): Framed {
  const to = all.indexOf(end)
  const from = all.indexOf(begin)
  const status = /^\d+/.exec(all.toString('latin1', to + end.length, to + end.length + 4))?.[0]
  const start = from === -1 ? -1 : all.indexOf(10, from + begin.length) + 1
  if (start <= 0 || start > to + 1 || status === undefined) return { status: 'incomplete' }
  if (to - start > maxBytes) return { status: 'tooLarge' }
  return { status: 'complete', stdout: all.toString('utf8', start, Math.max(start, to)), exitCode: Number(status) }
}
