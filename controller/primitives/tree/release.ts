import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { linkReads } from '../../shell/inspect.ts'
import { withoutMark } from '../../shell/markedLine.ts'
import { joinScripts, sh } from '../../shell/sh.ts'
import { markExpression } from '../file/spec.ts'
import { generationPrefix, isGeneration } from './diff.ts'
import type { TreeState } from './probe.ts'

/** The live generation stays where it is, behind its link; those beside it go. Comments change nothing that a daemon has loaded. */
export function release(entry: LedgerEntry, observed: Known<TreeState>, { fleet }: StepContext): readonly Step[] {
  const path = keyOf(entry.id)
  if (observed.status === 'absent' || !('target' in observed.state.link) || !isGeneration(path, observed.state.link.target)) return []
  const { link, files } = observed.state
  const parent = path.slice(0, path.lastIndexOf('/'))
  const edits = [...files.keys()].map((name) => withoutMark(`${parent}/${link.target}/${name}`, [markExpression(fleet)]))
  const changed = `${path} changed meanwhile: it is not the one that the plan saw`
  return [
    {
      title: `leave the files of ${path} as they are, without Reeve's lines`,
      guard: sh`${linkReads(path, link.target)} || { printf '%s\n' ${changed} >&2; exit 1; }`,
      run: joinScripts(edits.map(({ run }) => run)),
      undo: joinScripts(edits.map(({ undo }) => undo)),
    },
    {
      title: `remove older generations of ${path}`,
      phase: 'settle',
      run: sh`cd ${parent}
for old in ${generationPrefix(path)}????????????*; do
  case $old in ${link.target}|*[!A-Za-z0-9_.-]*) continue ;; esac
  [ ! -d "$old" ] || [ -L "$old" ] || rm -rf -- "$old"
done`,
    },
  ]
}
