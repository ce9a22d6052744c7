import type { PrimitiveId } from '../../model/ids.ts'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh, shellFunction } from '../../shell/sh.ts'
import { directoryOfSetting, folded, keyOfSetting, type SettingSpec } from './spec.ts'

/** A setting that is written in the configuration itself; one that is only a default of the daemon is absent. */
export interface SettingState {
  /** Blanks folded. */
  readonly value: string
}

/** Around a setting that is absent: whether there is a configuration that it could stand in. */
export interface AroundSetting {
  readonly isThere: boolean
}

/** Defines `reeve_settings DIRECTORY KEY…`: one postconf(1) for all of them; of each key one line. postconf prints a value on one line, without the comments inside it. */
export const settingsFunction: Script = shellFunction(
  'reeve_settings',
  sh`directory=$1 newline='
'; shift
if [ ! -e "$directory"/main.cf ] && [ ! -L "$directory"/main.cf ]; then printf 'gone %s\n' "$@"; return 0; fi
if ! text=$(postconf -c "$directory" -n 2>/dev/null </dev/null); then
  why=$(postconf -c "$directory" -n 2>&1 >/dev/null </dev/null) || :
  for key; do printf 'unread %s %s\n' "$key" "\${why##*"$newline"}"; done
  return 0
fi
text="$newline$text$newline"
for key; do
  case $text in
    *"$newline$key = "*) value=\${text#*"$newline$key = "}; printf 'set %s %s\n' "$key" "\${value%%"$newline"*}" ;;
    *"$newline$key ="*) printf 'set %s \n' "$key" ;;
    *) printf 'unset %s\n' "$key" ;;
  esac
done`,
)

export function probe(subjects: readonly Subject<SettingSpec>[]): Script {
  const calls = [...byDirectory(subjects)].map(
    ([directory, own]) => sh`reeve_settings ${[directory, ...own.map(({ id }) => keyOfSetting(id))]}`,
  )
  return joinScripts([settingsFunction, sh`echo settings ${subjects.length}`, ...calls, sh`echo end ${subjects.length}`])
}

function byDirectory(subjects: readonly Subject<SettingSpec>[]): ReadonlyMap<string, readonly Subject<SettingSpec>[]> {
  return Map.groupBy(subjects, ({ id }) => directoryOfSetting(id))
}

/** Strict: a line for each, in the order asked, so that what was lost on the way cannot be taken for an absence. */
export function parse(stdout: string, subjects: readonly Subject<SettingSpec>[]): Parsed<SettingState> {
  const lines = stdout.replace(/\n+$/, '').split('\n')
  const asked = [...byDirectory(subjects).values()].flat()
  if (lines.length !== asked.length + 2 || lines[0] !== `settings ${asked.length}` || lines.at(-1) !== `end ${asked.length}`)
    throw new Error('the list of settings is not whole')
  return { items: new Map(asked.map(({ id }, index): [PrimitiveId, Observed<SettingState>] => [id, observed(id, lines[index + 1] ?? '')])) }
}

function observed(id: PrimitiveId, line: string): Observed<SettingState> {
  const [, word, key, rest = ''] = /^([a-z]+) ([A-Za-z0-9_]+)(?: (.*))?$/.exec(line) ?? []
  if (key !== keyOfSetting(id)) throw new Error(`${id} was not told of in its turn`)
  if (word === 'set' && rest.includes('\ufffd')) return { status: 'unknown', reason: `the value of ${key} is not UTF-8` }
  if (word === 'set') return { status: 'present', state: { value: folded(rest) } }
  if (word === 'unset') return { status: 'absent', around: { isThere: true } satisfies AroundSetting }
  if (word === 'gone') return { status: 'absent', around: { isThere: false } satisfies AroundSetting }
  if (word === 'unread') return { status: 'unknown', reason: rest === '' ? 'postconf did not say' : rest }
  throw new Error(`not a word about a setting: ${JSON.stringify(word)}`)
}

/** The value as seen, where one was. */
export function seenValue(observed: Known<SettingState>): string | undefined {
  return observed.status === 'present' ? observed.state.value : undefined
}
