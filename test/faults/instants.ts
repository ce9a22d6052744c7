import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Machine } from '../lab/machine.ts'
import { sshArgs } from '../lab/ssh-client.ts'
import { randomFrom } from '../random.ts'

/** How far the applies on a host are, as one line: journal by journal, ` | started 0=done 1=begun 1.step=2 armed`. */
export type Progress = string

// Built of what the shell itself can do, so that it is quick where every process costs: a state that lasts a tenth of a second is seen.
const watcher = `last=-
while :; do
  now=
  for j in /var/lib/reeve/journal/*/; do
    [ -d "$j" ] || continue
    now="$now |"
    for f in apply started armed confirmed undone; do [ -e "$j$f" ] && now="$now $f"; done
    for f in "$j"state-*; do [ -s "$f" ] && read -r line <"$f" && now="$now \${f##*-}=$line"; done
    for f in "$j"before-*/step; do [ -s "$f" ] && read -r line <"$f" && f=\${f%/step} && now="$now \${f##*-}.step=$line"; done
    [ -s "$j/state" ] && read -r line <"$j/state" && now="$now over=$line"
  done
  [ "$now" = "$last" ] || { printf '%s\\n' "=$now"; last=$now; }
  sleep 0.03
done`

/** Resolves with the first progress that fits, or undefined when `end` resolves first. `nth` counts the changes that were seen, from 1. */
export async function atInstant(
  machine: Machine,
  fits: (progress: Progress, nth: number) => boolean,
  end: Promise<unknown>,
): Promise<Progress | undefined> {
  const child = spawn('ssh', [...sshArgs(machine), '--', watcher], { stdio: ['ignore', 'pipe', 'ignore'] })
  const found = new Promise<Progress>((resolve) => {
    let nth = 0
    createInterface({ input: child.stdout }).on('line', (line) => {
      const progress = line.slice(1)
      if (progress !== '') nth++
      if (progress !== '' && fits(progress, nth)) resolve(progress)
    })
  })
  try {
    return await Promise.race([found, end.then(() => undefined)])
  } finally {
    child.kill('SIGKILL')
    // The shell there would watch for ever.
    void machine.exec("pkill -f 'reeve/journal/[*]/; do' || true").catch(() => {})
  }
}

/** A moment in the apply of `changeOf`, in their order there. */
export interface Instant {
  readonly name: string
  /** `nth` as atInstant counts. */
  readonly isSeen: (progress: Progress, nth: number) => boolean
}

/** The journals that are still open while another is closed; and how many are closed. Their order says nothing: they are named by hashes. */
function journals(progress: Progress): { readonly second: string; readonly closed: number } {
  const all = progress.split(' |').slice(1)
  const closed = all.filter((journal) => journal.includes(' over=')).length
  return { second: closed === 0 ? '' : all.filter((journal) => !journal.includes(' over=')).join(), closed }
}

/** Between any two steps: a volume is made, formatted and mounted, a file written, the firewall changed; in a second pass, nginx. */
const instants: readonly Instant[] = [
  { name: 'the plan is being delivered', isSeen: (progress) => progress !== '' },
  { name: 'the plan is started', isSeen: (progress) => progress.includes('started') },
  { name: 'the first transaction is begun', isSeen: (progress) => progress.includes(' 0=begun') },
  { name: 'the first transaction is done', isSeen: (progress) => progress.includes(' 0=done') },
  { name: 'the second transaction is begun', isSeen: (progress) => progress.includes(' 1=begun') },
  { name: 'the second transaction is done', isSeen: (progress) => progress.includes(' 1=done') },
  { name: 'the third transaction is begun', isSeen: (progress) => progress.includes(' 2=begun') },
  { name: 'the third transaction is done', isSeen: (progress) => progress.includes(' 2=done') },
  { name: 'the fourth transaction is done', isSeen: (progress) => progress.includes(' 3=done') },
  { name: 'the firewall is armed', isSeen: (progress) => progress.includes(' armed') },
  { name: 'the firewall awaits its verdict', isSeen: (progress) => progress.includes('=awaiting') },
  { name: 'the firewall is confirmed', isSeen: (progress) => progress.includes(' confirmed') },
  { name: 'the journal is closed and not yet collected', isSeen: (progress) => progress.includes(' over=') },
  { name: 'the second plan is begun', isSeen: (progress) => journals(progress).second.includes('=begun') },
  { name: 'the second plan awaits its verdict', isSeen: (progress) => journals(progress).second.includes('=awaiting') },
  { name: 'the second plan is closed', isSeen: (progress) => journals(progress).closed > 1 },
]

/** A change of the journal by its number, whatever it is. */
function change(wanted: number): Instant {
  return { name: `change ${wanted} of the journal`, isSeen: (_, nth) => nth >= wanted }
}

/** This instant, or the first after it: what was too short to be seen must not go by without its fault. */
export function fromInstant(instant: Instant): Instant['isSeen'] {
  const at = instants.indexOf(instant)
  const later = at === -1 ? [instant] : instants.slice(at)
  return (progress, nth) => later.some((one) => one.isSeen(progress, nth))
}

export const isLong = process.env['REEVE_TEST_LONG'] === '1'
const given = process.env['REEVE_TEST_SEED']
export const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
export const random = randomFrom(seed)

const sorts = ['kill', 'power', 'line'] as const
/** The sort of fault that strikes in the usual run. */
const struck = sorts[Math.floor(random() * sorts.length)]

/** Where the faults of one sort strike: in the usual run those of one sort, at one of the named instants, both by the seed; in the long run all sorts, at all of them, and `more` at random. */
export function strikes(sort: (typeof sorts)[number], more: number): readonly Instant[] {
  if (isLong) return [...instants, ...Array.from({ length: more }, () => change(1 + Math.floor(random() * 18)))]
  const instant = instants[Math.floor(random() * instants.length)]
  return sort === struck && instant !== undefined ? [instant] : []
}
