import { Secret } from '../shell/secret.ts'
import { CommandEnd } from './exit.ts'

/** Asks for a password on the terminal, without showing it. */
export async function askPassword(question: string): Promise<Secret> {
  const { stdin, stderr } = process
  if (stdin.isTTY !== true) throw new CommandEnd(`${question}: there is no terminal to ask on; give it on stdin with --password-stdin`)
  stderr.write(`${question}: `)
  stdin.setRawMode(true)
  try {
    return new Secret(await typedLine(stdin))
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

function typedLine(stdin: NodeJS.ReadStream): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let typed = ''
  const take = (chunk: Buffer | string): void => {
    for (const character of String(chunk)) {
      if ('\r\n\u0004'.includes(character)) resolve(typed)
      if (character === '\u0003') reject(new CommandEnd('given up'))
      typed = character === '\u007f' || character === '\b' ? typed.slice(0, -1) : typed + character
    }
  }
  const ended = (): void => resolve(typed)
  stdin.on('data', take).once('end', ended)
  stdin.resume()
  return promise.finally(() => stdin.off('data', take).off('end', ended))
}

/** The first line of stdin. */
export async function passwordFromStdin(): Promise<Secret> {
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.includes('\n') || text.length > 4096) break
  }
  const [line = ''] = text.split('\n')
  if (line === '' || line.length > 1024) throw new CommandEnd('--password-stdin: the first line of stdin is no password')
  return new Secret(line.replace(/\r$/, ''))
}
