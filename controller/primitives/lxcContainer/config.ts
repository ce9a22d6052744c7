import type { Mark } from '../../model/observation.ts'
import type { Hierarchy } from './cgroup.ts'
import { canonicalLimit, canonicalMemory, canonicalValue, isListed, isOwnable, limitFile, limitKey } from './keys.ts'
import { fromLegacy, legacyFile, legacyKey, toLegacy } from './legacy.ts'
import type { ConfigEntry } from './spec.ts'

/** One line of a config: with its key and value, or what is wrong with it. */
export interface Line {
  readonly text: string
  readonly number: number
  readonly key?: string
  readonly value?: string
  readonly problem?: string
}

/** A config as LXC reads it. */
export interface Config {
  readonly lines: readonly Line[]
  /** Lines between our marks, by number. */
  readonly block: ReadonlySet<number>
  readonly mark?: Mark
  /** First 16 digits of the template's checksum, where our mark tells. */
  readonly template?: string
}

const beginMark = /^# reeve begin fleet=(\S+) owner=(\S+)(?: template=([0-9a-f]{16}))?$/
const endMark = '# reeve end'
/** Says what the lines around it mean. */
const note = '# What stands between these two lines is kept by Reeve from Git; lines of your own belong outside, and are kept.'

/** Lines that are not ours, without the blank ones at their end. */
export function othersLines({ lines, block }: Config): readonly Line[] {
  const others = lines.filter(({ text, number }) => !block.has(number) && !beginMark.test(text) && text !== endMark && text !== note)
  const last = others.findLastIndex(({ text }) => text.trim() !== '')
  return others.slice(0, last + 1)
}

/** Our three lines as expressions of sed(1). */
export function markExpressions(fleet: string): readonly string[] {
  return [`# reeve begin fleet=${fleet} owner=.*`, note, endMark]
}

/** Keys of LXC 1 and 2 that LXC 3 and later refuse: one such line, and no tool can load the config any more. */
const renamed: readonly (readonly [RegExp, string])[] = [
  [/^lxc\.network\./, 'use lxc.net.0.*'],
  [/^lxc\.rootfs$/, 'use lxc.rootfs.path'],
  [/^lxc\.utsname$/, 'use lxc.uts.name'],
  [/^lxc\.mount$/, 'use lxc.mount.fstab'],
  [/^lxc\.id_map$/, 'use lxc.idmap'],
  [/^lxc\.aa_profile$/, 'use lxc.apparmor.profile'],
  [/^lxc\.seccomp$/, 'use lxc.seccomp.profile'],
  [/^lxc\.(tty|pts)$/, 'use lxc.tty.max, lxc.pty.max'],
]

/** Reads a config the way LXC does (confile.c): comments, `key = value`, quotes around a value taken off. Includes are not followed. */
export function readConfig(text: string): Config {
  const lines = text.replace(/\n$/, '').split('\n').map(readLine)
  const begin = lines.findIndex((line) => beginMark.test(line.text))
  const match = beginMark.exec(lines[begin]?.text ?? '')
  if (!match) return { lines, block: new Set() }
  const mark = { fleet: match[1] ?? '', owner: match[2] ?? '' }
  return { lines, block: blockFrom(lines, begin), mark, ...(match[3] === undefined ? {} : { template: match[3] }) }
}

/** Key → canonical value, as the last lines of the file decide; an empty value clears what stood before it. */
export function effectiveValues(config: Config): ReadonlyMap<string, string> {
  const values = new Map<string, string[]>()
  for (const { key, value } of config.lines) {
    if (key === undefined || value === undefined) continue
    values.set(key, value === '' ? [] : [...(values.get(key) ?? []), value])
  }
  return new Map([...values].filter(([, all]) => all.length > 0).map(([key, all]) => [key, canonicalValue(key, all)]))
}

/** Key → value as it stands between our marks. */
export function ownLines({ lines, block }: Config): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap(({ key, value, number }) =>
      key === undefined || value === undefined || !block.has(number) ? [] : [[key, value] as const],
    ),
  )
}

