import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  type DashboardLink,
  type FieldConfig,
  type FieldConfigSource,
  GraphDrawStyle,
  LegendDisplayMode,
  MappingType,
  type Panel,
  type Threshold,
  ThresholdsMode,
  TooltipDisplayMode,
  type ValueMapping,
  VisibilityMode,
  VizOrientation,
} from '@grafana/schema'
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type { Options as TimelineOptions } from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen'
import type { Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen'
import type { Options as ChartOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'
import type { Vector } from './query.ts'

/** A panel before it has its place. `w` of 24 columns. */
export interface Piece {
  readonly w: number
  readonly h: number
  readonly panel: Omit<Panel, 'gridPos' | 'id'>
}

/** `12: red`: red from 12 on; the first colour is that of everything below. */
export type Steps = readonly [below: string, ...(readonly [from: number, color: string])[]]

export interface About {
  readonly title: string
  /** What it shows, and what to do about it. */
  readonly description: string
  readonly w: number
  readonly h?: number
  /** A unit of Grafana: s, bytes, percentunit, short, … */
  readonly unit?: string
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  readonly steps?: Steps
  /** Value → text and colour. */
  readonly words?: Readonly<Record<string, readonly [text: string, color: string]>>
  /** What stands there where there are no series: it is not an error. */
  readonly none?: string
  /** Headings of docs/runbook.md that say what to do. */
  readonly runbook?: readonly string[]
}

export interface Asked {
  readonly query: Vector<string>
  /** How a series is called: `{{hypervisor}}`. */
  readonly legend?: string
}

export const dataSource = { type: 'prometheus', uid: '${datasource}' }

/** One number, or a few, now. */
export function stat(about: About, asked: Asked, style: 'value' | 'name' = 'value'): Piece {
  const options: StatOptions = {
    colorMode: BigValueColorMode.Background,
    graphMode: BigValueGraphMode.None,
    justifyMode: BigValueJustifyMode.Auto,
    textMode:
      style === 'name' ? BigValueTextMode.Name : asked.legend === undefined ? BigValueTextMode.Value : BigValueTextMode.ValueAndName,
    orientation: VizOrientation.Auto,
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    percentChangeColorMode: 'standard' as StatOptions['percentChangeColorMode'],
    showPercentChange: false,
    wideLayout: true,
  }
  return piece(about, 'stat', options, targets([asked], true), { h: 4 })
}

/** Numbers over time. */
export function chart(about: About, asked: readonly Asked[], style: 'lines' | 'stacked' | 'bars' = 'lines'): Piece {
  const options: ChartOptions = {
    legend: { showLegend: true, displayMode: LegendDisplayMode.Table, placement: 'bottom', calcs: ['lastNotNull', 'max'] },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: 'desc' as ChartOptions['tooltip']['sort'] },
  }
  const custom = {
    drawStyle: style === 'bars' ? GraphDrawStyle.Bars : GraphDrawStyle.Line,
    fillOpacity: style === 'lines' ? 0 : 60,
    lineWidth: 1,
    showPoints: VisibilityMode.Auto,
    spanNulls: false,
    stacking: { group: 'A', mode: style === 'lines' ? 'none' : 'normal' },
    ...(about.steps === undefined ? {} : { thresholdsStyle: { mode: 'line' } }),
  }
  return piece(about, 'timeseries', options, targets(asked, false), { h: 8, custom })
}

/** A state over time, a row for each series. */
export function timeline(about: About, asked: Asked): Piece {
  const options: TimelineOptions = {
    legend: { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] },
    tooltip: { mode: TooltipDisplayMode.Single, sort: 'none' as TimelineOptions['tooltip']['sort'] },
    mergeValues: true,
    rowHeight: 0.9,
    showValue: VisibilityMode.Auto,
  }
  return piece(about, 'state-timeline', options, targets([asked], false), { h: 8, custom: { fillOpacity: 70, lineWidth: 0 } })
}

export interface Column extends Pick<About, 'unit' | 'decimals' | 'steps' | 'words'> {
  readonly query: Vector<string>
  readonly title: string
}

