import { randomBytes } from 'node:crypto'
import type { Host } from '../../controller/engine/host.ts'
import type { Script } from '../../controller/shell/sh.ts'
import type { SimulatedHost } from './host.ts'
import { type Process, signal } from './shell/process.ts'
import type { Stream } from './shell/streams.ts'

/** A controller's way to a host in the same process, without SSH: a shell that is kept open, and may be cut. */
export interface Way extends Host {
  /** As a dead connection: the shell is gone, and what it was doing is not known. */
  cut(): void
  /** What a commit probe says; undefined: all is well, and no new connection can be made to say so. */
  answer: boolean | undefined
}

interface Shell {
  readonly number: number
  say(text: string): void
  end(): void
  isOver: boolean
  heard: string
  wake: (() => void) | undefined
}

export function openWay(host: SimulatedHost): Way {
  let shell: Shell | undefined
  let count = 0

  function open(): Shell {
    if (shell?.isOver === false) return shell
    shell = openShell(host, ++count)
    return shell
  }

  async function exchange(message: Script, { deadlineMs }: { readonly deadlineMs: number }): Promise<string> {
    const own = open()
    const marker = randomBytes(12).toString('hex')
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      own.end()
    }, deadlineMs)
    own.heard = ''
    own.say(`{ ${message.text}\n} </dev/null\nprintf '\\n%s\\n' ${marker}\n`)
    try {
      while (!own.heard.includes(`\n${marker}\n`)) {
        if (own.isOver) throw Object.assign(new Error('the shell died'), { kind: isLate ? 'timeout' : 'closed' })
        await new Promise<void>((resolve) => (own.wake = resolve))
      }
      return Buffer.from(own.heard.slice(0, own.heard.indexOf(`\n${marker}\n`)), 'latin1').toString()
    } finally {
      clearTimeout(timer)
    }
  }

  const way: Way = {
    answer: true,
    exchange,
    tell: (message) => open().say(`{ ${message.text}\n} </dev/null >/dev/null 2>&1\n`),
    async freshExchange(message, options) {
      if (way.answer !== true) throw new Error('no new connection')
      const fresh = openWay(host)
      try {
        return await fresh.exchange(message, options)
      } finally {
        fresh.cut()
      }
    },
    ask: () => Promise.resolve({ ok: way.answer !== false, message: 'refused' }),
    sessionId: () => (shell?.isOver === false ? shell.number : 0),
    cut: () => shell?.end(),
  }
  return way
}

function openShell(host: SimulatedHost, number: number): Shell {
  const queue: string[] = []
  let process: Process | undefined
  let more: (() => void) | undefined
  const shell: Shell = {
    number,
    isOver: false,
    heard: '',
    wake: undefined,
    say(text) {
      queue.push(Buffer.from(text).toString('latin1'))
      more?.()
    },
    end() {
      shell.isOver = true
      if (process !== undefined) signal(process, 'KILL')
      more?.()
      shell.wake?.()
    },
  }
  const stdin: Stream = {
    refs: 1,
    async readMore() {
      while (queue.length === 0 && !shell.isOver) await new Promise<void>((resolve) => (more = resolve))
      return shell.isOver ? undefined : queue.splice(0).join('')
    },
    readAll: () => queue.splice(0).join(''),
    readLine: () => undefined,
  }
  const stdout: Stream = {
    refs: 1,
    write(text) {
      shell.heard += text
      shell.wake?.()
      return true
    },
  }
  const stderr: Stream = { refs: 1, write: () => true }
  void host.exec('sh', { stdin, stdout, stderr, started: (one) => (process = one) }).then(() => shell.end())
  return shell
}
