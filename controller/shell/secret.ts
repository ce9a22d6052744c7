import { createHmac } from 'node:crypto'

const mask = '«secret»'
const inner = new WeakMap<Secret, string>()

/** A value that must not be seen: prints as `«secret»` wherever it is logged, joined or serialised. Opened only in shell/. */
export class Secret {
  constructor(value: string) {
    inner.set(this, value)
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return mask
  }
}

/** The plain text of a secret. For shell text and payloads only; never for a message, a log, a diff or a metric. */
export function reveal(secret: Secret): string {
  const value = inner.get(secret)
  if (value === undefined) throw new Error('a Secret lost its value: it was not made by its constructor')
  return value
}

/** Keyed hash of a secret: comparable across applies, useless without the key. Hex, 64 characters. */
export function keyedHash(secret: Secret, key: string): string {
  return createHmac('sha256', key).update(reveal(secret)).digest('hex')
}

/** Text with secrets in it, which is then one itself: a line of a configuration file. */
export function secretText(parts: readonly (string | Secret)[]): Secret {
  return new Secret(parts.map((part) => (part instanceof Secret ? reveal(part) : part)).join(''))
}
