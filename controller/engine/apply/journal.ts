import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { removeInside } from './inside.ts'
import { journalPath, outcomeLockOf, runtimePath } from './paths.ts'

/** What became of a transaction, as its journal says. */
export interface TransactionState {
  readonly position: number
  /** open, begun, awaiting, confirmed, done, started, skipped, refused, failed, undone, stuck. */
  readonly state: string
  readonly detail: string
  /** Lines `step INDEX STATUS EXIT`. */
  readonly steps: readonly { readonly index: number; readonly status: string; readonly exitCode: number }[]
  readonly stderr: string
}

/** What a running apply says of itself. */
export interface Running {
  /** Seconds since it took its lock, on the host's own uptime. */
  readonly forSeconds: number
  /** When that was, seconds since the epoch on the host's clock. */
  readonly sinceSeconds: number
  /** After so many seconds whoever waits for it tells a person. */
  readonly withinSeconds: number
  /** Who applies, in words. */
  readonly by: string
}

/** One journal found on a host. */
export interface Journal {
  /** Plan id, or plan id and position for a job. */
  readonly name: string
  /** `running`: its script holds its lock, awaits a verdict, or is about to be started · `closed` / `recovered` / `refused …`: over · `open`: it was interrupted. */
  readonly state: string
  readonly isJob: boolean
  /** Keys of the items that a job makes. */
  readonly items: readonly string[]
  readonly transactions: readonly TransactionState[]
  /** What the apply itself complained of, beside its transactions. */
  readonly stderr: string
  /** Of a plan that is running. */
  readonly running?: Running
}

/** Prints every journal of the host; without one it starts no process. For parseJournals. */
export const journalProbe: Script = sh`for reeve_j in ${{ text: journalPath }}/*/; do
  [ -e "$reeve_j/apply" ] || continue
  reeve_is=open
  if [ -s "$reeve_j/state" ]; then read -r reeve_is <"$reeve_j/state" || reeve_is=open
  elif ! flock -n "$reeve_j/lock" true; then reeve_is=running
  elif [ -e "$reeve_j/lock-run" ] && ! flock -n "$reeve_j/lock-run" true; then reeve_is=running
  elif [ -s "$reeve_j/state" ]; then read -r reeve_is <"$reeve_j/state" || reeve_is=open; fi
  reeve_j=\${reeve_j%/}
  reeve_n=\${reeve_j##*/}
  if [ "$reeve_is" = open ] && [ "\${reeve_reads:-}" != "$reeve_n" ] && [ -e ${{ text: runtimePath }}/outcome."$reeve_n" ]; then
    flock -n ${{ text: runtimePath }}/outcome."$reeve_n" true || reeve_is=running
  fi
  printf 'journal %s %s\n' "$reeve_n" "$reeve_is"
  if [ "$reeve_is" = running ] && [ -s "$reeve_j/started" ] && read -r reeve_since reeve_s <"$reeve_j/started"; then
    read -r reeve_up reeve_n </proc/uptime
    case "$reeve_since" in ''|*[!0-9]*) : ;; *) printf 'running %s %s\n' "$((\${reeve_up%%.*} - reeve_since))" "$reeve_s" ;; esac
  fi
  [ ! -e "$reeve_j/items" ] || sed 's/^/item /' "$reeve_j/items"
  for reeve_s in "$reeve_j"/state-*; do
    [ -s "$reeve_s" ] || continue
    reeve_n=\${reeve_s##*-}
    read -r reeve_is <"$reeve_s" || reeve_is=open
    printf 'transaction %s %s\n' "$reeve_n" "$reeve_is"
    [ ! -s "$reeve_j/out-$reeve_n" ] || grep '^step ' "$reeve_j/out-$reeve_n" || :
    case "$reeve_is" in
      done|started|skipped*) : ;;
      *) if [ -s "$reeve_j/err-$reeve_n" ]; then tail -c 4000 "$reeve_j/err-$reeve_n" | sed 's/^/err /'; echo; fi ;;
    esac
  done
  if [ -s "$reeve_j/err" ]; then tail -c 2000 "$reeve_j/err" | sed 's/^/main /'; echo; fi
done
:`

/** Reads what journalProbe printed; lines that it does not know are ignored. */
export function parseJournals(stdout: string): readonly Journal[] {
  return stdout
    .split(/^journal /m)
    .slice(1)
    .map(parseJournal)
    .filter(({ name }) => isJournalName(name))
}

/** As a plan is named, with the position of a job. Anything else in that folder is not ours to recover or remove. */
function isJournalName(name: string): boolean {
  return /^[A-Za-z0-9]{1,64}(-\d{1,4})?$/.test(name)
}

function parseJournal(text: string): Journal {
  const [head = '', ...lines] = text.split('\n')
  const name = head.split(' ')[0] ?? ''
  return {
    name,
    state: head.slice(name.length + 1),
    isJob: name.includes('-'),
    items: lines.filter((line) => line.startsWith('item ')).map((line) => line.slice(5)),
    stderr: linesOf('main ', lines),
    ...parseRunning(lines),
    transactions: lines
      .join('\n')
      .split(/^transaction /m)
      .slice(1)
      .map(parseTransaction),
  }
}

function parseRunning(lines: readonly string[]): Pick<Journal, 'running'> {
  const match = lines.map((line) => /^running (\d{1,10}) (\d{1,12}) (\d{1,10}) ?(.{0,400})/.exec(line)).find((one) => one !== null)
  return match
    ? { running: { forSeconds: Number(match[1]), sinceSeconds: Number(match[2]), withinSeconds: Number(match[3]), by: match[4] ?? '' } }
    : {}
}

function parseTransaction(text: string): TransactionState {
  const [head = '', ...lines] = text.split('\n')
  const [position = '', state = 'open', ...detail] = head.split(' ')
  return {
    position: Number(position),
    state,
    detail: detail.join(' '),
    steps: lines.flatMap((line) => parseStep(line)),
    stderr: linesOf('err ', lines),
  }
}

function linesOf(mark: string, lines: readonly string[]): string {
  return lines
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(mark.length))
    .join('\n')
}

function parseStep(line: string): TransactionState['steps'] {
  const match = /^step (\d+) ([a-z-]+) (\d+)$/.exec(line)
  return match ? [{ index: Number(match[1]), status: match[2] ?? '', exitCode: Number(match[3]) }] : []
}

/** Removes journals whose outcome was collected: scripts and before-images, on the hypervisor and in the containers that a plan entered. One that another controller is about to read stays. `apply` goes first: with it, and without its states, what a power cut left would be taken for an apply that was interrupted. */
export function discardJournals(names: readonly string[]): Script {
  return joinScripts(
    names.map((name) => {
      const journal = `${journalPath}/${name}`
      const lock = outcomeLockOf(name)
      return sh`if flock -n ${lock} true; then
rm -f ${lock}
if [ -s ${`${journal}/inside`} ]; then
  ${removeInside(`${journal}/inside`, journal)}
fi
rm -f ${`${journal}/apply`}
rm -rf ${journal}
fi`
    }),
  )
}
