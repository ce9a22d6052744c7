import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import type { ProxyManifest } from './places.ts'

const controlNames: Readonly<Record<string, string>> = {
  '\n': 'line feed',
  '\r': 'carriage return',
  '\t': 'tab',
  '\0': 'NUL',
  '\x7f': 'DEL',
}

/** Quoting stops a brace or a semicolon, but a raw line feed would become one of the answer's. */
export function plain(proxy: ProxyManifest, path: string, text: string | undefined): Diagnostic[] {
  const found = /[\0-\x1f\x7f]/.exec(text ?? '')?.[0]
  if (found === undefined) return []
  const name = controlNames[found] ?? `0x${found.charCodeAt(0).toString(16).padStart(2, '0')}`
  return [complain(proxy, path, `control character (${name}) not allowed`)]
}
