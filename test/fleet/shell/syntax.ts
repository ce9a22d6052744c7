/** POSIX shell text as a tree (XCU 2). Only what the controller's scripts use: no aliases, no job control. */

export type Part =
  | { readonly type: 'text'; readonly text: string; readonly isQuoted: boolean }
  | { readonly type: 'parameter'; readonly name: string; readonly operator: string; readonly word: Word; readonly isQuoted: boolean }
  | { readonly type: 'length'; readonly name: string; readonly isQuoted: boolean }
  | { readonly type: 'command'; readonly body: Command; readonly isQuoted: boolean }
  | { readonly type: 'arithmetic'; readonly word: Word; readonly isQuoted: boolean }

export type Word = readonly Part[]

export interface Redirect {
  readonly fd: number
  readonly operator: '<' | '>' | '>>' | '<>' | '>&' | '<&' | '<<' | '>|'
  readonly word: Word
}

export type Command =
  | {
      readonly type: 'simple'
      readonly assigns: readonly { readonly name: string; readonly word: Word }[]
      readonly words: readonly Word[]
      readonly redirects: readonly Redirect[]
    }
  | { readonly type: 'pipeline'; readonly commands: readonly Command[]; readonly isNegated: boolean }
  | {
      readonly type: 'andOr'
      readonly first: Command
      readonly rest: readonly { readonly operator: '&&' | '||'; readonly command: Command }[]
    }
  | { readonly type: 'list'; readonly items: readonly { readonly command: Command; readonly isBackground: boolean }[] }
  | {
      readonly type: 'if'
      readonly clauses: readonly { readonly condition: Command; readonly body: Command }[]
      readonly otherwise: Command | undefined
    }
  | { readonly type: 'while'; readonly isUntil: boolean; readonly condition: Command; readonly body: Command }
  | { readonly type: 'for'; readonly name: string; readonly words: readonly Word[] | undefined; readonly body: Command }
  | {
      readonly type: 'case'
      readonly word: Word
      readonly items: readonly { readonly patterns: readonly Word[]; readonly body: Command }[]
    }
  | { readonly type: 'subshell' | 'group'; readonly body: Command }
  | { readonly type: 'function'; readonly name: string; readonly body: Command }
  | { readonly type: 'redirected'; readonly command: Command; readonly redirects: readonly Redirect[] }
