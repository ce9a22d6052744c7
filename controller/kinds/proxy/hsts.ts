import { parseSeconds } from '../../model/quantity.ts'
import type { Vhost } from './places.ts'

/** Value of Strict-Transport-Security (RFC 6797 6.1); undefined where it is not asked for. */
export function strictTransportValue(tls: Vhost['tls']): string | undefined {
  const seconds = parseSeconds(tls?.hsts?.maxAge ?? '')
  if (!tls?.hsts || !seconds.ok) return undefined
  const { includeSubDomains, preload } = tls.hsts
  return `max-age=${seconds.value}${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`
}
