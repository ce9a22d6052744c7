import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A kernel setting, live and at the next boot. */
export interface SysctlSpec extends Spec<'sysctl'> {
  /** As sysctl(8) writes it: `net.ipv4.ip_forward`; a dot inside a name is written as a slash. */
  readonly key: string
  readonly value: string
}

/** A setting as it was read. */
export interface SysctlState {
  /** What the kernel says, blanks made one space. */
  readonly live: string
  /** What our file says for the next boot, where it is there. */
  readonly persisted: string | undefined
}

export function isSysctlKey(text: string): boolean {
  return text.length <= 200 && /^[a-z0-9_-]+(\.[a-z0-9_/-]+)+$/.test(text) && !/(^|[./])\/|\/$/.test(text)
}

export function isSysctlValue(text: string): boolean {
  return /^[A-Za-z0-9_.:,/|%@+-]+( [A-Za-z0-9_.:,/|%@+-]+){0,30}$/.test(text) && text.length <= 500
}

/** A kernel setting as it shall be. */
export function sysctl(key: string, value: string): SysctlSpec {
  if (!isSysctlKey(key)) throw new Error(`not a kernel setting: ${JSON.stringify(key)}`)
  if (!isSysctlValue(value)) throw new Error(`not a value of a kernel setting: ${JSON.stringify(value)}`)
  return { type: 'sysctl', id: primitiveId('sysctl', key), key, value }
}

export interface SysctlState {
  /** What the kernel says, blanks made one space. */
  readonly live: string
  /** What our file says for the next boot, where it is there. */
  readonly persisted: string | undefined
}
