import type { LogicalVolumeState, VolumeGroupState } from './spec.ts'

/** What `lvm fullreport` said. */
export interface Report {
  /** By name; two groups of one name (a disk from another machine) are possible and kept both. */
  readonly groups: readonly GroupReport[]
}

export interface GroupReport {
  readonly group: VolumeGroupState
  readonly volumes: ReadonlyMap<string, LogicalVolumeState>
}

type Row = Readonly<Record<string, string>>

/** Reads lvm(8)'s JSON (`fullreport --reportformat json --units b --nosuffix`), and what in the trash is due by the host's clock (0: not asked). All numbers are text there and stay exact. Throws on a surprise. */
export function readReport(text: string, nowSeconds = 0): Report {
  const json: unknown = JSON.parse(text)
  return { groups: listAt(json, 'report').flatMap((report) => readGroup(report, nowSeconds)) }
}

function readGroup(report: unknown, nowSeconds: number): readonly GroupReport[] {
  const row = rowsAt(report, 'vg')[0]
  const rows = rowsAt(report, 'lv')
  // Devices that belong to no group come as a report without one.
  if (row === undefined || textAt(row, 'vg_name') === '') return nothingIn(rows)
  // A row that was lost must not read as a volume that is gone.
  const count = bytesAt(row, 'lv_count')
  if (BigInt(rows.length) < count) throw new Error(`lvm's report has ${rows.length} of the ${count} volumes of ${textAt(row, 'vg_name')}`)
  const stripes = new Map(rowsAt(report, 'seg').map((seg) => [textAt(seg, 'lv_name'), Number(bytesAt(seg, 'stripes'))]))
  const group: VolumeGroupState = {
    name: textAt(row, 'vg_name'),
    sizeBytes: bytesAt(row, 'vg_size'),
    freeBytes: bytesAt(row, 'vg_free'),
    extentBytes: bytesAt(row, 'vg_extent_size'),
    missingDevices: Number(bytesAt(row, 'vg_missing_pv_count')),
    freeByDevice: rowsAt(report, 'pv').flatMap((pv) => (textAt(pv, 'pv_attr').startsWith('a') ? [bytesAt(pv, 'pv_free')] : [])),
    attributes: textAt(row, 'vg_attr'),
  }
  if (group.extentBytes <= 0n) throw new Error(`lvm reports extents of ${group.extentBytes} bytes in ${group.name}`)
  const volumes = rows.map((lv) => {
    const name = nameOf(lv, group.name)
    const thinVolumes = rows.filter((other) => textAt(other, 'pool_lv') === name).length
    return [name, { ...readVolume(lv, group, nowSeconds), stripes: stripes.get(name) ?? 1, thinVolumes }] as const
  })
  return [{ group, volumes: new Map(volumes) }]
}

/** Told twice: a letter that changed on the way must not read as a volume that is gone. */
function nameOf(row: Row, group: string): string {
  const [name, full] = [textAt(row, 'lv_name'), textAt(row, 'lv_full_name')]
  if (full !== `${group}/${name}`) throw new Error(`lvm's report names one volume ${JSON.stringify(name)} and ${JSON.stringify(full)}`)
  return name
}

function nothingIn(volumes: readonly Row[]): readonly GroupReport[] {
  if (volumes.length > 0) throw new Error("lvm's report has volumes of no group")
  return []
}

function readVolume(row: Row, group: VolumeGroupState, nowSeconds: number): Omit<LogicalVolumeState, 'stripes' | 'thinVolumes'> {
  const tags = textAt(row, 'lv_tags')
    .split(',')
    .filter((tag) => tag !== '')
  const [due] = tags.flatMap((tag) => /^reeve\.trash-due=(\d{1,12})$/.exec(tag)?.[1] ?? [])
  return {
    sizeBytes: bytesAt(row, 'lv_size'),
    attributes: textAt(row, 'lv_attr'),
    isActive: textAt(row, 'lv_active') === 'active',
    isOpen: textAt(row, 'lv_device_open') === 'open',
    layout: textAt(row, 'lv_layout'),
    origin: textAt(row, 'origin'),
    uuid: textAt(row, 'lv_uuid'),
    pool: textAt(row, 'pool_lv'),
    tags,
    group,
    ...(due === undefined ? {} : { trash: { dueSeconds: Number(due), isDue: nowSeconds > 0 && nowSeconds >= Number(due) } }),
  }
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  if (!Array.isArray(list)) throw new Error(`lvm's report has no list ${key}`)
  return list
}

function rowsAt(value: unknown, key: string): readonly Row[] {
  return listAt(value, key).map((row) => {
    if (typeof row !== 'object' || row === null) throw new Error(`lvm's report has a ${key} that is no object`)
    return row as Row
  })
}

function textAt(row: Row, key: string): string {
  const value: unknown = row[key]
  if (typeof value !== 'string') throw new Error(`lvm's report lacks ${key}`)
  return value
}

function bytesAt(row: Row, key: string): bigint {
  const text = textAt(row, key)
  if (!/^\d{1,20}$/.test(text)) throw new Error(`lvm reports ${key} as ${JSON.stringify(text.slice(0, 40))}`)
  return BigInt(text)
}
