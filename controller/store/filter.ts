import type { HistoryFilter } from '../model/history.ts'

interface Where {
  readonly where: string
  readonly values: readonly (string | number)[]
}

/** One condition of SQL, and what stands for its question marks. */
type Condition = readonly [sql: string, ...values: readonly (string | number)[]]

/** A filter in SQL. */
export function historyWhere(filter: HistoryFilter): Where {
  const { sort, subject, commit, manifest, sinceSeconds, untilSeconds } = filter
  const conditions: readonly Condition[] = [
    ...(sort === undefined ? [] : [['sort = ?', sort] as const]),
    ...(subject === undefined ? [] : [subjectIs(subject)]),
    ...(commit === undefined ? [] : [ofCommit(commit)]),
    ...(manifest === undefined ? [] : [["EXISTS (SELECT 1 FROM json_each(history.json, '$.owners') WHERE value = ?)", manifest] as const]),
    ...(sinceSeconds === undefined ? [] : [['at >= ?', sinceSeconds] as const]),
    ...(untilSeconds === undefined ? [] : [['at < ?', untilSeconds] as const]),
  ]
  if (conditions.length === 0) return { where: '', values: [] }
  return { where: `WHERE ${conditions.map(([sql]) => `(${sql})`).join(' AND ')}`, values: conditions.flatMap(([, ...values]) => values) }
}

/** People copy the twelve digits of a commit that they are shown. */
function subjectIs(subject: string): Condition {
  if (!/^[0-9a-f]{6,64}$/.test(subject)) return ['subject = ?', subject]
  return ["subject = ? OR (sort = 'commit' AND subject BETWEEN ? AND ?)", subject, ...within(subject)]
}

function ofCommit(commit: string): Condition {
  return ["git_commit BETWEEN ? AND ? AND git_commit <> ''", ...within(commit)]
}

/** All hashes that begin so: g comes after every hex digit. */
function within(prefix: string): readonly [string, string] {
  return [prefix, `${prefix}g`]
}
