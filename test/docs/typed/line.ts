/** A command that stands in a sentence of a page, typed by test/guide/guide.lab.test.ts on a booted machine in the state that the page speaks of. */
export interface Line {
  /** As pages have it. */
  readonly text: string
  /** What stands in for its words in capitals and its addresses. */
  readonly as?: Readonly<Record<string, string>>
  /** Shell before it, in its own process: a pipe into it, a limit of time for what goes on for ever. */
  readonly prefix?: string
  /** Exit statuses that are right. Default 0. */
  readonly ends?: readonly number[]
  readonly says?: RegExp
}

/** Lines that need one state, on one machine. Root types them. */
export interface Scene {
  readonly name: string
  readonly on: 'controller' | 'he1'
  /** Shell that makes the state; not text of any page. */
  readonly before?: string
  readonly lines: readonly Line[]
  readonly after?: string
}

/** The line as it is typed. */
export function typedText({ text, as = {}, prefix = '' }: Line): string {
  return `${prefix}${Object.entries(as).reduce((line, [word, value]) => line.replaceAll(word, value), text)}`
}
