import { createHmac } from 'node:crypto'

/** How a secret prints. */
export const mask = '«secret»'
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

const closed = new WeakSet<Secret>()

/** Stands for a secret that nobody decrypted, for what looks at manifests and writes nothing of theirs. */
export function closedSecret(words: string): Secret {
  const secret = new Secret(words)
  closed.add(secret)
  return secret
}

/** Whether two are the same value; what was not decrypted is the same as nothing that was. */
export function isSameSecret(one: Secret | undefined, other: Secret | undefined): boolean {
  if (one === other || one === undefined || other === undefined) return one === other
  return inner.get(one) === inner.get(other) && closed.has(one) === closed.has(other)
}

/** Whether something of a kind stands in a secret: for a format that could not hold it. Of one that was not decrypted nobody can say so. */
export function contains(secret: Secret, what: RegExp): boolean {
  return !closed.has(secret) && what.test(reveal(secret))
}

/** Whether a secret is of this grammar, for a format that could not hold another. Of one that was not decrypted nobody can say that it is not. */
export function isOfGrammar(secret: Secret, grammar: RegExp): boolean {
  return closed.has(secret) || grammar.test(reveal(secret))
}

/** A TSIG key as tsig-keygen(8) writes it: base64 of 12 octets or more. A quote in it would end its string in named.conf. */
export const tsigKey = /^([A-Za-z0-9+/]{4}){4,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** A text with secrets in it: a secret as a whole. */
export function sealed(texts: TemplateStringsArray, ...values: readonly (string | Secret)[]): Secret {
  const parts = values.map((value) => (value instanceof Secret ? reveal(value) : value))
  return new Secret(texts.map((text, index) => text + (parts[index] ?? '')).join(''))
}
