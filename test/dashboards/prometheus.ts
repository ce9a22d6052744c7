import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dashboard, Panel } from '@grafana/schema'
import { boards } from '../../dashboards/source/boards/all.ts'
import { freePort } from '../ssh/free-port.ts'

export const dashboardsFolder = join(import.meta.dirname, '../../dashboards')

/** A query of a panel. */
export interface Query {
  /** `disks: Temperature`. */
  readonly where: string
  readonly expression: string
  readonly legend: string
}

interface Target {
  readonly expr: string
  readonly legendFormat?: string
}

/** Every query of every panel, with Grafana's variables as it would fill them where all is chosen. */
export function panelQueries(interval: string, range = interval): readonly Query[] {
  return Object.entries(boards).flatMap(([name, board]) =>
    panelsOf(board).flatMap(({ title, targets = [] }) =>
      (targets as unknown as readonly Target[]).map(({ expr, legendFormat = '' }) => ({
        where: `${name}: ${title}`,
        legend: legendFormat,
        expression: expr
          .replaceAll('$__rate_interval', interval)
          .replaceAll('$__range', range)
          .replaceAll('$hypervisor', '.*')
          .replaceAll('$kind', '.*'),
      })),
    ),
  )
}

/** Without rows. */
export function panelsOf(board: Dashboard): readonly Panel[] {
  return (board.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row')
}

/** One series of an answer: labels, and the value as Prometheus writes it. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** A real Prometheus on the loopback, with the configuration that we ship. */
export interface Prometheus extends AsyncDisposable {
  query(expression: string): Promise<readonly Series[]>
  /** How many series it had at any moment of a time, seconds since the epoch. */
  countOver(expression: string, fromSeconds: number, toSeconds: number): Promise<number>
  /** Asks until it is not empty; the last answer, where it stays empty. */
  queryUntilThere(expression: string): Promise<readonly Series[]>
  get(path: string): Promise<unknown>
}

/** Runs promtool(1); answers its exit status and all that it said. */
export function promtool(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { cwd: dashboardsFolder, encoding: 'utf8' })
  if (error) throw new Error('promtool cannot be run; on Debian: apt-get install prometheus', { cause: error })
  return { status, said: `${stdout}${stderr}` }
}

/** Starts Prometheus on dashboards/prometheus.example.yml, with Reeve's port and a shorter interval put in. Rejects where it ends at once. */
export async function startPrometheus(reevePort: number, interval = '250ms'): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-prometheus-'))
  writeFileSync(join(folder, 'prometheus.yml'), configuration(reevePort, interval))
  const port = await freePort()
  const child = spawn(
    'prometheus',
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const said: string[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(String(chunk)))
  child.once('error', (error) => said.push(String(error)))
  const url = `http://127.0.0.1:${port}`
  await until(async () => {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`prometheus ended: ${said.join('')}`)
    return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true
  })
  return client(url, () => end(child, folder))
}

function configuration(reevePort: number, interval: string): string {
  const shipped = readFileSync(join(dashboardsFolder, 'prometheus.example.yml'), 'utf8')
  return shipped
    .replace('127.0.0.1:9808', `127.0.0.1:${reevePort}`)
    .replaceAll('_interval: 15s', `_interval: ${interval}`)
    .replace('- alerts.yml', `- ${join(dashboardsFolder, 'alerts.yml')}`)
}

function client(url: string, stop: () => Promise<void>): Prometheus {
  async function get(path: string): Promise<unknown> {
    const answer = (await (await fetch(url + path)).json()) as { readonly status: string; readonly data: unknown; readonly error?: string }
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`)
    return answer.data
  }
  async function query(expression: string): Promise<readonly Series[]> {
    const data = await get(`/api/v1/query?query=${encodeURIComponent(expression)}`)
    return (data as { readonly result: readonly Series[] }).result
  }
  async function countOver(expression: string, fromSeconds: number, toSeconds: number): Promise<number> {
    const data = await get(`/api/v1/query_range?query=${encodeURIComponent(expression)}&start=${fromSeconds}&end=${toSeconds}&step=1`)
    return (data as { readonly result: readonly unknown[] }).result.length
  }
  async function queryUntilThere(expression: string): Promise<readonly Series[]> {
    let found: readonly Series[] = []
    await until(async () => {
      found = await query(expression)
      return found.length > 0
    }).catch(() => undefined)
    return found
  }
  return { get, query, countOver, queryUntilThere, [Symbol.asyncDispose]: stop }
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
}

const attempts = 100
const pauseMs = 100

async function until(isThere: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await isThere()) return
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  throw new Error('waited in vain')
}