/** The same, with limits in the words of v2: of the family of keys that counts on this host. */
export function effectiveOn(config: Config, hierarchy: Hierarchy): ReadonlyMap<string, string> {
  const values = effectiveValues(config)
  if (hierarchy === 'v2') return values
  const legacy = [...values].flatMap(([key, value]) => (legacyFile(key) === undefined ? [] : [[legacyFile(key) ?? '', value] as const]))
  const limits = Object.entries(fromLegacy(Object.fromEntries(legacy), canonicalMemory))
  const others = [...values].filter(([key]) => limitFile(key) === undefined)
  return new Map([...others, ...limits.map(([file, value]) => [limitKey(file), canonicalLimit(file, value)] as const)])
}

/** `key value` of each line of a key that may stand many times. */
export function entriesOf(config: Config, isAsked: (line: Line) => boolean = () => true): ReadonlySet<string> {
  const lines = config.lines.filter((line) => line.key !== undefined && isListed(line.key) && isAsked(line))
  return new Set(lines.map(({ key = '', value = '' }) => entryName({ key, value })))
}

/** One way to write an entry, for comparison and for people. */
export function entryName({ key, value }: ConfigEntry): string {
  return `${key} ${value.trim().split(/\s+/).join(' ')}`
}

/** Entries between our marks that were ours and that nobody asks for any more. */
export function leftOverEntries(config: Config, entries: readonly ConfigEntry[], former: ReadonlySet<string>): readonly string[] {
  const wanted = new Set(entries.map(entryName))
  return [...entriesOf(config, (line) => config.block.has(line.number))].filter((name) => former.has(name) && !wanted.has(name))
}

/** Lines that LXC would refuse; with one of them in place no tool can stop or enter the container. */
export function brokenLines(config: Config): readonly string[] {
  return config.lines.flatMap((line) => (line.problem === undefined ? [] : [`line ${line.number}: ${line.problem}`]))
}

/** Keys between our marks that nobody asks for any more. */
export function leftOver(
  config: Config,
  settings: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
): readonly string[] {
  const keys = config.lines.filter((line) => config.block.has(line.number)).map((line) => line.key)
  return [...new Set(keys)].filter(
    (key) =>
      key !== undefined && isOwnable(key) && !isListed(key) && legacyFile(key) === undefined && !(key in settings) && !(key in defaults),
  ) as readonly string[]
}

export interface ConfigWish {
  readonly settings: Readonly<Record<string, string>>
  readonly entries?: readonly ConfigEntry[]
  /** Names of entries that were ours (the ledger knows them): only those leave the block when nobody asks for them any more. */
  readonly formerEntries?: ReadonlySet<string>
  readonly defaults: Readonly<Record<string, string>>
  readonly mark: Mark
  /** Checksum of the template, at least its first 16 digits. */
  readonly template?: string
}

/** What is written for these settings: limits in both families of keys, so that they hold on either hierarchy. */
function written(settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const limits = Object.entries(settings).flatMap(([key, value]) => {
    const file = limitFile(key)
    return file === undefined ? [] : [[file, value] as const]
  })
  const legacy = Object.entries(toLegacy(Object.fromEntries(limits))).map(([file, value]) => [legacyKey(file), value] as const)
  return { ...settings, ...Object.fromEntries(legacy) }
}

/** The config with our lines as wished, in one block at its end; every line that is not ours stays, in its order. */
export function mergeConfig(before: Config, asked: ConfigWish): string {
  const wish = { ...asked, settings: written(asked.settings) }
  const kept = before.lines.filter((line) => isKept(line, before, wish)).map((line) => line.text)
  const foreignKeys = new Set(before.lines.filter((line) => !before.block.has(line.number)).map((line) => line.key))
  const inBlock = effectiveValues({ ...before, lines: before.lines.filter((line) => before.block.has(line.number)) })
  const defaults = Object.entries(wish.defaults)
    .filter(([key]) => !foreignKeys.has(key) && !(key in wish.settings))
    .map(([key, value]) => [key, inBlock.get(key) ?? value] as const)
  const others = entriesOf(before, (line) => !before.block.has(line.number))
  const entries = entriesIn(wish)
    .filter((entry) => !others.has(entryName(entry)))
    .map(({ key, value }) => [key, value] as const)
  while (kept.at(-1)?.trim() === '') kept.pop()
  const block = renderBlock([...Object.entries(wish.settings), ...defaults, ...entries], wish)
  return `${[...kept, ...(kept.length > 0 ? [''] : []), ...block].join('\n')}\n`
}

