import type { Client, ClientChannel } from 'ssh2'
import type { Stream, StreamListener } from '../engine/host.ts'
import { type Script, sh } from '../shell/sh.ts'

const longestComplaint = 1000

/** The command line for a shell text, as root. */
export function commandLine(become: 'none' | 'sudo', script: Script): string {
  return (become === 'sudo' ? sh`exec sudo -n -- sh -c ${script.text}` : sh`exec sh -c ${script.text}`).text
}

/** A channel whose output is told as it comes. */
export function streamOf(channel: ClientChannel, listener: StreamListener): Stream {
  let complaint = ''
  let isOpen = true
  // Windows are given back as we read: whoever prints without end is held up by us alone.
  channel.on('data', (chunk: Buffer) => isOpen && listener.onText(chunk.toString('latin1')))
  channel.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('latin1')).slice(0, longestComplaint)
  })
  channel.on('error', () => {})
  channel.on('close', () => {
    isOpen = false
    listener.onEnd(complaint.trim())
  })
  return {
    write: (text) => void (isOpen && channel.writable && channel.write(text)),
    close() {
      if (!isOpen) return
      isOpen = false
      quietly(() => channel.close())
    },
  }
}

/** Runs a command whose end and output nobody waits for. */
export function runAside(client: Client, line: string): void {
  quietly(() => client.exec(line, (_error, channel) => channel?.resume()))
}

/** For clean-up on what may already be gone. */
export function quietly(action: () => unknown): void {
  try {
    action()
  } catch {
    // Gone is what was wanted.
  }
}
