import type { PrimitiveId } from '../../model/ids.ts'
import type { Mark, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, nothing, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { currentPath, currentText, hideFilled, listTable, printScratch, sha256, unitPath, unitText, wantsPaths } from './boot.ts'
import { parseListing } from './listing.ts'
import { renderTable } from './render.ts'
import { type NftTableSpec, nftTableId } from './spec.ts'

/** What stands on the host. */
export interface NftState {
  /** sha256 of the live listing. */
  readonly listing: string
  /** Absent where hashes already said that the live table is the wanted one. */
  readonly compared?: { readonly live: string; readonly wanted: Wanted }
  /** Confirmed text on disk. */
  readonly current: Persisted
  /** The boot unit; `none` where the target has no systemd. */
  readonly unit: Persisted | 'none'
}

export type Persisted = 'same' | 'differs' | 'missing'

/** The wanted table in canonical form, or why there is none: nft refuses the text, or the target refuses a network namespace. */
export type Wanted =
  | { readonly status: 'listed'; readonly listing: string }
  | { readonly status: 'refused'; readonly reason: string }
  | { readonly status: 'noNamespace'; readonly reason: string; readonly source: string }

/**
 * Two processes where nothing has changed: nft and sha256sum (a third where the listing is longer than a pipe holds). Otherwise both listings, the wanted one from a scratch
 * network namespace, in the same answer.
 */
export function probeTable(subjects: readonly Subject<NftTableSpec>[], fleet: string): Script {
  const spec = subjects[0]?.spec
  const table = spec === undefined ? '' : renderTable(spec, fleet)
  return joinScripts([
    shellFunction('nft_scratch', spec === undefined ? nothing : printPayload(table)),
    shellFunction('nft_table', probeBody(table === '' ? '-' : sha256(table), fleet)),
    sh`nft_table
    echo end`,
  ])
}

function probeBody(source: string, fleet: string): Script {
  return sh`
    command -v nft >/dev/null 2>&1 || { echo 'unknown nft is not installed; add nftables to system.packages'; return 0; }
    nft_live=$(${listTable} 2>/dev/null) || {
      nft_why=$(${listTable} 2>&1 >/dev/null) || :
      case $nft_why in
        *'No such file or directory'*) echo absent; return 0 ;;
        *) printf 'unknown %s\n' "$nft_why" | head -n 1; return 0 ;;
      esac
    }
    ${hideFilled} || { echo 'unknown awk cannot read the listing of nft'; return 0; }
    echo present
    printf 'fleet %s\n' ${fleet}
    nft_sums=$(sha256sum - ${currentPath} ${unitPath} 2>/dev/null <<REEVE_LIVE
$nft_live
REEVE_LIVE
) || :
    printf '%s\n' "$nft_sums"
    if [ -d /run/systemd/system ]; then echo systemd; fi
    for nft_link in ${[...wantsPaths]}; do
      if [ -L "$nft_link" ]; then printf 'link %s\n' "$nft_link"; fi
    done
    nft_head=
    { IFS= read -r nft_head <${currentPath}; } 2>/dev/null || :
    printf 'head %s\n' "$nft_head"
    nft_source=${source}
    if [ "$nft_head" = "# reeve source $nft_source listing \${nft_sums%% *}" ]; then echo equal; return 0; fi
    printf '%s\n' "$nft_live" | sed 's/^/live /'
    if [ "$nft_source" = - ]; then return 0; fi
    nft_wanted=$(nft_scratch | ${printScratch} 2>&1) || echo failed
    printf '%s\n' "$nft_wanted" | sed 's/^/wanted /'
  `
}

/** The observed table, its mark, and what is persisted. */
export function parseTable(stdout: string, subjects: readonly Subject<NftTableSpec>[]): Parsed<NftState> {
  const lines = stdout.split('\n')
  if (lines.at(-2) !== 'end') throw new Error('the answer of the nftTable probe was cut')
  const subject = subjects[0]
  const [first = ''] = lines
  if (first.startsWith('unknown ')) return only({ status: 'unknown', reason: first.slice(8) })
  if (first === 'absent') return only({ status: 'absent' })
  if (first !== 'present') throw new Error(`not the answer of the nftTable probe: ${JSON.stringify(first.slice(0, 80))}`)
  const spec = subject?.spec
  const state = readState(lines, spec)
  const mark = state.compared === undefined ? ownMark(lines, spec) : markOf(state.compared.live)
  const item: Observed<NftState> = { status: 'present', state, ...(mark === undefined ? {} : { mark }) }
  return { ...only(item), ...(mark === undefined || subject !== undefined ? {} : { marked: [{ id: nftTableId, mark }] }) }
}

function only(item: Observed<NftState>): Parsed<NftState> {
  return { items: new Map<PrimitiveId, Observed<NftState>>([[nftTableId, item]]) }
}

function readState(lines: readonly string[], spec: NftTableSpec | undefined): NftState {
  const sums = readSums(lines)
  const listing = sums.get('-')
  if (listing === undefined) throw new Error('the answer of the nftTable probe has no hash of the live table')
  return {
    listing,
    ...(lines.includes('equal') ? {} : { compared: { live: section(lines, 'live '), wanted: readWanted(lines, spec) } }),
    current: persisted(sums.get(currentPath), spec === undefined ? undefined : wantedCurrent(lines, spec)),
    unit: lines.includes('systemd') ? readUnit(lines, sums.get(unitPath)) : 'none',
  }
}

/** Path (`-` is the live listing) to hash, as sha256sum(1) prints them. */
function readSums(lines: readonly string[]): ReadonlyMap<string, string> {
  const found = lines.map((line) => /^([0-9a-f]{64}) {2}(-|\/\S+)$/.exec(line)).filter((match) => match !== null)
  return new Map(found.map((match) => [match[2] ?? '', match[1] ?? '']))
}

/** The lines behind a prefix, as the text that they were. */
function section(lines: readonly string[], prefix: string): string {
  const text = lines.filter((line) => line.startsWith(prefix) || line === prefix.trimEnd()).map((line) => line.slice(prefix.length))
  return `${text.join('\n')}\n`
}

function readWanted(lines: readonly string[], spec: NftTableSpec | undefined): Wanted {
  const text = section(lines, 'wanted ')
  const inScratch = text.startsWith('scratch\n')
  const answer = inScratch ? text.slice('scratch\n'.length) : text
  if (!inScratch)
    return { status: 'noNamespace', reason: answer.trim(), source: spec === undefined ? '' : renderTable(spec, fleetOf(lines)) }
  return lines.includes('failed') ? { status: 'refused', reason: answer.trim() } : { status: 'listed', listing: answer }
}

/** Hash of current.nft, had it been written by us for this spec with the listing that its own head names. */
function wantedCurrent(lines: readonly string[], spec: NftTableSpec): string | undefined {
  const listing = / listing ([0-9a-f]{64})$/.exec(lines.find((line) => line.startsWith('head ')) ?? '')?.[1]
  return listing === undefined ? undefined : sha256(currentText(renderTable(spec, fleetOf(lines)), listing))
}

function fleetOf(lines: readonly string[]): string {
  return lines.find((line) => line.startsWith('fleet '))?.slice('fleet '.length) ?? ''
}

function readUnit(lines: readonly string[], found: string | undefined): Persisted {
  const isEnabled = wantsPaths.every((path) => lines.includes(`link ${path}`))
  const state = persisted(found, sha256(unitText))
  return state === 'same' && !isEnabled ? 'differs' : state
}

function persisted(found: string | undefined, wanted: string | undefined): Persisted {
  if (found === undefined) return 'missing'
  return found === wanted ? 'same' : 'differs'
}

/** The mark of a table that hashes proved to be the wanted one. */
function ownMark(lines: readonly string[], spec: NftTableSpec | undefined): Mark | undefined {
  const first = spec?.parts[0]
  return first === undefined ? undefined : { fleet: fleetOf(lines), owner: `Firewall/${first.name}` }
}

/** The mark in a listing: the table's comment `FLEET/NAME`. */
function markOf(live: string): Mark | undefined {
  const comment = parseListing(live).head.map((line) => /^comment "([^"/]+)\/([^"/]+)"$/.exec(line))
  const match = comment.find((found) => found !== null)
  return match ? { fleet: match[1] ?? '', owner: `Firewall/${match[2] ?? ''}` } : undefined
}
