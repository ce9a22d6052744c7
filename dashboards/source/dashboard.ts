import {
  type Dashboard,
  DashboardCursorSync,
  type Panel,
  type RowPanel,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/schema'
import { dataSource, linkTo, type Piece } from './panel.ts'
import { series } from './query.ts'

/** A headed group of panels; they flow from left to right and break at 24 columns. */
export interface Group {
  readonly title: string
  readonly pieces: readonly Piece[]
}

export interface Board {
  /** Name of its file, and the end of its uid, which links hold on to. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly variables: readonly VariableModel[]
  readonly groups: readonly Group[]
}

const columns = 24
/** Grafana 11 and newer read it as it is. */
const schemaVersion = 42

export function dashboard({ name, title, description, variables, groups }: Board): Dashboard {
  return {
    uid: `reeve-${name}`,
    title: `Reeve: ${title}`,
    description,
    tags: ['reeve'],
    schemaVersion,
    version: 1,
    editable: true,
    graphTooltip: DashboardCursorSync.Crosshair,
    refresh: '30s',
    timezone: 'browser',
    time: { from: 'now-6h', to: 'now' },
    annotations: { list: [commits] },
    links: [others, linkTo('Status page', '${status}'), linkTo('Runbook', '${runbook}')],
    templating: { list: [source, ...variables, ...places] },
    panels: place(groups),
  }
}

const others = {
  title: 'Reeve',
  type: 'dashboards' as const,
  tags: ['reeve'],
  icon: 'external link',
  tooltip: '',
  asDropdown: true,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
}

/** A line where the newest commit was seen first. */
const commits = {
  name: 'Commits',
  enable: true,
  iconColor: 'blue',
  datasource: dataSource,
  expr: `changes(${series('reeve_git_revision_timestamp_seconds')}[$__interval]) > 0`,
  titleFormat: 'A commit was seen',
}

const source: VariableModel = {
  name: 'datasource',
  label: 'Prometheus',
  type: 'datasource',
  query: 'prometheus',
  refresh: VariableRefresh.onDashboardLoad,
  includeAll: false,
  multi: false,
}

/** Where people find more; set them once in the settings of the dashboards. */
const places: readonly VariableModel[] = [
  place1('status', 'Status page', 'http://127.0.0.1:9808', '`listen` of reeve.yaml, as browsers reach it'),
  place1('runbook', 'Runbook', 'http://127.0.0.1:9808/runbook', 'Where docs/runbook.md is shown'),
]

function place1(name: string, label: string, url: string, description: string): VariableModel {
  const current = { text: url, value: url }
  return { name, label, description, type: 'textbox', query: url, current, options: [current], hide: VariableHide.hideVariable }
}

/** Every value of a label of a metric, all of them chosen. */
export function choice(name: string, label: string, of: string): VariableModel {
  return {
    name,
    label,
    type: 'query',
    datasource: dataSource,
    query: { query: of, refId: name },
    refresh: VariableRefresh.onTimeRangeChanged,
    sort: VariableSort.alphabeticalAsc,
    includeAll: true,
    allValue: '.*',
    multi: true,
    current: { text: ['All'], value: ['$__all'] },
  }
}

export const hypervisors = choice('hypervisor', 'Hypervisor', `label_values(${series('reeve_hypervisor_up')}, hypervisor)`)
export const kinds = choice('kind', 'Kind', `label_values(${series('reeve_resource_condition', { hypervisor: '=~"$hypervisor"' })}, kind)`)

function place(groups: readonly Group[]): (Panel | RowPanel)[] {
  const panels: (Panel | RowPanel)[] = []
  let y = 0
  for (const { title, pieces } of groups) {
    panels.push({ id: panels.length + 1, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: columns, h: 1 }, panels: [] })
    y = flow(pieces, y + 1, panels)
  }
  return panels
}

/** Puts panels side by side; answers where the next row begins. */
function flow(pieces: readonly Piece[], top: number, panels: (Panel | RowPanel)[]): number {
  let [x, y, tallest] = [0, top, 0]
  for (const { w, h, panel } of pieces) {
    if (x + w > columns) [x, y, tallest] = [0, y + tallest, 0]
    panels.push({ id: panels.length + 1, gridPos: { x, y, w, h }, ...panel })
    x += w
    tallest = Math.max(tallest, h)
  }
  return y + tallest
}