/** What stands now, a row for each combination of these labels; a column for each query. */
export function table(about: About, rows: Readonly<Record<string, string>>, columns: readonly Column[]): Piece {
  const options: TableOptions = { frameIndex: 0, showHeader: true }
  const asked = targets(columns, true).map((target) => ({ ...target, format: 'table' }))
  const letter = (index: number) => (columns.length === 1 ? 'Value' : `Value #${refId(index)}`)
  const overrides = [
    ...columns.map((column, index) => ({
      matcher: { id: 'byName', options: column.title },
      properties: propertiesOf(column, letter(index)),
    })),
    ...Object.entries(rows).flatMap(([label, title]) => linkOf(label, title)),
  ]
  const names = { ...rows, ...Object.fromEntries(columns.map(({ title }, index) => [letter(index), title])) }
  const transformations = [
    ...(columns.length === 1 ? [] : [{ id: 'merge', options: {} }]),
    {
      id: 'filterFieldsByName',
      options: { include: { names: [...Object.keys(rows), ...columns.map((_, index) => letter(index))] } },
    },
    { id: 'organize', options: { renameByName: names, indexByName: Object.fromEntries(Object.keys(names).map((name, at) => [name, at])) } },
  ]
  const made = piece(about, 'table', options, asked, { h: 8, overrides })
  return { ...made, panel: { ...made.panel, transformations } }
}

function propertiesOf({ unit, decimals, steps, words }: Column, _field: string) {
  const config = fieldConfig({
    ...(unit && { unit }),
    ...(decimals !== undefined && { decimals }),
    ...(steps && { steps }),
    ...(words && { words }),
  })
  const isColoured = steps !== undefined || words !== undefined
  return [
    ...Object.entries(config).map(([id, value]) => ({ id, value: value as unknown })),
    ...(isColoured ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } as unknown }] : []),
  ]
}

/** From a name in a table to the page that tells more of it. */
function linkOf(label: string, title: string): FieldConfigSource['overrides'] {
  const url = links[label]
  if (url === undefined) return []
  const value = [{ title: url[0], url: url[1], targetBlank: false }]
  return [{ matcher: { id: 'byName', options: title }, properties: [{ id: 'links', value }] }]
}

const links: Readonly<Record<string, readonly [title: string, url: string]>> = {
  hypervisor: ['This hypervisor', '/d/reeve-hypervisor?var-hypervisor=${__value.text}&${datasource:queryparam}&${__url_time_range}'],
  condition: ['What to do', '${runbook}#${__value.text:lowercase}'],
  disk: ['The disks', '/d/reeve-disks?${datasource:queryparam}&${hypervisor:queryparam}&${__url_time_range}'],
}

function targets(asked: readonly Asked[], instant: boolean) {
  return asked.map(({ query, legend }, index) => ({
    datasource: dataSource,
    editorMode: 'code',
    expr: query as string,
    ...(legend === undefined ? {} : { legendFormat: legend }),
    refId: refId(index),
    instant,
    range: !instant,
  }))
}

function refId(index: number): string {
  return String.fromCharCode(65 + index)
}

interface More {
  readonly h: number
  readonly custom?: Readonly<Record<string, unknown>>
  readonly overrides?: FieldConfigSource['overrides']
}

function piece(about: About, type: string, options: object, asked: readonly object[], { h, custom, overrides = [] }: More): Piece {
  const { title, description, w } = about
  const defaults: FieldConfig = { ...fieldConfig(about), ...(custom === undefined ? {} : { custom }) }
  const panel = {
    type,
    title,
    description,
    datasource: dataSource,
    fieldConfig: { defaults, overrides },
    options: options as Record<string, unknown>,
    targets: asked as Record<string, unknown>[],
    ...(about.runbook === undefined ? {} : { links: about.runbook.map(runbookLink) }),
  }
  return { w, h: about.h ?? h, panel }
}

function runbookLink(heading: string): DashboardLink {
  return linkTo(`What to do: ${heading}`, `\${runbook}#${anchorOf(heading)}`)
}

/** Of a heading, as every renderer of Markdown makes it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}

export function linkTo(title: string, url: string): DashboardLink {
  return {
    title,
    url,
    type: 'link',
    icon: 'external link',
    tooltip: '',
    tags: [],
    asDropdown: false,
    includeVars: false,
    keepTime: false,
    targetBlank: true,
  }
}

function fieldConfig({ unit, decimals, min, max, steps, words, none }: Partial<About>): FieldConfig {
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(decimals === undefined ? {} : { decimals }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(none === undefined ? {} : { noValue: none }),
    ...(steps === undefined ? {} : { thresholds: { mode: ThresholdsMode.Absolute, steps: thresholds(steps) } }),
    ...(words === undefined ? {} : { mappings: [mapping(words)] }),
  }
}

function thresholds([below, ...rest]: Steps): Threshold[] {
  return [{ color: below, value: null }, ...rest.map(([value, color]) => ({ color, value }))]
}

function mapping(words: NonNullable<About['words']>): ValueMapping {
  const options = Object.fromEntries(Object.entries(words).map(([value, [text, color]], index) => [value, { text, color, index }]))
  return { type: MappingType.ValueToText, options }
}
