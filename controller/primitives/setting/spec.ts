import { keyOf, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import { isPlainPath } from '../file/spec.ts'

/**
 * One key of a daemon's configuration, set by the daemon's own tool: so far Postfix' main.cf by postconf(1), which has no directory for files of others.
 * What it was before is recorded and comes back when no manifest asks for it. For MailRoute.
 */
export interface SettingSpec extends Spec<'setting'> {
  readonly tool: 'postconf'
  /** Of the configuration: `/etc/postfix`. */
  readonly directory: string
  readonly key: string
  /** One line, without blanks around it and never two in a row: as postconf(1) prints it. */
  readonly value: string
  /** The key is a list to which others add: ours stands first, and what they wrote stays behind it. `unset`: what the daemon takes where nothing is written. */
  readonly keeps?: { readonly unset: string }
}

export type WantedSetting = Pick<SettingSpec, 'key' | 'value'> &
  Partial<Pick<SettingSpec, 'tool' | 'directory' | 'keeps' | 'needs' | 'adopt' | 'deletionPolicy'>>

/** A setting as it shall be. Throws on what the tool could not keep as it is: kinds check that first. */
export function setting({ tool = 'postconf', directory = '/etc/postfix', ...wanted }: WantedSetting): SettingSpec {
  if (!isPlainPath(directory)) throw new Error(`not a plain absolute path: ${JSON.stringify(directory)}`)
  if (!isSettingKey(wanted.key)) throw new Error(`not a name of a setting: ${JSON.stringify(wanted.key)}`)
  if (!isSettingValue(wanted.value)) throw new Error(`not a value of ${wanted.key}: ${JSON.stringify(wanted.value)}`)
  return { ...wanted, tool, directory, type: 'setting', id: primitiveId('setting', `${tool}:${directory}#${wanted.key}`) }
}

/** Words of a list as Postfix reads it: between commas or blanks, those in braces together. */
export function wordsOf(list: string): readonly string[] {
  return list.match(/(?:[^\s,{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})+|[{}]/g) ?? []
}

/** Begins the name of the field of a list, whose rest is what stands first in it: so the ledger knows it, too. */
const fieldOfList = 'begins with '

/** The one field of a setting. */
export function fieldOf({ value, keeps }: Pick<SettingSpec, 'value' | 'keeps'>): string {
  return keeps === undefined ? 'value' : `${fieldOfList}${value}`
}

/** What of a list is ours, by the ledger's fields of it. */
export function ownPart(fields: Readonly<Record<string, string>>): string | undefined {
  const field = Object.keys(fields).find((one) => one.startsWith(fieldOfList))
  return field?.slice(fieldOfList.length)
}

/** Whether a list begins with these words, and has them once. */
export function beginsWith(list: string, own: string): boolean {
  const [all, first] = [wordsOf(list), wordsOf(own)]
  return first.every((word, index) => word === all[index]) && withoutOwn(list, own).length === all.length - first.length
}

/** The words of others: without ours, wherever in the list they stand. */
export function withoutOwn(list: string, own: string): readonly string[] {
  const [all, ours] = [[...wordsOf(list)], wordsOf(own)]
  for (let at = 0; at + ours.length <= all.length; ) {
    if (ours.length > 0 && ours.every((word, index) => all[at + index] === word)) all.splice(at, ours.length)
    else at++
  }
  return all
}

/** The list with ours in front; as others wrote theirs, where we only go before it. */
export function listWith(own: string, others: readonly string[]): string {
  return others.length === 0 ? own : `${own}, ${others.join(' ')}`
}

/** postconf(5): letters, digits and underscores. */
export function isSettingKey(text: string): boolean {
  return /^[A-Za-z0-9_]{1,100}$/.test(text)
}

/** A line feed would begin another setting; blanks are folded by postconf(1) and would look like drift for ever. */
export function isSettingValue(text: string): boolean {
  return text.length <= 8000 && !/[\0-\x1f\x7f]/.test(text) && text === folded(text)
}

/** Blanks as postconf(1) prints them. */
export function folded(text: string): string {
  return text.replace(/[ \t]+/g, ' ').trim()
}

/** The directory of a setting, from its id. */
export function directoryOfSetting(id: PrimitiveId): string {
  const key = keyOf(id)
  return key.slice(key.indexOf(':') + 1, key.lastIndexOf('#'))
}

/** The key of a setting, from its id. */
export function keyOfSetting(id: PrimitiveId): string {
  const key = keyOf(id)
  return key.slice(key.lastIndexOf('#') + 1)
}

/** The file that a setting stands in, from its id. */
export function fileOfSetting(id: PrimitiveId): string {
  return `${directoryOfSetting(id)}/main.cf`
}