/** The config of a container that is made now: LXC's common settings, then ours. */
export function newConfig(wish: ConfigWish): string {
  return mergeConfig(readConfig(includes(wish)), wish)
}

/** LXC's common settings, and those for user namespaces. */
export function includes(wish: ConfigWish): string {
  const folder = 'lxc.include = /usr/share/lxc/config'
  return entriesIn(wish).some(({ key }) => key === 'lxc.idmap')
    ? `${folder}/common.conf\n${folder}/userns.conf\n`
    : `${folder}/common.conf\n`
}

function entriesIn({ entries = [] }: ConfigWish): readonly ConfigEntry[] {
  return entries
}

function renderBlock(settings: readonly (readonly [string, string])[], wish: ConfigWish): readonly string[] {
  const template = wish.template === undefined ? '' : ` template=${wish.template.slice(0, 16)}`
  const begin = `# reeve begin fleet=${wish.mark.fleet} owner=${wish.mark.owner}${template}`
  if (!beginMark.test(begin)) throw new Error(`not a mark: ${JSON.stringify(begin)}`)
  return [begin, note, ...settings.map(([key, value]) => renderLine(key, value)), endMark]
}

/** The one place where a value becomes a line of LXC's. Its schema let nothing else through; a surprise is a bug. */
function renderLine(key: string, value: string): string {
  if (!isOwnable(key)) throw new Error(`not a config key of ours: ${key}`)
  if (!/^[A-Za-z0-9_.:/@+=,%* -]*$/.test(value) || value.trim() !== value)
    throw new Error(`not a value for ${key}: ${JSON.stringify(value)}`)
  return `${key} = ${value}`
}

function isKept(line: Line, before: Config, wish: ConfigWish): boolean {
  if (beginMark.test(line.text) || line.text === endMark || line.text === note) return false
  if (line.key === undefined) return true
  const isOurs = before.block.has(line.number)
  if (isListed(line.key)) return !isOurs || !isEntry(line, wish)
  if (isOurs && isOwnable(line.key)) return false
  return !(line.key in wish.settings)
}

function isEntry({ key = '', value = '' }: Line, wish: ConfigWish): boolean {
  const name = entryName({ key, value })
  return wish.formerEntries?.has(name) === true || entriesIn(wish).some((entry) => entryName(entry) === name)
}

/** Where the end mark was taken away, the block ends with the last line that can be ours. */
function blockFrom(lines: readonly Line[], begin: number): ReadonlySet<number> {
  const rest = lines.slice(begin + 1)
  const end = rest.findIndex((line) => line.text === endMark)
  const strange = rest.findIndex((line) => line.text !== note && !(line.key !== undefined && isOwnable(line.key) && !isListed(line.key)))
  const length = end !== -1 ? end : strange === -1 ? rest.length : strange
  return new Set(rest.slice(0, length).map((line) => line.number))
}

function readLine(text: string, index: number): Line {
  const number = index + 1
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.startsWith('#')) return { text, number }
  const equals = trimmed.indexOf('=')
  if (equals === -1) return { text, number, problem: `${show(trimmed)} is not "key = value"` }
  const key = trimmed.slice(0, equals).trim()
  const problem = problemOfKey(key)
  return { text, number, key, value: unquote(trimmed.slice(equals + 1).trim()), ...(problem === undefined ? {} : { problem }) }
}

function problemOfKey(key: string): string | undefined {
  const hint = renamed.find(([pattern]) => pattern.test(key))?.[1]
  if (hint !== undefined) return `${key} was removed in LXC 3; ${hint}`
  return /^lxc\.[A-Za-z0-9_.:-]+$/.test(key) ? undefined : `${show(key)} is not a key of LXC`
}

function unquote(value: string): string {
  const first = value[0]
  return value.length >= 2 && (first === '"' || first === "'") && value.endsWith(first) ? value.slice(1, -1) : value
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
