import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { parseBytes, parseSeconds } from '../../model/quantity.ts'
import type { ProxyManifest, Vhost } from './places.ts'

/** Sizes and times that nginx takes. */
export function checkLimits(proxy: ProxyManifest, { limits = {} }: Vhost, at: string): readonly Diagnostic[] {
  const { bodySize, connect, read, send, client } = limits
  const body = bodySize === undefined ? undefined : parseBytes(bodySize)
  const found: Diagnostic[] = body && !body.ok ? [complain(proxy, `${at}.limits.bodySize`, body.reason)] : []
  for (const [field, text] of Object.entries({ connect, read, send, client })) {
    if (text === undefined) continue
    const most = field === 'connect' ? 75 : 86_400
    const seconds = parseSeconds(text)
    if (!seconds.ok) found.push(complain(proxy, `${at}.limits.${field}`, seconds.reason))
    else if (seconds.value < 1 || seconds.value > most)
      found.push(complain(proxy, `${at}.limits.${field}`, `${text} is not between 1s and ${most}s`))
  }
  return found
}
