import type { WantedChange } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Step, StepContext } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { OpenvzSampleSpec, OpenvzSampleState, OpenvzSampleSurroundings } from './spec.ts'
import { render, renderMark } from './text.ts'

export function pathOf(name: string): string {
  return `/etc/vz/conf/ve-${name}.conf-sample`
}

/** Written beside, then renamed: vzctl never reads half a sample. */
export function steps(
  spec: OpenvzSampleSpec,
  _change: WantedChange,
  observed: Known<OpenvzSampleState>,
  context: StepContext,
): readonly Step[] {
  const base = observed.status === 'present' ? observed.state.base : (observed.around as OpenvzSampleSurroundings | undefined)?.base
  const text = `${renderMark(context.fleet, context.owners[0] ?? 'Container/unknown')}${render(spec, base ?? '')}`
  const path = pathOf(spec.name)
  const staged = `${path}.reeve-new`
  return [
    {
      title: `write ${path}`,
      phase: 'change',
      guard:
        observed.status === 'present'
          ? sameAsSeen(path, observed.state.text)
          : sh`if [ -e ${path} ]; then echo ${`${path} is there meanwhile`} >&2; exit 1; fi`,
      run: sh`
rm -f ${staged}
(umask 022; { ${printPayload(text)}
} >${staged})
sync ${staged}
${keep(spec.name)}
mv -T ${staged} ${path}
sync ${path}`,
      undo: sh`
rm -f ${staged}
${putBack(spec.name)}`,
    },
  ]
}

/** Containers that were made from it keep what they have. */
export function retire(entry: LedgerEntry, observed: Known<OpenvzSampleState>): Retirement {
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const name = keyOf(entry.id)
  const path = pathOf(name)
  return {
    impact: 'none',
    steps: [
      {
        title: `remove ${path}`,
        phase: 'change',
        run: sh`${keep(name)}
rm -f ${path}`,
        undo: putBack(name),
      },
    ],
  }
}

function sameAsSeen(path: string, text: string): Script {
  return sh`
{ ${printPayload(text)}
} >"$REEVE_BEFORE"/sample.seen
if ! grep -a '' ${path} | cmp -s - "$REEVE_BEFORE"/sample.seen; then echo ${`${path} changed since it was read`} >&2; exit 1; fi`
}

function keep(name: string): Script {
  const image = `sample-${name}`
  return sh`
if [ -e ${pathOf(name)} ]; then
  cp -p ${pathOf(name)} "$REEVE_BEFORE"/${`${image}.new`}
  sync "$REEVE_BEFORE"/${`${image}.new`}
  mv "$REEVE_BEFORE"/${`${image}.new`} "$REEVE_BEFORE"/${image}
else
  : >"$REEVE_BEFORE"/${`${image}.absent`}
fi`
}

function putBack(name: string): Script {
  const image = `sample-${name}`
  const path = pathOf(name)
  return sh`
if [ -e "$REEVE_BEFORE"/${image} ]; then
  cp -p "$REEVE_BEFORE"/${image} ${`${path}.reeve-new`}
  sync ${`${path}.reeve-new`}
  mv -T ${`${path}.reeve-new`} ${path}
elif [ -e "$REEVE_BEFORE"/${`${image}.absent`} ]; then
  rm -f ${path}
fi`
}
