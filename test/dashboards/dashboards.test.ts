import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { alertConditions } from '../../controller/model/alarm.ts'
import { createMetrics, metricNames } from '../../controller/report/metrics.ts'
import { boards } from '../../dashboards/source/boards/all.ts'
import { anchorOf } from '../../dashboards/source/panel.ts'
import { annotationsOf, rules, runbookFile } from '../../dashboards/source/rule.ts'
import { dashboardsFolder, panelQueries, panelsOf, promtool } from './prometheus.ts'

const root = join(dashboardsFolder, '..')
const exported = metricNames(createMetrics())
const anchors = [...readFileSync(join(root, runbookFile), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))

/** Names in code that are no metrics: functions of shells, VCLs, JSON. */
const noMetrics = /^(reeve_(frames|vital|transport_maps|<)|smartctl_exporter)/

/** All that people read and tools load. */
const texts = globSync(
  ['README.md', 'CONTRIBUTING.md', 'docs/**/*.md', 'dashboards/*.{json,yml,md}', 'controller/kinds/*/readme.md', 'test/lab/README.md'],
  { cwd: root },
)

function metricsIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:reeve|smartctl)_[a-z0-9_<]+/g)].map(([name]) => name).filter((name) => !noMetrics.test(name))
}

describe('no name dangles', () => {
  it.each(texts)('%s names only metrics that /metrics exports', (file) => {
    const named = metricsIn(readFileSync(join(root, file), 'utf8')).map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    const known = [...exported, ...exported.map((name) => name.replace(/_(bucket|sum|count)$/, ''))]
    expect(named.filter((name) => !known.includes(name))).toEqual([])
  })

  it('docs/metrics.md has every metric that is exported', () => {
    const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
    const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    expect(listed.sort()).toEqual([...exported].sort())
  })

  it('every metric of ours is in a panel or a rule', () => {
    const asked = new Set([...panelQueries('1m').map(({ expression }) => expression), ...rules.map(({ expr }) => expr)].flatMap(metricsIn))
    const used = new Set([...asked].map((name) => (exported.includes(name) ? name : name.replace(/_(bucket|sum|count)$/, ''))))
    const ours = exported.filter((name) => name.startsWith('reeve_'))
    expect(ours.filter((name) => !used.has(name))).toEqual([])
  })
})

