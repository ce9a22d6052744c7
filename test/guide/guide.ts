import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Pages whose blocks are typed as they stand, in this order, on machines that the pages before have left. */
export const typedPages: readonly string[] = [
  'docs/guide.md',
  'docs/troubleshooting.md',
  'docs/api.md',
  'docs/secrets.md',
  'docs/webhooks.md',
  'docs/mail.md',
  'docs/upgrade.md',
]

/** A fenced block of a page that a reader types. Behind the `sh` of its fence, where no reader sees it, stand the machine and the exit status: ```sh he1, ```sh exits-1. */
export interface Commands {
  readonly heading: string
  readonly on: 'controller' | 'he1'
  readonly exitStatus: number
  readonly text: string
}

/** Every block of shell commands of a page, in its order. */
export function commandsOf(page: string): readonly Commands[] {
  const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8')
  return text.split(/^## /m).flatMap((section) => {
    const heading = section.slice(0, section.indexOf('\n'))
    return [...section.matchAll(/^```sh(.*?)\n(.*?)^```$/gms)].map(([, words = '', commands = '']) => ({
      heading,
      on: words.includes(' he1') ? ('he1' as const) : ('controller' as const),
      exitStatus: Number(/exits-(\d+)/.exec(words)?.[1] ?? 0),
      text: commands,
    }))
  })
}
