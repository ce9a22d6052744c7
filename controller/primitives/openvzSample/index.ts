import { type Difference, same } from '../../model/change.ts'
import { keyOf, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known, Mark, Observed, Parsed } from '../../model/observation.ts'
import { definePrimitive, type Subject } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { withoutMark as unmarking } from '../../shell/markedLine.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import type { OpenvzSampleSpec, OpenvzSampleState, OpenvzSampleSurroundings } from './spec.ts'
import { pathOf, retire, steps } from './steps.ts'
import { markIn, render, withoutMark } from './text.ts'

export const openvzSample = definePrimitive<OpenvzSampleSpec, OpenvzSampleState>({
  type: 'openvzSample',
  ownership: 'exclusive',
  fields: (spec) => ({ from: spec.from, ...spec.set }),
  watched: ({ name }) => paths(pathOf(name)),
  probe,
  parse,
  diff,
  steps,
  retire,
  release: ({ id }, observed, { fleet }) => {
    const path = pathOf(keyOf(id))
    const edit = unmarking(path, [`# reeve fleet=${fleet} owner=.*`], 100_000)
    return observed.status === 'absent' ? [] : [{ title: `leave ${path} as it is, without Reeve's line`, ...edit }]
  },
})

const probeEnd = '== end'

/** All samples of the host, in one process; NUL between name and text. */
function probe(): Script {
  return joinScripts([
    sh`
set -- /etc/vz/conf/ve-*.conf-sample
if [ -e "$1" ]; then printf '%s\n' "$@"; fi
echo '== files'
grep -asHZ '' "$@" /dev/null || :`,
    sh`echo ${probeEnd}`,
  ])
}

function parse(stdout: string, subjects: readonly Subject<OpenvzSampleSpec>[]): Parsed<OpenvzSampleState> {
  const at = stdout.startsWith('== files\n') ? 0 : stdout.indexOf('\n== files\n') + 1
  if ((at === 0 && !stdout.startsWith('== files\n')) || !stdout.trimEnd().endsWith(probeEnd))
    throw new Error('the answer about samples was cut off')
  const names = new Set(stdout.slice(0, at).split('\n'))
  const files = readFiles(stdout.slice(at + '== files\n'.length, stdout.lastIndexOf(probeEnd)))
  const items = new Map<PrimitiveId, Observed<OpenvzSampleState>>()
  for (const { id, spec } of subjects) items.set(id, observe(keyOf(id), spec, names, files))
  return { items, marked: marked(files, new Set(items.keys())) }
}

function observe(
  name: string,
  spec: OpenvzSampleSpec | undefined,
  names: ReadonlySet<string>,
  files: ReadonlyMap<string, string>,
): Observed<OpenvzSampleState> {
  const text = files.get(pathOf(name))
  const base = spec === undefined ? undefined : files.get(pathOf(spec.from))
  if (spec !== undefined && base === undefined && names.has(pathOf(spec.from))) return unread(spec.from)
  if (text === undefined && names.has(pathOf(name))) return unread(name)
  if (text === undefined)
    return { status: 'absent', around: { base, names: [...names].flatMap(nameIn) } satisfies OpenvzSampleSurroundings }
  const mark = markIn(text)
  return { status: 'present', state: { text, base }, ...(mark === undefined ? {} : { mark }) }
}

function unread(name: string): Observed<OpenvzSampleState> {
  return { status: 'unknown', reason: `${pathOf(name)} is empty or could not be read` }
}

function nameIn(path: string): readonly string[] {
  const name = /\/ve-(.+)\.conf-sample$/.exec(path)?.[1]
  return name === undefined ? [] : [name]
}

function marked(
  files: ReadonlyMap<string, string>,
  asked: ReadonlySet<PrimitiveId>,
): readonly { readonly id: PrimitiveId; readonly mark: Mark }[] {
  return [...files].flatMap(([path, text]) => {
    const mark = markIn(text)
    return nameIn(path).flatMap((name) => {
      const id = primitiveId('openvzSample', name)
      return mark === undefined || asked.has(id) ? [] : [{ id, mark }]
    })
  })
}

function readFiles(text: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const line of text.split('\n').slice(0, -1)) {
    const end = line.indexOf('\0')
    if (end === -1) throw new Error('the answer about samples holds a line of no file')
    const path = line.slice(0, end)
    files.set(path, `${files.get(path) ?? ''}${line.slice(end + 1)}\n`)
  }
  return files
}

function diff(spec: OpenvzSampleSpec, observed: Known<OpenvzSampleState>, last: LedgerEntry | undefined): Difference {
  const around = observed.status === 'absent' ? (observed.around as OpenvzSampleSurroundings | undefined) : undefined
  const base = observed.status === 'present' ? observed.state.base : around?.base
  const names = around?.names ?? []
  if (base === undefined)
    return {
      status: 'refused',
      reasons: [`there is no configuration sample ${spec.from} on this host (${names.join(', ') || 'none at all'})`],
    }
  const after = render(spec, base)
  const before = observed.status === 'present' ? withoutMark(observed.state.text) : undefined
  const text = before === after ? [] : [{ field: 'text', before, after }]
  const mark =
    observed.status === 'present' && observed.mark === undefined && last !== undefined
      ? [{ field: 'mark', before: undefined, after: 'ours' }]
      : []
  const fields = [...text, ...mark]
  if (fields.length === 0) return same
  return { status: 'change', change: { action: before === undefined ? 'create' : 'update', impact: 'none', fields } }
}
