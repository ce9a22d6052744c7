import { type Script, sh } from '../shell/sh.ts'

/** Someone who was logged in on a host while something on it changed. */
export interface Witness {
  readonly user: string
  /** Address or console. */
  readonly from: string
  /** Seconds since the epoch; undefined where only the present is known. */
  readonly sinceSeconds: number | undefined
  /** Undefined while still logged in. */
  readonly untilSeconds: number | undefined
}

/**
 * Prints who was logged in since then: SSH sessions from the journal (sshd(8) logs each by its process), and who(1) for consoles.
 * Our own connection is told apart by the client's port in SSH_CONNECTION.
 */
export function witnessProbe(sinceSeconds: number): Script {
  return sh`printf 'self %s\n' "\${SSH_CONNECTION:-}"
LC_ALL=C journalctl -q --no-pager -o short-unix -t sshd --since ${`@${Math.floor(sinceSeconds) - 86_400}`} -g 'Accepted |session closed for user' 2>/dev/null | tail -n 200
printf -- '-- who\n'
LC_ALL=C who 2>/dev/null | head -n 50`
}

interface Session {
  readonly user: string
  readonly from: string
  readonly port: string
  readonly openedSeconds: number
  closedSeconds: number | undefined
}

/** Reads what witnessProbe printed: those whose session overlaps the time from `sinceSeconds` to now. Lines that it does not know are ignored. */
export function parseWitnesses(stdout: string, sinceSeconds: number): readonly Witness[] {
  const [journal = '', who = ''] = stdout.split('-- who\n')
  const self = /^self (\S+) (\d+) /m.exec(stdout)
  const sessions = readSessions(journal).filter((session) => !(session.from === self?.[1] && session.port === self?.[2]))
  const overlapping = sessions.filter((session) => session.closedSeconds === undefined || session.closedSeconds >= sinceSeconds)
  const remote = overlapping.map(({ user, from, openedSeconds, closedSeconds }) => ({
    user,
    from,
    sinceSeconds: openedSeconds,
    untilSeconds: closedSeconds,
  }))
  return [...remote, ...consoles(who)]
}

function readSessions(journal: string): readonly Session[] {
  const byProcess = new Map<string, Session>()
  const all: Session[] = []
  for (const line of journal.split('\n')) {
    const opened = /^(\d+)(?:\.\d+)? \S+ sshd\[(\d+)\]: Accepted \S+ for (\S{1,64}) from (\S{1,64}) port (\d+)/.exec(line)
    if (opened) {
      const session = {
        user: opened[3] ?? '',
        from: opened[4] ?? '',
        port: opened[5] ?? '',
        openedSeconds: Number(opened[1]),
        closedSeconds: undefined,
      }
      byProcess.set(opened[2] ?? '', session)
      all.push(session)
    }
    const closed = /^(\d+)(?:\.\d+)? \S+ sshd\[(\d+)\]: .*session closed for user/.exec(line)
    const session = closed ? byProcess.get(closed[2] ?? '') : undefined
    if (session) session.closedSeconds = Number(closed?.[1])
  }
  return all
}

/** who(1): `root tty1 2026-11-21 23:00`, with an address in brackets for remote ones, which the journal knows better. */
function consoles(who: string): readonly Witness[] {
  return who.split('\n').flatMap((line) => {
    const match = /^(\S{1,64})\s+(tty\S{0,16})\s/.exec(line)
    return match ? [{ user: match[1] ?? '', from: match[2] ?? '', sinceSeconds: undefined, untilSeconds: undefined }] : []
  })
}
