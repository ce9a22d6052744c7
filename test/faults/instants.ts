import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Machine } from '../lab/machine.ts'
import { sshArgs } from '../lab/ssh-client.ts'

/** How far applies on the host are, as one line: `done,awaiting,3,`. */
export type JournalState = string

// Every state that is written to the host's journals shows here within a tenth of a second.
const watcher = `last=-
while :; do
  now=
  for f in /var/lib/reeve/journal/*/state-* /var/lib/reeve/journal/*/before-*/step; do
    [ -s "$f" ] && read -r line <"$f" && now="$now$line,"
  done
  [ "$now" = "$last" ] || { printf '%s\\n' "=$now"; last=$now; }
  sleep 0.05
done`

/** Resolves with the first state of the journals that fits, or undefined when `end` resolves first. `nth` counts the changes that were seen, from 1. */
export async function atInstant(
  machine: Machine,
  fits: (state: JournalState, nth: number) => boolean,
  end: Promise<unknown>,
): Promise<JournalState | undefined> {
  const child = spawn('ssh', [...sshArgs(machine), '--', watcher], { stdio: ['ignore', 'pipe', 'ignore'] })
  const found = new Promise<JournalState>((resolve) => {
    let nth = 0
    createInterface({ input: child.stdout }).on('line', (line) => {
      const state = line.slice(1)
      if (state !== '') nth++
      if (state !== '' && fits(state, nth)) resolve(state)
    })
  })
  try {
    return await Promise.race([found, end.then(() => undefined)])
  } finally {
    child.kill('SIGKILL')
    // The shell there would watch for ever.
    void machine.exec("pkill -f 'reeve/journal/[*]/state-' || true").catch(() => {})
  }
}

export const isLong = process.env['REEVE_TEST_LONG'] === '1'
