import type { Difference } from '../../controller/model/change.ts'
import { keyOf, primitiveId } from '../../controller/model/ids.ts'
import type { Known, Observed } from '../../controller/model/observation.ts'
import { definePrimitive, type Spec, type Step, type Verdict } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'

/** The smallest true primitive: a file with one line. Behaviour that a test needs (slow, failing, awaiting, job) is asked for in the spec. */
export interface NoteSpec extends Spec<'note'> {
  readonly path: string
  readonly text: string
  readonly fails?: readonly ('guard' | 'run' | 'check' | 'undo')[]
  readonly sleepSeconds?: number
  readonly verdict?: Verdict
  readonly isJob?: boolean
  readonly settles?: string
  /** A file that gets a line each time the plan closes. */
  readonly closes?: string
}

export function note(path: string, text: string, more: Partial<NoteSpec> = {}): NoteSpec {
  return { type: 'note', id: primitiveId('note', path), path, text, ...more }
}

export const notePrimitive = definePrimitive<NoteSpec, string>({
  type: 'note',
  ownership: 'exclusive',
  fields: (spec) => ({ text: spec.text }),
  probe: (subjects) => ({
    text: subjects
      .map(
        (subject) =>
          sh`if [ -e ${keyOf(subject.id)} ]; then printf 'present %s ' ${subject.id}; cat ${keyOf(subject.id)}; else printf 'absent %s\n' ${subject.id}; fi`
            .text,
      )
      .join('\n'),
  }),
  parse(stdout, subjects) {
    const lines = stdout.split('\n')
    return { items: new Map(subjects.map((subject) => [subject.id, find(lines, subject.id)])) }
  },
  diff(spec, observed): Difference {
    if (observed.status === 'absent')
      return {
        status: 'change',
        change: { action: 'create', impact: 'none', fields: [{ field: 'text', before: undefined, after: spec.text }] },
      }
    return observed.state === spec.text
      ? { status: 'same' }
      : {
          status: 'change',
          change: { action: 'update', impact: 'none', fields: [{ field: 'text', before: observed.state, after: spec.text }] },
        }
  },
  steps(spec, _change, observed) {
    return [
      {
        title: `keep ${spec.path}`,
        phase: 'stage',
        run: observed.status === 'present' ? sh`cp -p ${spec.path} "$REEVE_BEFORE"/${spec.path.replaceAll('/', '_')}` : sh`:`,
      },
      writeStep(spec, observed),
      ...(spec.settles ? [{ title: 'settle', phase: 'settle' as const, run: sh`echo settled >${spec.settles}` }] : []),
    ]
  },
  retire: (entry) => ({ impact: 'none', steps: [{ title: `remove ${keyOf(entry.id)}`, run: sh`rm -f ${keyOf(entry.id)}` }] }),
  release: 'unmarked',
  verdict: (spec) => spec.verdict,
})

function find(lines: readonly string[], id: string): Observed<string> {
  const present = lines.find((line) => line.startsWith(`present ${id} `))
  if (present !== undefined) return { status: 'present', state: present.slice(`present ${id} `.length) }
  return lines.includes(`absent ${id}`) ? { status: 'absent' } : { status: 'unknown', reason: 'not mentioned' }
}

function writeStep(spec: NoteSpec, observed: Known<string>): Step {
  const before = spec.path.replaceAll('/', '_')
  const restore =
    observed.status === 'present'
      ? sh`[ ! -e "$REEVE_BEFORE"/${before} ] || cp -p "$REEVE_BEFORE"/${before} ${spec.path}`
      : sh`rm -f ${spec.path}`
  return {
    title: `write ${spec.path}`,
    guard: spec.fails?.includes('guard') ? sh`echo 'the world moved' >&2; false` : sh`:`,
    run: sh`echo ${spec.text} >${spec.path}; sleep ${spec.sleepSeconds ?? 0}; echo ${spec.text} >${spec.path}; ${spec.fails?.includes('run') ? sh`echo 'it broke' >&2; false` : sh`:`}`,
    check: spec.fails?.includes('check') ? sh`false` : sh`:`,
    undo: spec.fails?.includes('undo') ? sh`false` : restore,
    ...(spec.isJob ? { job: true as const } : {}),
    ...(spec.closes ? { closing: sh`echo closed >>${spec.closes}` } : {}),
  }
}