describe('the dashboards', () => {
  const all = Object.entries(boards)

  it('have uids that stay, and a source that is chosen', () => {
    expect(all.map(([name, { uid }]) => [name, uid])).toEqual(all.map(([name]) => [name, `reeve-${name}`]))
    for (const [, board] of all) {
      expect(board.templating?.list?.[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' })
      for (const panel of panelsOf(board)) {
        expect(panel.datasource).toEqual({ type: 'prometheus', uid: '${datasource}' })
        for (const target of panel.targets ?? []) expect(target).toMatchObject({ datasource: panel.datasource })
      }
    }
  })

  it('use only variables that they have', () => {
    const ofGrafana = /^(__.*|datasource)$/
    for (const [name, board] of all) {
      const declared = (board.templating?.list ?? []).map((variable) => variable.name)
      const used = [...JSON.stringify(board.panels).matchAll(/\$\{?(\w+)/g)].map(([, variable = '']) => variable)
      expect(
        used.filter((one) => !ofGrafana.test(one) && !declared.includes(one)),
        name,
      ).toEqual(
        // A link that takes the choice of a hypervisor along, from where there is one.
        used.filter((one) => one === 'hypervisor' && !declared.includes(one)),
      )
    }
  })

  it('have no panel that covers another, none twice, and none without words', () => {
    const seen = new Map<string, string>()
    for (const [name, board] of all) {
      const cells = (board.panels ?? []).flatMap(({ gridPos }) => {
        const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 0, h: 0 }
        return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`)
      })
      expect(new Set(cells).size, name).toBe(cells.length)
      for (const { gridPos } of board.panels ?? []) expect((gridPos?.x ?? 0) + (gridPos?.w ?? 0)).toBeLessThanOrEqual(24)
      for (const panel of panelsOf(board)) {
        const asked = (panel.targets ?? []).map((target) => target['expr']).join('\n')
        expect(seen.get(asked), `${name}: ${panel.title} asks what another asks`).toBeUndefined()
        seen.set(asked, `${name}: ${panel.title}`)
        expect(panel.description?.length ?? 0, panel.title).toBeGreaterThan(10)
      }
    }
  })

  it('have no two panels of one title', () => {
    for (const [name, board] of all) {
      const titles = panelsOf(board).map(({ title }) => title)
      expect(new Set(titles).size, name).toBe(titles.length)
    }
  })

  it('invent no data where there is none', () => {
    for (const { expression } of panelQueries('1m')) expect(expression).not.toMatch(/vector\s*\(/)
    for (const { expr } of rules) expect(expr).not.toMatch(/vector\s*\(/)
  })

  it('lead to headings of the runbook and to dashboards that are there', () => {
    for (const [, board] of all) {
      const text = JSON.stringify(board)
      for (const [, anchor] of text.matchAll(/\$\{runbook\}#([a-z0-9-]+)/g)) expect(anchors).toContain(anchor)
      for (const [, uid] of text.matchAll(/"\/d\/([a-z-]+)/g)) expect(all.map(([, one]) => one.uid)).toContain(uid)
    }
  })
})

describe('the alert rules', () => {
  it.each([
    ['check', 'config', 'prometheus.example.yml'],
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ])(
    'pass promtool %s %s %s',
    (...args) => {
      expect(promtool(...args)).toMatchObject({ status: 0, said: expect.stringContaining('SUCCESS') })
    },
    300_000,
  )

  it('are still rules with the address of the runbook put in as dashboards/README.md says', () => {
    const readme = readFileSync(join(dashboardsFolder, 'README.md'), 'utf8')
    const [, command = ''] = /```sh\n(sed .*)\n```/.exec(readme) ?? []
    const folder = mkdtempSync(join(tmpdir(), 'reeve-rules-'))
    const addressed = execFileSync('sh', ['-c', command], { cwd: dashboardsFolder, encoding: 'utf8' })
    writeFileSync(join(folder, 'alerts.yml'), addressed)
    expect(promtool('check', 'rules', join(folder, 'alerts.yml'))).toMatchObject({ status: 0 })
    rmSync(folder, { recursive: true })
    expect(addressed.match(/runbook_url: .?https:/g)).toHaveLength(rules.length)
  })

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s says how bad it is, for how long, what to do, and where more stands',
    (_, rule) => {
      expect(rule.for).toMatch(/^\d+[mhd]$/)
      expect(rule.summary.length).toBeGreaterThan(20)
      expect(rule.todo.length).toBeGreaterThan(20)
      const { runbook_url } = annotationsOf(rule)
      const [file, anchor = ''] = runbook_url.split('#')
      expect(file).toBe(runbookFile)
      const wanted = anchor.startsWith('{{') ? (rule.conditions ?? []).map((condition) => condition.toLowerCase()) : [anchor]
      expect(wanted.filter((one) => !anchors.includes(one))).toEqual([])
    },
  )

  it('have a case in which each fires, and one in which it does not', () => {
    interface Case {
      readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[]
    }
    const { tests } = parse(readFileSync(join(dashboardsFolder, 'alerts.test.yml'), 'utf8')) as { readonly tests: readonly Case[] }
    const asked = tests.flatMap((one) => one.alert_rule_test)
    for (const { alert } of rules) {
      const own = asked.filter(({ alertname }) => alertname === alert)
      expect(
        own.some(({ exp_alerts }) => exp_alerts.length > 0),
        `${alert} fires`,
      ).toBe(true)
      expect(
        own.some(({ exp_alerts }) => exp_alerts.length === 0),
        `${alert} does not fire`,
      ).toBe(true)
    }
  })

  it('stand once for each condition that Reeve mails about, and each has its heading', () => {
    const covered = rules.flatMap(({ conditions = [] }) => conditions)
    expect([...covered].sort()).toEqual([...alertConditions].sort())
    expect(alertConditions.filter((condition) => !anchors.includes(condition.toLowerCase()))).toEqual([])
  })
})
