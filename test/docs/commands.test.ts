import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alertConditions } from '../../controller/model/alarm.ts'
import { createMetrics, metricNames } from '../../controller/report/metrics.ts'
import { rules } from '../../dashboards/source/rule.ts'
import { typedPages } from '../guide/guide.ts'
import { blocksOf, developerPages, inlineCommands, oddSpans, operatorPages, root, spansOf } from './commands.ts'
import { faultsOfReeve } from './reeve.ts'
import { scenes } from './typed/all.ts'
import { blocksElsewhere, elsewhere, mentions, nowhere } from './typed/exceptions.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const inline = operatorPages.flatMap(inlineCommands)
const typed = scenes.flatMap(({ lines }) => lines.map(({ text }) => text))
const accounted = [...typed, ...Object.keys(elsewhere), ...mentions, ...Object.keys(nowhere)]

/** The rows of the README's table: every way to call it at once. */
const isSynopsis = (text: string) => /^reeve .*(\[|…|\||TEXT$|^reeve run$)/.test(text)

describe('every command of a page', () => {
  it.each(operatorPages)('%s: is typed by a test, or stands in the table of those that are not', (page) => {
    const unknown = inlineCommands(page).filter(({ text }) => !isSynopsis(text) && !accounted.includes(text))
    expect(unknown.map(({ text }) => text)).toEqual([])
  })

  it.each(operatorPages)('%s: is of a program that the tests know', (page) => {
    const fragments = [
      'sendmail -t',
      'set -eu',
      'node -v',
      'unshare -n',
      'blkid -p',
      'mountpoint -d',
      'lxc-create -B lvm',
      'lxc-stop -k',
      'mail -s',
    ]
    expect(oddSpans(page).filter((span) => !fragments.includes(span))).toEqual([])
  })

  it.each(operatorPages)('%s: where it stands in a block, the guide types it, or another test does', (page) => {
    expect(blocksOf(page).length === 0 || typedPages.includes(page) || page in blocksElsewhere).toBe(true)
  })

  it('that is in a table stands in a page still, and once in the tables', () => {
    const inPages = new Set(inline.map(({ text }) => text))
    expect(accounted.filter((text) => !inPages.has(text))).toEqual([])
    expect(accounted.filter((text, index) => accounted.indexOf(text) !== index)).toEqual([])
  })

  it.each(Object.entries({ ...elsewhere, ...blocksElsewhere }))('that another test types is in it: %s', (_text, { test, by }) => {
    expect(read(test)).toContain(by)
  })

  it('that no test types is told to the reader as such', () => {
    const section = /^## Commands that no test types\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(read('docs/troubleshooting.md'))?.[1] ?? ''
    for (const [text, reason] of Object.entries(nowhere)) expect(section).toContain(`| \`${text}\` | ${reason} |`)
  })
})

describe('the runbook', () => {
  const sections = new Map(
    read('docs/runbook.md')
      .split(/^(?=##? )/m)
      .map((section) => [/^##? (.*)/.exec(section)?.[1] ?? '', section]),
  )
  const ofRules = rules.map(({ runbook }) => runbook).filter((runbook) => !runbook.startsWith('{{'))
  const alerts = [...new Set([...alertConditions, ...ofRules])]

  it.each(alerts)('says of %s what it means, how to look, what to do and when it is over, in this order', (alert) => {
    const parts = ['What it means.', 'How to look.', 'What to do.', 'When it is over.']
    const found = [...(sections.get(alert) ?? '').matchAll(/^\*\*([^*]+)\*\*/gm)].map(([, part = '']) => part)
    expect(found.filter((part) => parts.includes(part))).toEqual(parts)
  })

  it.each(alerts)('names a command by which to look at %s', (alert) => {
    const look = /^\*\*How to look\.\*\*.*(?:\n(?!\n).*)*/m.exec(sections.get(alert) ?? '')?.[0] ?? ''
    expect(inlineCommands('docs/runbook.md').some(({ text }) => look.includes(`\`${text}\``))).toBe(true)
  })

  it('has no two headings of one name', () => {
    const headings = [...read('docs/runbook.md').matchAll(/^##? (.*)$/gm)].map(([, heading = '']) => heading)
    expect(headings.filter((heading, index) => headings.indexOf(heading) !== index)).toEqual([])
  })
})

describe('what a page names is there', () => {
  it.each([...operatorPages, ...developerPages])('%s: every command and option of reeve', async (page) => {
    const blocks = blocksOf(page).flatMap(({ text }) => text.split('\n'))
    const lines = [...inlineCommands(page).map(({ text }) => text), ...blocks]
    expect(await faultsOfReeve(lines)).toEqual([])
  })

  it.each([...operatorPages, ...developerPages])('%s: every file of this repository', (page) => {
    const places =
      /^(?:\/opt\/reeve\/)?((?:\.ci|bin|controller|crds|dashboards|docs|manifests-example|packaging|test)\/[^\s<…:]*)(?:[:\s].*)?$/
    const named = spansOf(page).flatMap((span) => places.exec(span)?.[1] ?? [])
    const isThere = (path: string) =>
      existsSync(join(root, path)) || globSync(path, { cwd: root }).length > 0 || existsSync(join(root, dirname(page), path))
    expect(named.filter((path) => !isThere(path))).toEqual([])
  })

  it.each([...operatorPages, 'docs/recipes.md', ...developerPages])('%s: every metric of a kind, whose prefix it leaves out', (page) => {
    const exported = metricNames(createMetrics())
    const shaped = spansOf(page).filter((span) =>
      /^(container|volume|zone|mail|proxy|smart|syslog|firewall)_[a-z_]+_(total|bytes|seconds|ratio|up|served|messages)$/.test(span),
    )
    expect(shaped.filter((span) => !exported.includes(`reeve_${span}`))).toEqual([])
  })

  it.each([...operatorPages, ...developerPages])('%s: every script of package.json', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
    const called = [...read(page).matchAll(/\bnpm run (?:--silent )?([a-z:]+)/g)].map(([, name = '']) => name)
    expect(called.filter((name) => scripts[name] === undefined)).toEqual([])
  })
})
