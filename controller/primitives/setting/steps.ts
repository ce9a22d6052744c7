import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { PrimitiveId } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Staged, Step } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { sharedFile } from '../../shell/sharedFile.ts'
import { type SettingState, seenValue, settingsFunction } from './probe.ts'
import {
  beginsWith,
  directoryOfSetting,
  fileOfSetting,
  keyOfSetting,
  listWith,
  ownPart,
  type SettingSpec,
  withoutOwn,
  wordsOf,
} from './spec.ts'

export function stagedAt(spec: SettingSpec): Staged {
  const live = fileOfSetting(spec.id)
  return { live, staged: sharedFile(live).staged }
}

/** What the key shall be: of a list, what others wrote stays behind ours, as they wrote it where ours was not there yet. */
export function wantedValue({ value, keeps }: SettingSpec, observed: Known<SettingState>, last: LedgerEntry | undefined): string {
  if (keeps === undefined) return value
  const seen = seenValue(observed)
  const old = last === undefined ? undefined : ownPart(last.fields)
  // Where ours was longer, what is left of it would look like another's.
  const wasLonger = old !== undefined && seen !== undefined && wordsOf(old).length > wordsOf(value).length && beginsWith(seen, old)
  if (seen !== undefined && beginsWith(seen, value) && !wasLonger) return seen
  const text = seen ?? keeps.unset
  const others = withoutOwn(old === undefined || old === value ? text : withoutOwn(text, old).join(' '), value)
  return listWith(value, others)
}

export function steps(spec: SettingSpec, observed: Known<SettingState>, last: LedgerEntry | undefined): readonly Step[] {
  return change(spec.id, seenValue(observed), wantedValue(spec, observed, last))
}

/** All settings of one configuration in a transaction go live at once. `undefined`: not written there, so the daemon's default. */
function change(id: PrimitiveId, before: string | undefined, after: string | undefined): readonly Step[] {
  const path = fileOfSetting(id)
  const key = keyOfSetting(id)
  const file = sharedFile(path)
  const words = after === undefined ? `${key} back to its default` : `${key} to ${after}`
  return [
    {
      title: `stage ${path} with ${words}`,
      phase: 'stage',
      guard: isStillAsSeen(id, before),
      run: file.stage(edit(id, after)),
      undo: file.unstage,
      sync: [file.staged],
    },
    { title: `set ${words} in ${path}`, phase: 'change', guard: file.isAsStaged, run: file.goLive, undo: file.undo(edit(id, before)) },
  ]
}

function isStillAsSeen(id: PrimitiveId, seen: string | undefined): Script {
  const key = keyOfSetting(id)
  const line = seen === undefined ? `unset ${key}` : `set ${key} ${seen}`
  return joinScripts([
    settingsFunction,
    sh`is=$(reeve_settings ${directoryOfSetting(id)} ${key})
set -f; set -- $is; was=$*; set -- ${line.split(' ').filter((word) => word !== '')}; set +f
[ "$was" = "$*" ] || { printf '%s in %s changed meanwhile: %s\n' ${key} ${fileOfSetting(id)} "$was" >&2; exit 1; }`,
  ])
}

/**
 * postconf(1) edits a copy in a directory of its own, `$reeve_new` takes its bytes.
 * It accepts any name, so it is asked whether it knows what it wrote. Postfix takes a file of the last two seconds for one that is still being written and waits; ours is
 * whole, and says it is older.
 */
function edit(id: PrimitiveId, value: string | undefined): Script {
  const key = keyOfSetting(id)
  const line = value === undefined ? `unset ${key}` : `set ${key} ${value}`
  return joinScripts([
    settingsFunction,
    sh`copy="$REEVE_BEFORE"/postconf
rm -rf -- "$copy"; mkdir -- "$copy"
cp -- "$reeve_new" "$copy"/main.cf
touch -d '3 seconds ago' -- "$copy"/main.cf
[ ! -e ${directoryOfSetting(id)}/master.cf ] || cp -p -- ${directoryOfSetting(id)}/master.cf "$copy"/master.cf
postconf -c "$copy" ${value === undefined ? ['-X', key] : ['-e', `${key}=${value}`]}
touch -d '3 seconds ago' -- "$copy"/main.cf
is=$(reeve_settings "$copy" ${key})
set -f; set -- $is; is=$*; set -- ${line.split(' ').filter((word) => word !== '')}; set +f
[ "$is" = "$*" ] || { printf 'postconf knows no setting %s, or changes its value: it says %s\n' ${key} "$is" >&2; exit 1; }
cat -- "$copy"/main.cf > "$reeve_new"
touch -d '3 seconds ago' -- "$reeve_new"
rm -rf -- "$copy"`,
  ])
}

/** The value of before Reeve, or none. What is not as we last wrote it is a person's. */
export function retire(entry: LedgerEntry, observed: Known<SettingState>): Retirement {
  const value = seenValue(observed)
  if (value === undefined) return { impact: 'none', steps: [] }
  const own = ownPart(entry.fields)
  if (own !== undefined) return retireFromList(entry, value, own)
  const written = entry.fields['value']
  if (written !== undefined && !createHash('sha256').update(value).digest('hex').startsWith(written))
    return { impact: 'none', steps: [], keptBecause: 'its value is not what Reeve last wrote' }
  const before = entry.previous
  if (before !== undefined && /[\0-\x1f\x7f]/.test(before))
    return { impact: 'none', steps: [], keptBecause: 'the ledger does not say what it was before' }
  if (before === value) return { impact: 'none', steps: [{ title: `leave ${keyOfSetting(entry.id)} as it was before Reeve`, run: sh`:` }] }
  return { impact: 'none', steps: change(entry.id, value, before) }
}

/** What a list was before ours stood in it, for the ledger: as it was written, or what the daemon took where it was not. */
export function previousOf({ keeps }: SettingSpec, observed: Known<SettingState>): string | undefined {
  const seen = seenValue(observed)
  if (keeps === undefined) return seen
  return seen === undefined ? `unset ${keeps.unset}` : `set ${seen}`
}

/** Ours goes out of the list. Where what is left is what was there before, that comes back as it was written. */
function retireFromList({ id, previous = '' }: LedgerEntry, value: string, own: string): Retirement {
  const others = withoutOwn(value, own)
  if (others.length === wordsOf(value).length) return { impact: 'none', steps: [] }
  const [, word, before = ''] = /^(set|unset) ([^\0-\x1f\x7f]*)$/.exec(previous) ?? []
  const isAsBefore = word !== undefined && isDeepStrictEqual(others, wordsOf(before))
  if (!isAsBefore) return { impact: 'none', steps: change(id, value, others.length === 0 ? undefined : others.join(' ')) }
  return { impact: 'none', steps: change(id, value, word === 'set' ? before : undefined) }
}
