import { reveal, Secret } from './secret.ts'
import type { Script } from './sh.ts'

const lineLength = 76

/**
 * Shell text that prints exactly these bytes to stdout (base64(1) of coreutils decodes them): for file contents, binary or hostile alike.
 * Costs one process on the host.
 */
export function printPayload(content: string | Uint8Array | Secret): Script {
  const bytes =
    content instanceof Secret ? Buffer.from(reveal(content)) : typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)
  if (bytes.length === 0) return { text: ':' }
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? []
  // base64(1) says `write error` and not why.
  const failure = "{ echo 'not all of it could be written: is the disk full?' >&2; false; }"
  return { text: `base64 -d <<'REEVE_PAYLOAD' || ${failure}\n${lines.join('\n')}\nREEVE_PAYLOAD` }
}
