import { type Difference, same, type WantedChange } from '../../model/change.ts'
import { keyOf, type PrimitiveId } from '../../model/ids.ts'
import type { Known, Observed, Parsed } from '../../model/observation.ts'
import { definePrimitive, type Step, type Subject } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { AroundGroup, GroupSpec, GroupState } from './spec.ts'

const asItIs = '(as it is)'

/** A group of group(5). One that leaves Git stays: files may belong to it, and its number would be the next one's. */
export const groupPrimitive = definePrimitive<GroupSpec, GroupState>({
  type: 'group',
  ownership: 'shared',
  fields: ({ gid }) => ({ existence: 'present', gid: String(gid ?? asItIs) }),
  watched: () => paths('/etc/group'),
  probe,
  readsFilesOnly: true,
  parse,
  diff,
  steps,
  release: 'unmarked',
})

/** Read by the shell itself. Names and numbers hold no blank. */
function probe(subjects: readonly Subject<GroupSpec>[]): Script {
  const names = ` ${subjects.map(({ id }) => keyOf(id)).join(' ')} `
  const gids = ` ${subjects.flatMap(({ spec }) => (spec?.gid === undefined ? [] : [spec.gid])).join(' ')} `
  return sh`reeve_names=${names} reeve_gids=${gids} reeve_said=0
while IFS=: read -r name password gid members; do
  case $reeve_names in *" $name "*) printf 'group\t%s\t%s\n' "$name" "$gid"; reeve_said=$((reeve_said + 1)) ;; esac
  case $reeve_gids in *" $gid "*) printf 'taken\t%s\t%s\n' "$gid" "$name"; reeve_said=$((reeve_said + 1)) ;; esac
done </etc/group
printf 'end\t%s\n' "$reeve_said"`
}

/** Where a line is missing, or names a group that was not asked for, nothing is known: it may have been the one that was. */
function parse(stdout: string, subjects: readonly Subject<GroupSpec>[]): Parsed<GroupState> {
  const items = new Map<PrimitiveId, Observed<GroupState>>()
  const said = stdout.split('\n').map((line) => line.split('\t'))
  const end = said.findIndex(([word]) => word === 'end')
  const lines = said.slice(0, Math.max(0, end))
  const names = new Set(subjects.map(({ id }) => keyOf(id)))
  const isWhole = lines.every(([word, name = '']) => (word === 'group' && names.has(name)) || word === 'taken')
  if (end === -1 || said[end]?.[1] !== String(lines.length) || !isWhole) return { items }
  for (const { id, spec } of subjects) items.set(id, observed(keyOf(id), spec, lines))
  return { items }
}

function observed(name: string, spec: GroupSpec | undefined, lines: readonly (readonly string[])[]): Observed<GroupState> {
  const gid = lines.find(([word, of]) => word === 'group' && of === name)?.[2]
  if (gid !== undefined && !/^\d{1,10}$/.test(gid)) return { status: 'unknown', reason: `the line of ${name} in /etc/group is damaged` }
  if (gid !== undefined) return { status: 'present', state: { gid: Number(gid) } }
  const gidOwner = lines.find(([word, number]) => word === 'taken' && number === String(spec?.gid))?.[2]
  return { status: 'absent', around: { gidOwner } satisfies AroundGroup }
}

function diff({ name, gid }: GroupSpec, found: Known<GroupState>): Difference {
  if (found.status === 'present') {
    if (gid === undefined || gid === found.state.gid) return same
    const reason = `${name} has gid ${found.state.gid}, and files with it: it is not changed to ${gid}; do it by hand (groupmod -g), or take gid out`
    return { status: 'refused', reasons: [reason] }
  }
  const owner = (found.around as AroundGroup | undefined)?.gidOwner
  if (owner !== undefined) return { status: 'refused', reasons: [`gid ${gid} of ${name} is already that of ${owner}`] }
  const fields = [{ field: 'existence', before: undefined, after: 'present' }]
  return {
    status: 'change',
    change: {
      action: 'create',
      impact: 'none',
      fields: gid === undefined ? fields : [...fields, { field: 'gid', before: undefined, after: String(gid) }],
    },
  }
}

function steps({ name, gid, isSystem }: GroupSpec, _change: WantedChange): readonly Step[] {
  const words = [...(isSystem ? ['-r'] : []), ...(gid === undefined ? [] : ['-g', String(gid)])]
  const made = sh`"$REEVE_BEFORE"/${`group-${name}.made`}`
  return [
    {
      title: `create the group ${name}`,
      guard: sh`! getent group ${name} >/dev/null || { printf 'group %s changed meanwhile: it was absent\n' ${name} >&2; exit 1; }`,
      run: sh`: > ${made}
sync "$REEVE_BEFORE"
groupadd ${words} -- ${name}`,
      // One that an account took as its own meanwhile stays.
      undo: sh`[ -e ${made} ] || exit 0
! getent group ${name} >/dev/null || groupdel ${name} 2>/dev/null || :`,
    },
  ]
}
