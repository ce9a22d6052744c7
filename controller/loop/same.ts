import { Secret } from '../shell/secret.ts'

/**
 * Whether two values say the same: plain data, bytes and secrets. Of two commits most is the very same text, so that this costs no copy and
 * hardly any comparing. Fields that are undefined are none; functions say nothing. A secret is the same as any other unless `haveSecretsMoved`.
 */
export function isSame(one: unknown, other: unknown, haveSecretsMoved: boolean): boolean {
  if (one instanceof Secret || other instanceof Secret) return one instanceof Secret && other instanceof Secret && !haveSecretsMoved
  if (one === other || (typeof one === 'function' && typeof other === 'function')) return true
  if (one instanceof Uint8Array || other instanceof Uint8Array) return areBytesSame(one, other)
  if (Array.isArray(one) || Array.isArray(other)) return areListsSame(one, other, haveSecretsMoved)
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return Object.is(one, other)
  return areFieldsSame(one as Fields, other as Fields, haveSecretsMoved)
}

type Fields = Readonly<Record<string, unknown>>

function areBytesSame(one: unknown, other: unknown): boolean {
  return one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0
}

function areListsSame(one: unknown, other: unknown, haveSecretsMoved: boolean): boolean {
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
  return one.every((each, index) => isSame(each, other[index], haveSecretsMoved))
}

function areFieldsSame(one: Fields, other: Fields, haveSecretsMoved: boolean): boolean {
  for (const name in one) if (!isSame(one[name], other[name], haveSecretsMoved)) return false
  for (const name in other) if (other[name] !== undefined && one[name] === undefined) return false
  return true
}
