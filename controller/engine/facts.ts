import type { Collector } from '../shell/frames.ts'
import { joinScripts, sh } from '../shell/sh.ts'
import { type Journal, journalProbe, parseJournals } from './apply/journal.ts'
import { fencePath } from './apply/paths.ts'
import { secondsIn } from './hostClock.ts'

/** What a host says of itself in each trip, before any manifest is looked at. */
export interface HostFacts {
  /** /etc/machine-id; empty where it could not be read. */
  readonly machineId: string
  readonly bootId: string
  /** The host's clock, seconds since the epoch. */
  readonly clockSeconds: number
  /** Since its boot, at the same instant; undefined where it does not say. */
  readonly uptimeSeconds: number | undefined
  /** Text of /etc/reeve/hold, where it exists. */
  readonly hold: string | undefined
  /** Epoch of the newest owner that looked at this host since its boot; 0 where none said. */
  readonly fence: number
  /** sha256 of the ledger file; empty where there is none. */
  readonly ledgerSum: string
  /** Its text, where the sum is not the one we knew. */
  readonly ledgerText: string | undefined
  readonly journals: readonly Journal[]
}

const ledgerMarker = '-- ledger --'

/**
 * Called with the boundary and the sum of the ledger that the controller remembers. Two processes when nothing changed: date(1) and sha256sum(1).
 * An apply may be writing the ledger meanwhile: what is shown is a copy, and the sum is the copy's.
 */
export const hostCollector: Collector = {
  name: 'host',
  script: joinScripts([
    sh`reeve_line=; [ ! -r /etc/machine-id ] || read -r reeve_line </etc/machine-id || :
printf 'machine %s\n' "$reeve_line"
read -r reeve_line </proc/sys/kernel/random/boot_id
printf 'boot %s\n' "$reeve_line"
printf 'clock '; date +%s.%N
read -r reeve_up reeve_line </proc/uptime || reeve_up=
printf 'uptime %s\n' "$reeve_up"
if [ -e /etc/reeve/hold ]; then
  printf 'hold\n'
  while read -r reeve_line || [ -n "$reeve_line" ]; do printf 'hold %s\n' "$reeve_line"; done </etc/reeve/hold
fi
if [ -e ${fencePath} ] && read -r reeve_line <${fencePath}; then printf 'fence %s\n' "$reeve_line"; fi
reeve_sum=
reeve_shown=/var/lib/reeve/ledger
if [ -s "$reeve_shown" ]; then
  reeve_sum=$(sha256sum <"$reeve_shown"); reeve_sum=\${reeve_sum%% *}
  if [ "$reeve_sum" != "$2" ] && cp "$reeve_shown" "$reeve_dir/ledger"; then
    reeve_shown=$reeve_dir/ledger
    reeve_sum=$(sha256sum <"$reeve_shown"); reeve_sum=\${reeve_sum%% *}
  fi
  printf 'ledger %s\n' "$reeve_sum"
fi`,
    journalProbe,
    sh`if [ -n "$reeve_sum" ] && [ "$reeve_sum" != "$2" ]; then printf '%s\n' ${ledgerMarker}; cat "$reeve_shown"; fi`,
  ]),
}

/** Reads the host's own frame. Without it nothing is known, and nothing may be planned: throws. */
export function parseHostFacts(stdout: string | undefined): HostFacts {
  if (stdout === undefined) throw new Error('the host did not say who it is: its reply was cut, or a disk of it hangs')
  const cut = stdout.indexOf(`\n${ledgerMarker}\n`)
  const head = cut === -1 ? stdout : stdout.slice(0, cut)
  const journalAt = head.search(/^journal /m)
  const lines = (journalAt === -1 ? head : head.slice(0, journalAt)).split('\n')
  const field = (name: string): string => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? ''
  const hold = lines.filter((line) => line === 'hold' || line.startsWith('hold '))
  if (!/^\d{1,12}(\.\d{1,9})?$/.test(field('clock')))
    throw new Error(`the host's clock says ${JSON.stringify(field('clock').slice(0, 40))}`)
  return {
    machineId: field('machine'),
    bootId: field('boot'),
    clockSeconds: Number(field('clock')),
    uptimeSeconds: secondsIn(field('uptime')),
    hold:
      hold.length === 0
        ? undefined
        : hold
            .slice(1)
            .map((line) => line.slice(5))
            .join('\n'),
    fence: /^\d{1,15}$/.test(field('fence')) ? Number(field('fence')) : 0,
    ledgerSum: field('ledger'),
    ledgerText: cut === -1 ? undefined : stdout.slice(cut + ledgerMarker.length + 2),
    journals: journalAt === -1 ? [] : parseJournals(head.slice(journalAt)),
  }
}

/** A date with its time and zone (RFC 3339): half a one, as an editor may leave it for a moment, is none, and neither is `202`, which Date.parse takes for a year. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/** A person's hold: in force, or expired. The file may say `until: 2026-01-31T06:00:00Z`, and what cannot be read as such ends nothing; everything else in it is the reason. */
export function readHold(text: string, nowSeconds: number): { readonly isInForce: boolean; readonly reason: string } {
  const until = /^until:\s*(\S+)\s*$/m.exec(text)?.[1]
  const reason = text
    .split('\n')
    .filter((line) => !line.startsWith('until:') && line.trim() !== '')
    .map((line) => line.replace(/^reason:\s*/, '').trim())
    .join(' ')
  const expiry = until !== undefined && instant.test(until) ? Date.parse(until) / 1000 : Number.NaN
  const isExpired = Number.isFinite(expiry) && expiry <= nowSeconds
  return { isInForce: !isExpired, reason: `${reason === '' ? 'no reason given' : reason}${untilWords(until, expiry)}` }
}

function untilWords(until: string | undefined, expiry: number): string {
  if (until === undefined) return ''
  return Number.isFinite(expiry) ? ` (until ${until})` : ` (until it is removed: "${until}" is not a time such as 2026-01-31T06:00:00Z)`
}
