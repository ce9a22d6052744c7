import { type WatchSource, watchSources } from '../../model/watched.ts'

/** What a watch says. `uptimeSeconds` counts from the host's boot, and was read after what it tells had happened. */
export type Said =
  /** It sees all from now on. */
  | { readonly type: 'ready'; readonly uptimeSeconds: number; readonly process: number }
  | { readonly type: 'alive'; readonly uptimeSeconds: number }
  /** `things`: their numbers; all: too many to tell. `by`: the process that did it, where the kernel says so. */
  | { readonly type: 'moved'; readonly uptimeSeconds: number; readonly things: readonly number[] | 'all'; readonly by?: Doer }
  /** Whether one of its readers works; `because` is empty where it does. */
  | { readonly type: 'source'; readonly source: WatchSource; readonly because: string }
  /** It cannot be had on this host. */
  | { readonly type: 'missing'; readonly because: string }

/** A process as the kernel names it: perhaps gone by now. */
export interface Doer {
  readonly process: number
  readonly name: string
}

/** Characters of a line beyond which it is no line of ours. */
const longest = 300

/** Reads what a watch prints, in pieces of any size; `count` is how many things it was told of. What it cannot have said is passed over. */
export function createSaidReader(count: number): { push(text: string): readonly Said[] } {
  let rest = ''
  let isSkipping = false
  return {
    push(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      const said = lines.slice(isSkipping ? 1 : 0).flatMap((line) => readLine(line, count) ?? [])
      if (lines.length > 0) isSkipping = false
      if (rest.length > longest) {
        rest = ''
        isSkipping = true
      }
      return said
    },
  }
}

function readLine(line: string, count: number): Said | undefined {
  if (line.length > longest) return undefined
  const source = /^source ([a-z]+) ([ -~]{1,200})$/.exec(line)
  if (source) return readSource(source[1] ?? '', source[2] ?? '')
  const missing = /^missing ([ -~]{1,200})$/.exec(line)
  if (missing) return { type: 'missing', because: missing[1] ?? '' }
  const [, word, uptime, rest = ''] = /^(ready|alive|moved) (\d{1,10}\.\d{2})(?: (.*))?$/.exec(line) ?? []
  const uptimeSeconds = Number(uptime)
  if (word === 'alive') return { type: 'alive', uptimeSeconds }
  if (word === 'ready') return /^\d{1,9}$/.test(rest) ? { type: 'ready', uptimeSeconds, process: Number(rest) } : undefined
  return word === 'moved' ? readMoved(uptimeSeconds, rest, count) : undefined
}

function readSource(name: string, state: string): Said | undefined {
  const source = watchSources.find((one) => one === name)
  return source && { type: 'source', source, because: state === 'ok' ? '' : state }
}

function readMoved(uptimeSeconds: number, rest: string, count: number): Said | undefined {
  if (/^\* ?$/.test(rest)) return { type: 'moved', uptimeSeconds, things: 'all' }
  const [, digits, process, name] = /^(\d{1,6})(?: (?:(\d{1,10}) ([ -~]{1,40}))?)?$/.exec(rest) ?? []
  const thing = Number(digits)
  if (digits === undefined || thing >= count) return undefined
  const by = process === undefined || name === undefined ? {} : { by: { process: Number(process), name } }
  return { type: 'moved', uptimeSeconds, things: [thing], ...by }
}
